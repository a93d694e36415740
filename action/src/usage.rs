//! How the program is used: messages say what to change there.

/// The use of the program. [`Environment`](crate::Environment) decides it once; the log passes it to the hints of errors.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Usage {
    /// A step of a workflow: the inputs come from its `with:` block.
    #[default]
    Step,
    /// A command line: the inputs are flags.
    CommandLine,
}
