//! The inputs of one operation, checked before a document is read.

use phase_data_wire::{IssueNumber, Repository};

use super::foreign_inputs::refuse_foreign_inputs;
use super::source::{Source, refuse_standard_output, source};
use super::values::{Operation, age, lifetime, one_phase, phases, wait};
use super::{DataFormat, Filter, IssueTask, ResultState, RetrieveOptions, StoreOptions, Task};
use crate::condition::{Condition, if_match};
use crate::error::Error;
use crate::event;
use crate::inputs::Inputs;
use crate::interface as names;
use crate::runner::Runner;
use crate::target::Target;
use crate::workflow::{Dispatch, Workflow};

/// An operation with valid inputs, whose document is not read yet.
pub(super) enum Draft {
    Store { source: Source, format: DataFormat, options: StoreOptions },
    Retrieve(RetrieveOptions),
    Cleanup,
    Restore,
    List(Filter),
    Sweep { dry_run: bool },
    Dispatch(Dispatch),
    Doctor,
}

impl Draft {
    /// Returns `None` if an input is wrong; the inputs have recorded the problem.
    pub(super) fn from_inputs(operation: Operation, inputs: &Inputs<'_>, runner: &Runner) -> Option<Self> {
        refuse_foreign_inputs(operation, inputs);
        match operation {
            Operation::Store => {
                let phase = inputs.required(&names::PHASE, "store needs scan, validate or mitigate");
                let phase = inputs.valid("phase", phase.map(|text| one_phase(&text)));
                let source = source(inputs, runner);
                let format = inputs.text(&names::DATA_FORMAT).map(|text| text.parse());
                let format = inputs.valid("data-format", format);
                let condition = condition(inputs);
                let merge = inputs.flag(&names::MERGE);
                let expires_in = inputs.text(&names::EXPIRES_IN).map(|text| lifetime(&text));
                let expires_in = inputs.valid("expires-in", expires_in);
                if merge == Some(true) && condition == Some(Condition::CreateOnly) {
                    inputs.problem(
                        "merge and create-only exclude each other: create-only has no document to merge into",
                    );
                }
                let state = ResultState::from_inputs(inputs, phase);
                let comment = inputs.flag(&names::COMMENT);
                let dispatch = Dispatch::from_inputs(inputs);
                let options = StoreOptions {
                    phase: phase?,
                    condition: condition?,
                    merge: merge?,
                    expires_in,
                    state,
                    comment: comment?,
                    dispatch,
                };
                Some(Self::Store { source: source?, format: format?, options })
            }
            Operation::Retrieve => {
                let named = inputs.text(&names::PHASE).unwrap_or_default();
                let phases = inputs.valid("phase", Some(phases(&named)));
                let require_fresh = inputs.flag(&names::REQUIRE_FRESH);
                let wait = inputs.text(&names::WAIT_SECONDS).map(|text| wait(&text));
                let wait = inputs.valid("wait-seconds", wait);
                // Removes only the line end of a YAML block: a space may belong to a name.
                let query =
                    inputs.exact(&names::QUERY).map(|text| text.trim_end_matches(['\r', '\n']).parse());
                let query = inputs.valid("query", query);
                refuse_standard_output(inputs);
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
            Operation::Dispatch => {
                inputs.required(&names::DISPATCH, "set it to the workflow to start, like mitigate.yml");
                Some(Self::Dispatch(Dispatch::from_inputs(inputs)?))
            }
            Operation::Sweep => Some(Self::Sweep { dry_run: inputs.flag(&names::DRY_RUN)? }),
            Operation::List => {
                let pending = inputs.text(&names::PENDING).map(|text| text.parse());
                let phase = inputs.text(&names::PHASE).map(|text| one_phase(&text));
                let filter = Filter {
                    closed: inputs.flag(&names::CLOSED)?,
                    pending: inputs.valid("pending", pending),
                    phase: inputs.valid("phase", phase),
                    stale: inputs.flag(&names::STALE)?,
                    status: inputs.valid("status", inputs.text(&names::STATUS).map(|text| text.parse())),
                    outcome: inputs.valid("outcome", inputs.text(&names::OUTCOME).map(|text| text.parse())),
                    older_than: inputs
                        .valid("older-than", inputs.text(&names::OLDER_THAN).map(|text| age(&text))),
                };
                Some(Self::List(filter))
            }
        }
    }

    /// Checks if only the backend can decide about the operation.
    pub(super) fn is_conditional(&self) -> bool {
        matches!(self, Self::Store { options, .. } if options.merge || options.condition != Condition::None)
    }

    /// Checks if the operation needs GitHub.
    pub(super) fn asks_github(&self) -> bool {
        let comments = matches!(self, Self::Store { options: StoreOptions { comment: true, .. }, .. });
        comments || matches!(self, Self::Sweep { .. }) || self.workflow().is_some()
    }

    /// Returns the workflow to start.
    pub(super) fn workflow(&self) -> Option<&Workflow> {
        let dispatch = match self {
            Self::Dispatch(dispatch) => Some(dispatch),
            Self::Store { options, .. } => options.dispatch.as_ref(),
            _ => None,
        };
        dispatch.map(|dispatch| &dispatch.workflow)
    }

    /// Reads the issue number from the event if no input names it, and reads the document.
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
        let target = target(repository, issue_number, runner)?;
        let times = event::times(event, &target);
        let task = match self {
            Self::Store { source, format, mut options } => {
                let on_branch = |dispatch: Dispatch| dispatch.on_default_branch(event, &target.repository);
                options.dispatch = options.dispatch.map(on_branch);
                IssueTask::Store { document: source.read(format)?, options }
            }
            Self::Retrieve(options) => IssueTask::Retrieve(options),
            Self::Restore => IssueTask::Restore(times.reopened_at),
            // The operations without an issue have returned above, and `dispatch` is no task.
            Self::Cleanup | Self::List(_) | Self::Sweep { .. } | Self::Dispatch(_) | Self::Doctor => {
                IssueTask::Cleanup(times.closed_at)
            }
        };
        Ok(Task::Issue(target, task))
    }
}

/// Returns the issue, whose number is read from the event if no input names it.
pub(super) fn target(
    repository: Repository,
    issue_number: Option<IssueNumber>,
    runner: &Runner,
) -> Result<Target, Error> {
    let event = runner.event_path.as_deref();
    let issue_number = issue_number.map_or_else(|| event::issue_number(event), Ok)?;
    Ok(Target { repository, issue_number })
}

/// Returns `None` if an input is wrong; the inputs have recorded the problem.
fn condition(inputs: &Inputs<'_>) -> Option<Condition> {
    let if_match = inputs.text(&names::IF_MATCH).map(|text| if_match(&text));
    let create_only = inputs.flag(&names::CREATE_ONLY)?;
    if create_only && if_match.is_some() {
        inputs.problem(
            "if-match and create-only exclude each other: create-only requires that nothing is stored",
        );
        return None;
    }
    Some(match if_match {
        Some(condition) => inputs.valid("if-match", Some(condition))?,
        None if create_only => Condition::CreateOnly,
        None => Condition::None,
    })
}
