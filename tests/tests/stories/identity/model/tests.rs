//! The model itself: what it says where the rules are plain.

use serde_json::{Value, json};

use super::*;

const NOW: i64 = 1_000_000;

/// The content of the scan of issue 1 that this caller sees.
fn scan(model: &Model, caller: Caller, name: &'static str) -> Option<Value> {
    let now = Now { at: Moment::second(NOW + 1000), step: 1000 };
    let seen = model.clone().read(caller, name, 1, now).expect("specified");
    seen.into_iter().find(|seen| seen.phase == 0).map(|seen| seen.document.content)
}

/// Stores the scan of issue 1, each time in a second of its own from `NOW` on.
fn store(model: &mut Model, caller: Caller, name: &'static str, content: i64) {
    let step = usize::try_from(content).expect("a number");
    let now = Now { at: Moment::second(NOW + content), step };
    model.store(caller, (name, 1, 0), (&json!({"a": content}), false), now).expect("specified");
}

fn token(id: i64, second: i64) -> Caller {
    Caller::Token(id, second)
}

#[test]
fn a_name_that_is_taken_again_shows_the_new_repository_and_the_old_one_keeps_its_data() {
    let mut model = Model::default();
    store(&mut model, token(1, 10), "octo/a", 1);
    store(&mut model, token(2, 20), "octo/a", 2);
    assert_eq!(scan(&model, Caller::Key, "octo/a"), Some(json!({"a": 2})));
    assert_eq!(scan(&model, token(1, 10), "octo/a"), Some(json!({"a": 1})));
    assert_eq!(model.by_id(1).and_then(|row| model.rows[row].name), None);
}

#[test]
fn a_proof_of_the_same_second_or_an_older_one_changes_no_name() {
    for second in [9, 10] {
        let mut model = Model::default();
        store(&mut model, token(1, 10), "octo/a", 1);
        store(&mut model, token(2, second), "octo/a", 2);
        assert_eq!(scan(&model, Caller::Key, "octo/a"), Some(json!({"a": 1})), "{second}");
        assert_eq!(scan(&model, token(2, second), "octo/a"), Some(json!({"a": 2})), "{second}");
    }
}

#[test]
fn what_keys_stored_under_a_name_is_adopted_by_whoever_proves_it_first_and_merged_into_what_is_known() {
    let (mut adopted, mut merged) = (Model::default(), Model::default());
    store(&mut merged, token(1, 10), "octo/old", 5);
    for model in [&mut adopted, &mut merged] {
        store(model, Caller::Key, "octo/new", 1);
        // As long as nobody tells that the name is the repository's, it is nobody's.
        assert_eq!(scan(model, token(2, 10), "octo/new"), None);
        assert_eq!(model.named("octo/new").map(|row| model.rows[row].id), Some(None));
        let now = Now { at: Moment::second(NOW + 9), step: 6 };
        model.rows_to_read(token(1, NOW + 2), "octo/new", now).expect("specified");
    }
    assert_eq!(scan(&adopted, Caller::Key, "octo/new"), Some(json!({"a": 1})));
    // Of two documents the newer stays.
    assert_eq!(scan(&merged, Caller::Key, "octo/new"), Some(json!({"a": 5})));
    let slot = &merged.rows[0].issues[&1].slots[0];
    assert_eq!((slot.revision, slot.gone), (3, 1));
    assert_eq!(scan(&merged, Caller::Key, "octo/old"), None);
    let steps: Vec<usize> = merged.rows[0].issues[&1].events.iter().map(|event| event.step).collect();
    assert_eq!(steps, [1, 5, 6, 6]);
}

#[test]
fn what_is_seen_stays_in_a_merge_though_what_is_hidden_is_newer() {
    let mut model = Model::default();
    store(&mut model, token(1, 10), "octo/old", 1);
    store(&mut model, Caller::Key, "octo/new", 2);
    let now = Now { at: Moment::second(NOW + 3), step: 3 };
    model.change(Caller::Key, ("octo/new", 1), (true, false), now).expect("specified");
    model.prove(1, "octo/new", Moment::second(NOW + 9), 4).expect("specified");
    assert_eq!(scan(&model, Caller::Key, "octo/new"), Some(json!({"a": 1})));
}

#[test]
fn a_moment_that_is_not_known_exactly_decides_nothing() {
    let named_at = Moment { earliest: 9_900_000, latest: 10_100_000 };
    assert_eq!(named_at.is_before(Moment::second(11)), Ok(true));
    assert_eq!(named_at.is_in_a_later_second(Moment::second(8)), Ok(true));
    assert_eq!(named_at.is_in_a_later_second(Moment::second(10)), Ok(false));
    assert!(named_at.is_in_a_later_second(Moment::second(9)).is_err());
    assert!(named_at.is_in_second(Moment::second(10)).is_err());
    assert!(named_at.is_before(Moment::second(10)).is_err());
    assert_eq!(Moment::second(10).is_before(Moment::second(10)), Ok(false));
}

#[test]
fn the_newest_change_of_an_issue_counts_in_whichever_order_they_are_told() {
    let live = |changes: &[(bool, i64)]| {
        let mut model = Model::default();
        store(&mut model, token(1, 10), "octo/a", 1);
        for (step, (closed, after)) in (2..).zip(changes) {
            model.apply_statement((1, "octo/a", 1), (*closed, NOW + after), step).expect("specified");
        }
        scan(&model, Caller::Key, "octo/a").is_some()
    };
    assert!(!live(&[(true, 5)]));
    assert!(live(&[(true, 0)]), "closed before it was stored");
    assert!(!live(&[(true, 1)]), "a second means all of it");
    assert!(live(&[(true, 5), (false, 6)]));
    assert!(live(&[(false, 6), (true, 5)]));
    assert!(live(&[(true, 5), (false, 5)]), "a tie is in favour of what is open");
    assert!(live(&[(false, 5), (true, 5)]));
    assert!(!live(&[(true, 5), (false, 6), (true, 7)]));
}

#[test]
fn a_transferred_issue_takes_its_documents_and_its_state_along() {
    let mut model = Model::default();
    store(&mut model, token(1, 10), "octo/a", 1);
    store(&mut model, token(2, 10), "octo/b", 2);
    model.apply_statement((1, "octo/a", 1), (true, NOW + 5), 3).expect("specified");
    let now = |step| Now { at: Moment::second(NOW + 10), step };
    model.transferred((1, "octo/a", 1), (2, "octo/b", 7), NOW + 10, now(4)).expect("specified");
    assert_eq!(scan(&model, Caller::Key, "octo/a"), None);
    assert_eq!(
        model.clone().read(Caller::Key, "octo/b", 7, now(9)),
        Ok(Vec::new()),
        "it is closed there, too"
    );
    model.apply_statement((2, "octo/b", 7), (false, NOW + 20), 5).expect("specified");
    assert_eq!(model.clone().read(Caller::Key, "octo/b", 7, now(9)).map(|seen| seen.len()), Ok(1));
    assert!(
        model.transferred((2, "octo/b", 7), (2, "octo/b", 1), NOW + 10, now(6)).is_err(),
        "there was an issue already"
    );
}

#[test]
fn what_a_key_stored_in_the_second_of_a_proof_is_read_along_and_stays_on_its_own() {
    let mut model = Model::default();
    store(&mut model, token(1, 10), "octo/old", 1);
    let now = Now { at: Moment::second(NOW + 5).after(1), step: 5 };
    model.store(Caller::Key, ("octo/new", 1, 0), (&json!("of the key"), false), now).expect("specified");
    assert_eq!(scan(&model, token(1, NOW + 5), "octo/new"), Some(json!("of the key")));
    assert_eq!(scan(&model, token(1, NOW + 4), "octo/new"), Some(json!({"a": 1})));
    let mut renamed = model.clone();
    store(&mut renamed, token(1, NOW + 6), "octo/third", 7);
    assert_eq!(scan(&renamed, token(1, NOW + 5), "octo/new"), Some(json!({"a": 7})));
    model.rows_to_read(token(1, NOW + 5), "octo/new", now).expect("specified");
    assert_eq!(scan(&model, Caller::Key, "octo/old"), Some(json!({"a": 1})));
    assert_eq!(model.named("octo/new").map(|row| model.rows[row].id), Some(None));
}
