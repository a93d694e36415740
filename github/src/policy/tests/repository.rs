//! The rows about repositories and accounts.

use super::*;

#[test]
fn a_statement_about_a_repository_decides_what_happens_to_its_data() {
    let hello = repository(1, "octo/hello");
    // Visible data has no time here: the repository's issues are decided one by one.
    let known = |(stored, closed, created): Times| {
        Known::repository(stored.is_some(), time_of(closed), time_of(created))
    };
    let both = (Some(4), Some(4), None);
    let renamed = Fact::Renamed { old_name: "octo/hi".parse().expect("a name"), at: at(5) };
    let rename = "rename octo/hi to octo/hello at 5";
    let gone = GitHubError::NoRepository("octo/hello".to_owned());
    let unseen = "left alone: GitHub shows no repository octo/hello: it is gone, or the token may not see it";
    let off = GitHubError::IssuesOff("octo/hello".to_owned());
    let rows = [
        (Stated(Fact::Deleted), VISIBLE, ["close octo/hello", "", ""], "GitHub states no time"),
        (
            Stated(Fact::Archived(Some(at(5)))),
            VISIBLE,
            ["close octo/hello at 5", "keep", ""],
            "an answer does not state since when",
        ),
        (Stated(Fact::Archived(None)), HIDDEN, ["", "keep", ""], "what is archived stays hidden"),
        (Stated(Fact::Unarchived(at(5))), HIDDEN, ["reopen octo/hello at 5", "", ""], ""),
        (Stated(renamed), VISIBLE, [rename, rename, ""], "the action knows one name only"),
        (
            Stated(Fact::TransferredAway),
            VISIBLE,
            [
                "left alone: the repository's owner is a new one, and what it had before is not this delivery's",
                "left alone: octo/hello belongs to another owner now",
                "",
            ],
            "GitHub speaks to the new owner",
        ),
        (
            Stated(Fact::AppInstalled { as_of: Some(at(5)) }),
            HIDDEN,
            ["reopen octo/hello as of 5", "", ""],
            "",
        ),
        (
            Stated(Fact::AppInstalled { as_of: None }),
            HIDDEN,
            ["reopen octo/hello", "reopen octo/hello", ""],
            "an App that is installed was not removed, whatever came last",
        ),
        (
            Stated(Fact::AppInstalled { as_of: None }),
            HIDDEN_BY_NAME,
            ["", "keep", ""],
            "it was an earlier repository of this name",
        ),
        (Stated(Fact::AppRemoved { as_of: Some(at(5)) }), VISIBLE, ["close octo/hello as of 5", "", ""], ""),
        (Stated(Fact::AppRemoved { as_of: None }), both, ["", "keep", ""], "its issues are still asked for"),
        (Stated(Fact::AppRemoved { as_of: None }), HIDDEN, ["", "skip", ""], "hidden already"),
        (
            Stated(Fact::NoAnswer(gone.clone())),
            VISIBLE,
            ["", unseen, unseen],
            "it could be a lost permission",
        ),
        (Stated(Fact::NoAnswer(gone)), HIDDEN, ["", "skip", ""], "hidden already"),
        (Stated(Fact::NoAnswer(off)), HIDDEN, ["", "skip", ""], "hidden already"),
        (
            Stated(Fact::NoAnswer(GitHubError::Failing(502))),
            HIDDEN,
            ["", "left alone: GitHub answered 502", ""],
            "the next sweep asks again",
        ),
    ];
    rows.iter().for_each(|row| compare(known, &hello, row));
}

#[test]
fn a_statement_about_an_account_decides_what_happens_to_its_data() {
    let known = |_: Times| Known::default();
    let as_of = Some(at(5));
    let rows = [
        (
            Stated(Fact::AppInstalled { as_of }),
            HIDDEN,
            ["reopen the account as of 5", "reopen the account as of 5", ""],
            "GitHub's own time decides",
        ),
        (Stated(Fact::AppInstalled { as_of: None }), HIDDEN, ["reopen the account"; 3], "now"),
        (Stated(Fact::AppRemoved { as_of }), VISIBLE, ["close the account as of 5", "", ""], ""),
        (
            Stated(Fact::Enterprise),
            VISIBLE,
            [
                "left alone: an enterprise owns no repositories, and its id is another account's number",
                "",
                "",
            ],
            "",
        ),
    ];
    rows.iter().for_each(|row| compare(known, &Subject::default(), row));
}
