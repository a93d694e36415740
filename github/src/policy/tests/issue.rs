//! The rows about issues.

use super::*;

const HERE: &str = "https://api.github.com/repositories/1/issues/42";
const THERE: &str = "https://api.github.com/repositories/2/issues/7";

const VISIBLE_BY_NAME: Times = (Some(4), None, Some(5));

const OPEN: &str = r#"{"number": 42, "state": "open", "closed_at": null,
    "repository_url": "https://api.github.com/repos/octo/hello"}"#;
const CLOSED: &str = r#"{"number": 42, "state": "closed", "closed_at": "1970-01-01T00:00:05Z",
    "repository_url": "https://api.github.com/repos/octo/hello"}"#;
const CLOSED_PULL_REQUEST: &str = r#"{"number": 42, "state": "closed", "closed_at": "1970-01-01T00:00:05Z",
    "repository_url": "https://api.github.com/repos/octo/hello", "pull_request": {}}"#;
const OPEN_THERE: &str = r#"{"number": 7, "state": "open", "closed_at": null,
    "repository_url": "https://api.github.com/repos/octo/other"}"#;
const CLOSED_THERE: &str = r#"{"number": 7, "state": "closed", "closed_at": "1970-01-01T00:00:05Z",
    "repository_url": "https://api.github.com/repos/octo/other"}"#;
const ANOTHER: &str = r#"{"number": 43, "state": "closed", "closed_at": "1970-01-01T00:00:05Z",
    "repository_url": "https://api.github.com/repos/octo/hello"}"#;
const OF_NO_STATE: &str = r#"{"number": 42, "state": "locked", "closed_at": null,
    "repository_url": "https://api.github.com/repos/octo/hello"}"#;
const WITHOUT_A_TIME: &str = r#"{"number": 42, "state": "closed", "closed_at": null,
    "repository_url": "https://api.github.com/repos/octo/hello"}"#;

#[test]
fn a_statement_about_an_issue_decides_what_happens_to_its_data() {
    let hello = issue(repository(1, "octo/hello"), "42");
    let to = issue(repository(2, "octo/other"), "7");
    let transferred =
        |closed: Option<i64>| Stated(Fact::Transferred { to: to.clone(), closed_at: time_of(closed) });
    let closed = "close octo/hello#42 at 5";
    let reopened = "reopen octo/hello#42 at 5";
    let moved = "move octo/hello#42 to octo/other#7 (it is there now)";
    let earlier = "left alone: its data was stored for an earlier repository of this name";
    let unseen = "left alone: GitHub shows no such issue to this token";
    let ask = "ask when it was reopened";
    let owner = "ask for the owner of octo/other#7";
    let known = |(stored, closed, created): Times| {
        let issue = KnownIssue { first_stored: time_of(stored), closed_at: time_of(closed) };
        Known::issue(issue, time_of(created))
    };
    let keep = ["", "keep", "keep"];
    let alone = |text| ["", text, text];
    let no_answer = "an error says nothing about the issue";
    let rows = [
        // Open.
        (Answered(200, HERE, OPEN), VISIBLE, keep, "nothing is hidden"),
        (Answered(200, HERE, OPEN), HIDDEN, alone(ask), "it may also have been cleaned up by hand"),
        (Answered(200, HERE, OPEN), (Some(9), Some(5), None), alone(ask), "a part is hidden"),
        (Answered(200, HERE, OPEN), (None, Some(5), Some(5)), alone(ask), "closed in this repository"),
        (Answered(200, HERE, OPEN), HIDDEN_BY_NAME, keep, "closed in an earlier repository of this name"),
        // Reopened.
        (Stated(Fact::Reopened(at(5))), HIDDEN, [reopened; 3], "reopened since"),
        (Stated(Fact::Reopened(at(5))), (None, Some(5), None), [reopened; 3], "a tie is in favour of open"),
        (
            Stated(Fact::Reopened(at(5))),
            (None, Some(6), None),
            [reopened, "keep", "keep"],
            "the database compares an event's time",
        ),
        (
            Stated(Fact::Reopened(at(5))),
            HIDDEN_BY_NAME,
            [reopened, "keep", "keep"],
            "closed in an earlier repository of this name",
        ),
        // Closed.
        (Stated(Fact::Closed(at(5))), VISIBLE, [closed; 3], "stored before the close"),
        (Answered(200, HERE, CLOSED), VISIBLE, alone(closed), "stored before the close"),
        (Answered(200, HERE, CLOSED), (Some(5), None, None), alone(closed), "a close has whole seconds"),
        (
            Stated(Fact::Closed(at(5))),
            (Some(6), None, None),
            [closed, "keep", "keep"],
            "stored after the close; the database compares an event's time",
        ),
        (Answered(200, HERE, CLOSED), HIDDEN, keep, "hidden already"),
        (Answered(200, HERE, CLOSED), (Some(4), None, Some(4)), alone(closed), "stored in this repository"),
        (
            Answered(200, HERE, CLOSED),
            VISIBLE_BY_NAME,
            alone(earlier),
            "stored in an earlier one of this name",
        ),
        (Answered(200, HERE, CLOSED), HIDDEN_BY_NAME, keep, "hidden in an earlier one of this name"),
        // Deleted.
        (Stated(Fact::Deleted), VISIBLE, ["close octo/hello#42"; 3], "GitHub states no time"),
        (
            Answered(410, HERE, r#"{"message": "This issue was deleted"}"#),
            VISIBLE,
            alone("close octo/hello#42"),
            "410 with GitHub's own words for a deleted issue",
        ),
        (Answered(410, HERE, r#"{"message": "This issue was deleted"}"#), HIDDEN, keep, "hidden already"),
        (
            Answered(410, HERE, r#"{"message": "This issue was deleted"}"#),
            VISIBLE_BY_NAME,
            alone(earlier),
            "stored in an earlier one of this name",
        ),
        // Transferred. The action can't move data: it reaches one repository.
        (
            Answered(200, THERE, OPEN_THERE),
            VISIBLE,
            ["", owner, "left alone: the issue is octo/other#7 now, and open there"],
            "redirected (301)",
        ),
        (Answered(200, THERE, CLOSED_THERE), VISIBLE, ["", owner, closed], "redirected, and closed there"),
        (Answered(200, THERE, OPEN_THERE), HIDDEN, ["", owner, "keep"], "hidden data moves, too"),
        (Answered(200, THERE, OPEN_THERE), VISIBLE_BY_NAME, alone(earlier), "the earlier one's did not move"),
        (Answered(200, THERE, OPEN_THERE), HIDDEN_BY_NAME, keep, "the earlier one's did not move"),
        (
            transferred(None),
            VISIBLE,
            ["move octo/hello#42 to octo/other#7 (it may have moved on)", moved, ""],
            "within the account",
        ),
        (transferred(None), HIDDEN, ["", moved, ""], "hidden data moves, too"),
        (
            transferred(Some(5)),
            VISIBLE,
            ["", "move octo/hello#42 to octo/other#7 (it is there now), close octo/other#7 at 5", ""],
            "closed at the new place",
        ),
        (
            Stated(Fact::TransferredAway),
            VISIBLE,
            ["close octo/hello#42", "close octo/hello#42", ""],
            "to another owner, who must not get the data",
        ),
        (Stated(Fact::TransferredAway), HIDDEN, ["close octo/hello#42", "keep", ""], "hidden already"),
        // Not shown. It could be a lost permission.
        (Answered(404, HERE, "{}"), VISIBLE, alone(unseen), "it may be there all the same"),
        (Answered(404, HERE, "{}"), HIDDEN, keep, "hidden already"),
        // No answer about the issue.
        (
            Answered(410, HERE, r#"{"message": "Issues are disabled for this repo"}"#),
            VISIBLE,
            alone("left alone: GitHub refuses the request (410): Issues are disabled for this repo"),
            no_answer,
        ),
        (
            Answered(403, HERE, r#"{"message": "Forbidden"}"#),
            VISIBLE,
            alone("left alone: GitHub does not allow it (403): Forbidden"),
            no_answer,
        ),
        (
            Answered(403, HERE, r#"{"message": "Forbidden"}"#),
            HIDDEN,
            alone("left alone: GitHub does not allow it (403): Forbidden"),
            no_answer,
        ),
        (
            Answered(401, HERE, r#"{"message": "Bad credentials"}"#),
            VISIBLE,
            alone("left alone: GitHub refuses the token (401): Bad credentials"),
            no_answer,
        ),
        (
            Answered(429, HERE, "{}"),
            VISIBLE,
            alone("left alone: GitHub's rate limit is used up, for 60 s more"),
            no_answer,
        ),
        (Answered(502, HERE, "{}"), VISIBLE, alone("left alone: GitHub answered 502"), no_answer),
        (
            Answered(200, HERE, ANOTHER),
            VISIBLE,
            alone("left alone: GitHub's answer can't be read: it is about another issue"),
            no_answer,
        ),
        (
            Answered(200, HERE, OF_NO_STATE),
            VISIBLE,
            alone("left alone: GitHub's answer can't be read: an issue without a known state"),
            no_answer,
        ),
        (
            Answered(200, HERE, WITHOUT_A_TIME),
            VISIBLE,
            alone("left alone: GitHub's answer can't be read: an issue without a known state"),
            no_answer,
        ),
        (
            Answered(200, "https://api.github.com/repos/octo/other/issues/7", OPEN_THERE),
            VISIBLE,
            alone("left alone: GitHub's answer can't be read: a redirect without the repository's id"),
            no_answer,
        ),
        (
            Answered(403, HERE, r#"{"message": "Forbidden"}"#),
            VISIBLE_BY_NAME,
            alone("left alone: GitHub does not allow it (403): Forbidden"),
            no_answer,
        ),
        // Pull requests.
        (
            Stated(Fact::PullRequest),
            VISIBLE,
            ["left alone: a pull request is no issue", "", ""],
            "its events are not those of an issue",
        ),
        (
            Answered(200, HERE, CLOSED_PULL_REQUEST),
            VISIBLE,
            alone(closed),
            "its number has data, so it is one",
        ),
    ];
    rows.iter().for_each(|row| compare(known, &hello, row));
}
