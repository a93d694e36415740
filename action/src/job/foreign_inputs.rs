//! The inputs that an operation does not have.

use super::values::Operation;
use crate::inputs::Inputs;
use crate::interface as names;

/// Refuses inputs that the operation would ignore. Ignoring them could lose data: cleanup with a phase would still remove
/// the other phases.
pub(super) fn refuse_foreign_inputs(operation: Operation, inputs: &Inputs<'_>) {
    if operation != Operation::Store {
        inputs.refuse(&names::DATA, "only store takes a document; omit it");
        inputs.refuse(&names::DATA_FILE, "only store reads a document; retrieve has output-file");
        inputs.refuse(&names::DATA_FORMAT, "only store takes a document; omit it");
        inputs.refuse(&names::IF_MATCH, "only store takes a condition; omit it");
        inputs.refuse(&names::CREATE_ONLY, "only store takes a condition; omit it");
        inputs.refuse(&names::MERGE, "only store merges a document; omit it");
        inputs.refuse(&names::EXPIRES_IN, "only store sets a lifetime; omit it");
        inputs.refuse(&names::REASON, "only store sets a reason; omit it");
        inputs.refuse(&names::COMMENT, "only store updates a comment; omit it");
    }
    if !matches!(operation, Operation::Store | Operation::Dispatch) {
        inputs.refuse(&names::DISPATCH, "only store and dispatch start a workflow; omit it");
        inputs.refuse(&names::DISPATCH_REF, "only store and dispatch start a workflow; omit it");
    }
    if operation == Operation::Dispatch {
        inputs.refuse(&names::PHASE, "dispatch concerns all phases of the issue; omit it");
    }
    if operation != Operation::Retrieve {
        inputs.refuse(&names::OUTPUT_FILE, "only retrieve writes a document; store has data-file");
        inputs.refuse(&names::QUERY, "only retrieve selects a part of a document; omit it");
        inputs.refuse(&names::WAIT_SECONDS, "only retrieve waits; omit it");
        inputs.refuse(&names::REQUIRE_FRESH, "only retrieve compares commits; omit it");
    }
    if operation == Operation::Cleanup {
        inputs.refuse(&names::PHASE, "cleanup removes all phases of the issue; omit it");
    }
    if operation == Operation::Restore {
        inputs.refuse(&names::PHASE, "restore restores all phases of the issue; omit it");
    }
    if operation == Operation::Doctor {
        inputs.refuse(&names::PHASE, "doctor checks access to all phases; omit it");
    }
    if operation == Operation::Sweep {
        inputs.refuse(&names::PHASE, "sweep removes all phases of closed issues; omit it");
    }
    if operation != Operation::Sweep {
        inputs.refuse(&names::DRY_RUN, "only sweep has a dry run; omit it");
    }
    if matches!(operation, Operation::List | Operation::Sweep | Operation::Doctor) {
        let why = "list, sweep and doctor apply to the whole repository; omit it";
        inputs.refuse(&names::ISSUE_NUMBER, why);
    }
    if !matches!(operation, Operation::Store | Operation::List) {
        inputs.refuse(&names::STATUS, "only store sets a status, and only list takes a filter; omit it");
        inputs.refuse(&names::OUTCOME, "only store sets an outcome, and only list takes a filter; omit it");
    }
    if operation != Operation::List {
        inputs.refuse(&names::OLDER_THAN, "only list takes a filter; omit it");
        inputs.refuse(&names::CLOSED, "only list takes a filter; omit it");
        inputs.refuse(&names::PENDING, "only list takes a filter; omit it");
        inputs.refuse(&names::STALE, "only list takes a filter; retrieve has require-fresh");
    }
}
