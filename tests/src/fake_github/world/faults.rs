//! Faults of answers, and changes between two requests.

use super::World;

/// A fault of an answer.
#[derive(Debug, Clone)]
pub enum Fault {
    /// This status, with these headers.
    Status(u16, Vec<(String, String)>),
    /// No answer, ever.
    Silence,
    /// The connection ends in the middle of the answer.
    HangUp,
    /// The same, after the request was executed.
    LostAnswer,
}

/// Something that happens between two requests.
pub(super) type Change = Box<dyn FnOnce(&mut World) + Send>;

impl World {
    /// The next request whose path has this in it goes wrong.
    pub fn fail(&mut self, part: &str, fault: Fault) {
        self.faults.push((part.to_owned(), fault));
    }

    /// Every request goes wrong from now on, or none does any more.
    pub fn fail_all(&mut self, fault: Option<Fault>) {
        self.lasting = fault;
    }

    /// This happens before the request that is the nth from now on, the first of which is 0.
    pub fn before_request(&mut self, nth: usize, change: impl FnOnce(&mut Self) + Send + 'static) {
        self.changes.push((self.asked.len() + nth, Box::new(change)));
    }

    /// Returns `true` if a planned change is left.
    pub fn has_plans(&self) -> bool {
        !self.changes.is_empty()
    }

    /// Removes the planned changes.
    pub fn forget_plans(&mut self) {
        self.changes.clear();
        self.faults.clear();
    }

    /// Applies the changes that are planned before the request that was just recorded.
    pub(in crate::fake_github) fn change(&mut self) {
        let asked = self.asked.len();
        for (_, change) in self.changes.extract_if(.., |(nth, _)| *nth < asked).collect::<Vec<_>>() {
            change(self);
        }
    }

    pub(in crate::fake_github) fn fault(&mut self, path: &str) -> Option<Fault> {
        match self.faults.iter().position(|(part, _)| path.contains(part)) {
            Some(index) => Some(self.faults.remove(index).1),
            None => self.lasting.clone(),
        }
    }
}
