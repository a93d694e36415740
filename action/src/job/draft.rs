//! The inputs that only one operation takes, checked before a document is read.

use phase_data_wire::{Document, IssueNumber, Repository};

use super::values::{Operation, lifetime, one_phase, phases, wait};
use super::{Filter, IssueTask, RetrieveOptions, StoreOptions, Task};
use crate::condition::{Condition, if_match};
use crate::error::Error;
use crate::event;
use crate::files::NamedFile;
use crate::inputs::Inputs;
use crate::interface as names;
use crate::payload;
use crate::runner::Runner;
use crate::target::Target;

/// An operation whose inputs are right, and whose document is still to be read.
pub(super) enum Draft {
    Store { source: Source, options: StoreOptions },
    Retrieve(RetrieveOptions),
    Cleanup,
    Restore,
    List(Filter),
    Sweep { dry_run: bool },
    Doctor,
}

/// Where the document to store comes from.
pub(super) enum Source {
    Text(String),
    File(NamedFile),
}

impl Draft {
    /// Nothing, if an input is wrong; the inputs have noted the problem then.
    pub(super) fn from_inputs(operation: Operation, inputs: &Inputs<'_>, runner: &Runner) -> Option<Self> {
        refuse_what_is_for_others(operation, inputs);
        match operation {
            Operation::Store => {
                let phase = inputs.required(&names::PHASE, "store needs scan, validate or mitigate");
                let phase = inputs.valid("phase", phase.map(|text| one_phase(&text)));
                let source = source(inputs, runner);
                let condition = condition(inputs);
                let merge = inputs.flag(&names::MERGE);
                let expires_in = inputs.text(&names::EXPIRES_IN).map(|text| lifetime(&text));
                let expires_in = inputs.valid("expires-in", expires_in);
                if merge == Some(true) && condition == Some(Condition::CreateOnly) {
                    inputs.problem("merge and create-only: give one of them; nothing is there to merge into");
                }
                let comment = inputs.flag(&names::COMMENT);
                let options = StoreOptions {
                    phase: phase?,
                    condition: condition?,
                    merge: merge?,
                    expires_in,
                    comment: comment?,
                };
                Some(Self::Store { source: source?, options })
            }
            Operation::Retrieve => {
                let named = inputs.text(&names::PHASE).unwrap_or_default();
                let phases = inputs.valid("phase", Some(phases(&named)));
                let require_fresh = inputs.flag(&names::REQUIRE_FRESH);
                let wait = inputs.text(&names::WAIT_SECONDS).map(|text| wait(&text));
                let wait = inputs.valid("wait-seconds", wait);
                // Only the line end of a YAML block is taken off: a blank may belong to a name.
                let query =
                    inputs.exact(&names::QUERY).map(|text| text.trim_end_matches(['\r', '\n']).parse());
                let query = inputs.valid("query", query);
                let output_file = runner.input_file(inputs, &names::OUTPUT_FILE);
                let if_not_found = inputs.text(&names::IF_NOT_FOUND).map(|text| text.parse());
                let if_not_found = inputs.valid("if-not-found", if_not_found)?;
                Some(Self::Retrieve(RetrieveOptions {
                    phases: phases?,
                    wait: wait?,
                    require_fresh: require_fresh?,
                    query,
                    output_file,
                    if_not_found,
                }))
            }
            Operation::Cleanup => Some(Self::Cleanup),
            Operation::Restore => Some(Self::Restore),
            Operation::Doctor => Some(Self::Doctor),
            Operation::Sweep => Some(Self::Sweep { dry_run: inputs.flag(&names::DRY_RUN)? }),
            Operation::List => {
                let pending = inputs.text(&names::PENDING).map(|text| text.parse());
                let phase = inputs.text(&names::PHASE).map(|text| one_phase(&text));
                let filter = Filter {
                    closed: inputs.flag(&names::CLOSED)?,
                    pending: inputs.valid("pending", pending),
                    phase: inputs.valid("phase", phase),
                    stale: inputs.flag(&names::STALE)?,
                };
                Some(Self::List(filter))
            }
        }
    }

    /// Whether only the backend can say if it may be done.
    pub(super) fn is_conditional(&self) -> bool {
        matches!(self, Self::Store { options, .. } if options.merge || options.condition != Condition::None)
    }

    /// Whether GitHub has to be asked.
    pub(super) fn asks_github(&self) -> bool {
        matches!(self, Self::Sweep { .. } | Self::Store { options: StoreOptions { comment: true, .. }, .. })
    }

    /// Finds the issue, in the event if no number is given, and reads the document.
    pub(super) fn into_task(
        self,
        repository: Repository,
        issue_number: Option<IssueNumber>,
        runner: &Runner,
    ) -> Result<Task, Error> {
        match self {
            Self::List(filter) => return Ok(Task::List(repository, filter)),
            Self::Sweep { dry_run } => return Ok(Task::Sweep(repository, dry_run)),
            Self::Doctor => return Ok(Task::Doctor(repository)),
            _ => {}
        }
        let event = runner.event_path.as_deref();
        let issue_number = issue_number.map_or_else(|| event::issue_number(event), Ok)?;
        let target = Target { repository, issue_number };
        let times = event::times(event, &target);
        let what = match self {
            Self::Store { source, options } => IssueTask::Store { document: source.read()?, options },
            Self::Retrieve(options) => IssueTask::Retrieve(options),
            Self::Restore => IssueTask::Restore(times.reopened_at),
            // What is not about an issue has gone its way above.
            Self::Cleanup | Self::List(_) | Self::Sweep { .. } | Self::Doctor => {
                IssueTask::Cleanup(times.closed_at)
            }
        };
        Ok(Task::Issue(target, what))
    }
}

impl Source {
    fn read(self) -> Result<Document, Error> {
        Ok(match self {
            Self::Text(text) => payload::from_text(text)?,
            Self::File(path) => payload::from_file(&path)?,
        })
    }
}

/// An input that the operation would ignore may be a misunderstanding that loses data: a phase
/// given to cleanup would not spare the other phases.
fn refuse_what_is_for_others(operation: Operation, inputs: &Inputs<'_>) {
    if operation != Operation::Store {
        inputs.refuse(&names::DATA, "only store takes a document, so leave it out");
        inputs.refuse(&names::DATA_FILE, "only store reads a document (for retrieve, write output-file)");
        inputs.refuse(&names::IF_MATCH, "only store takes a condition, so leave it out");
        inputs.refuse(&names::CREATE_ONLY, "only store takes a condition, so leave it out");
        inputs.refuse(&names::MERGE, "only store merges a document, so leave it out");
        inputs.refuse(&names::EXPIRES_IN, "only store says how long a document lives, so leave it out");
        inputs.refuse(&names::COMMENT, "only store keeps a comment, so leave it out");
    }
    if operation != Operation::Retrieve {
        inputs.refuse(&names::OUTPUT_FILE, "only retrieve writes a document (for store, write data-file)");
        inputs.refuse(&names::QUERY, "only retrieve takes a part of a document, so leave it out");
        inputs.refuse(&names::WAIT_SECONDS, "only retrieve waits, so leave it out");
        inputs.refuse(&names::REQUIRE_FRESH, "only retrieve compares commits, so leave it out");
    }
    if operation == Operation::Cleanup {
        inputs.refuse(&names::PHASE, "cleanup removes every phase of the issue, so leave it out");
    }
    if operation == Operation::Restore {
        inputs.refuse(&names::PHASE, "restore brings back every phase of the issue, so leave it out");
    }
    if operation == Operation::Doctor {
        inputs.refuse(&names::PHASE, "doctor looks at the way to all data, so leave it out");
    }
    if operation == Operation::Sweep {
        inputs.refuse(&names::PHASE, "sweep removes every phase of closed issues, so leave it out");
    }
    if operation != Operation::Sweep {
        inputs.refuse(&names::DRY_RUN, "only sweep has a dry run, so leave it out");
    }
    if matches!(operation, Operation::List | Operation::Sweep | Operation::Doctor) {
        let why = "list, sweep and doctor are about the whole repository, so leave it out";
        inputs.refuse(&names::ISSUE_NUMBER, why);
    }
    if operation != Operation::List {
        inputs.refuse(&names::CLOSED, "only list takes a filter, so leave it out");
        inputs.refuse(&names::PENDING, "only list takes a filter, so leave it out");
        inputs.refuse(&names::STALE, "only list takes a filter (for retrieve, write require-fresh)");
    }
}

/// `data` is taken exactly: it is the document, blanks included.
fn source(inputs: &Inputs<'_>, runner: &Runner) -> Option<Source> {
    match (inputs.exact(&names::DATA), inputs.text(&names::DATA_FILE)) {
        (Some(text), None) => Some(Source::Text(text)),
        (None, Some(_)) => Some(Source::File(runner.input_file(inputs, &names::DATA_FILE)?)),
        (Some(_), Some(_)) => {
            inputs.problem("data and data-file: give one of them, not both");
            None
        }
        (None, None) => {
            inputs.problem("data and data-file are both empty: store needs a document in one of them");
            None
        }
    }
}

/// Nothing, if an input is wrong; the inputs have noted the problem then.
fn condition(inputs: &Inputs<'_>) -> Option<Condition> {
    let if_match = inputs.text(&names::IF_MATCH).map(|text| if_match(&text));
    let create_only = inputs.flag(&names::CREATE_ONLY)?;
    if create_only && if_match.is_some() {
        inputs.problem("if-match and create-only: give one of them; no revision is there before the first");
        return None;
    }
    Some(match if_match {
        Some(condition) => inputs.valid("if-match", Some(condition))?,
        None if create_only => Condition::CreateOnly,
        None => Condition::None,
    })
}
