//! Random numbers that a seed gives again.

/// A linear congruential generator: any order will do, as long as the seed gives it again.
#[derive(Debug, Clone)]
pub struct Random(u32);

impl Random {
    /// The generator of this seed.
    pub fn new(seed: u32) -> Self {
        Self(seed)
    }

    /// Returns a number from 0 on that is smaller than this, or 0.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 8) as usize % end.max(1)
    }

    /// Chooses one of these, if there are any.
    pub fn one_of<T: Copy>(&mut self, choices: &[T]) -> Option<T> {
        choices.get(self.below(choices.len())).copied()
    }

    /// Makes a second generator, whose numbers are others.
    ///
    /// # Panics
    /// Never: a seed of 24 bits is a number of 32.
    #[must_use]
    pub fn fork(&mut self) -> Self {
        Self(u32::try_from(self.below(1 << 24)).expect("24 bits"))
    }
}
