//! Releases that come after the shipped one, as far as their databases' programs go.

use phase_data_backend::Program;

/// The tables of release 2: one more column, and more values in two lists.
const EXPAND: &str = "
alter table phase_data add column assessment text default 'none'
    constraint phase_data_assessment check (assessment in ('none', 'sound'));
create or replace function is_event_kind(p_kind text) returns boolean language plpgsql immutable as $$
begin
    return p_kind in ('stored', 'deleted', 'restored', 'expired', 'purged', 'moved', 'merged', 'claimed', 'claim_forced',
                      'renewed', 'released', 'assessed');
end
$$;
alter table webhook_delivery drop constraint webhook_delivery_state, add constraint webhook_delivery_state
    check (state in ('pending', 'done', 'failed', 'ignored', 'held')) not valid;
";
/// The contract step of release 3: release 1 can't store any more.
const CONTRACT: &str = "-- contract: release 2
alter table phase_data alter column assessment drop default, alter column assessment set not null;
";

/// Release 2: a store assesses the document, which is an event of its own, and one with a `claim` is nothing that servers of
/// release 1 may meet.
#[must_use]
pub fn second() -> Program {
    let program = Program::shipped().with_release(2).with_migration(9001, "assessments", EXPAND);
    program.with_function("store_phase_data", assessing)
}

/// Release 3: no server of release 1 is left.
#[must_use]
pub fn third() -> Program {
    second()
        .with_release(3)
        .with_migration(9002, "every document is assessed", CONTRACT)
        .with_function("third_release", |_| {
            "create function third_release() returns integer language sql as 'select 3'".to_owned()
        })
}

/// The shipped function with a check at its beginning and one more event at its end.
fn assessing(shipped: &str) -> String {
    let (head, body) = shipped.split_once("\nbegin\n").expect("a body");
    let (body, last) = body.rsplit_once("    insert into phase_event").expect("an event");
    let (event, end) = last.split_once(";\n").expect("the end of a statement");
    let assessed = event.replace("'stored'", "'assessed'");
    let written = body.replacen("insert into phase_data (", "insert into phase_data (assessment, ", 1);
    let written = written.replacen(
        "values (v_account, v_repository_id, p_repository.name",
        "values ('sound', v_account, v_repository_id, p_repository.name",
        1,
    );
    assert_eq!(
        written.len(),
        body.len() + "assessment, 'sound', ".len(),
        "the insert of the document is another one"
    );
    assert_ne!(event, assessed, "the last event is not that of the store");
    format!(
        "{head}
begin
    if p_data ? 'claim' then
        perform require_release(2);
    end if;
{written}    update phase_data d set assessment = 'sound'
     where d.id = v_id;
    insert into phase_event{event};
    insert into phase_event{assessed};
{end}"
    )
}
