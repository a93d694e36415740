use super::*;

fn at(second: i64) -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH.saturating_add(Duration::seconds(second))
}

#[test]
fn what_github_says_decides_what_happens_to_the_data() {
    use IssueState::{Closed, Deleted, Moved, Open, Unknown};
    let place = Place {
        repository_id: 2,
        repository: "octo/other".parse().expect("a name"),
        issue_number: "7".parse().expect("a number"),
        closed_at: None,
    };
    let moved = Moved(place.clone());
    let unseen = Decision::LeaveAlone("GitHub shows no such issue to this token");
    let earlier = Decision::LeaveAlone("its data was stored for an earlier repository of this name");
    // The state, since when data is seen, since when the issue is known as closed, since when the repository is there.
    for (state, stored, closed, created, expected) in [
        (&Open, Some(5), None, None, Decision::Keep),
        (&Open, None, Some(5), None, Decision::RestoreIfReopenedSince(at(5))),
        (&Open, Some(9), Some(5), None, Decision::RestoreIfReopenedSince(at(5))),
        (&Open, None, Some(5), Some(5), Decision::RestoreIfReopenedSince(at(5))),
        (&Open, None, Some(5), Some(6), Decision::Keep),
        (&Closed(at(5)), Some(4), None, None, Decision::Close(at(5))),
        (&Closed(at(5)), Some(5), None, None, Decision::Close(at(5))),
        (&Closed(at(5)), Some(6), None, None, Decision::Keep),
        (&Closed(at(5)), None, Some(4), None, Decision::Keep),
        (&Closed(at(5)), Some(4), None, Some(4), Decision::Close(at(5))),
        (&Closed(at(9)), Some(4), None, Some(5), earlier.clone()),
        (&Deleted, Some(4), None, None, Decision::CloseDeleted),
        (&Deleted, Some(4), None, Some(5), earlier.clone()),
        (&Deleted, None, Some(4), None, Decision::Keep),
        (&moved, Some(4), None, None, Decision::Follow(place.clone())),
        (&moved, None, Some(4), None, Decision::Follow(place.clone())),
        (&moved, Some(4), None, Some(5), earlier),
        (&moved, None, Some(4), Some(5), Decision::Keep),
        (&Unknown, Some(4), None, None, unseen),
        (&Unknown, None, Some(4), None, Decision::Keep),
    ] {
        let known = KnownIssue { first_stored: stored.map(at), closed_at: closed.map(at) };
        let decision = decide(state, known, created.map(at));
        assert_eq!(decision, expected, "{state:?} stored {stored:?} closed {closed:?} created {created:?}");
    }
}
