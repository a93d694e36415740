//! The rule of closing and reopening as tables, asked of the database's own functions.

use phase_data_tests::Backend;
use sqlx::PgConnection;

/// A second, and what was said of it.
#[derive(Debug, Clone, Copy)]
struct StateChange {
    closed: bool,
    at: f64,
    as_of: Option<f64>,
}

const fn closed(at: f64) -> StateChange {
    StateChange { closed: true, at, as_of: None }
}

const fn open(at: f64) -> StateChange {
    StateChange { closed: false, at, as_of: None }
}

const fn as_of(change: StateChange, second: f64) -> StateChange {
    StateChange { as_of: Some(second), ..change }
}

async fn ordering(database: &mut PgConnection, newest: Option<StateChange>, change: StateChange) -> String {
    let ask = "select lifecycle_ordering(
                   p_closed => $1, p_at => to_timestamp($2), p_as_of => to_timestamp($3),
                   p_newest_closed => $4, p_newest_at => to_timestamp($5), p_newest_as_of => to_timestamp($6))";
    sqlx::query_scalar(ask)
        .bind(change.closed)
        .bind(change.at)
        .bind(change.as_of)
        .bind(newest.map(|newest| newest.closed))
        .bind(newest.map(|newest| newest.at))
        .bind(newest.and_then(|newest| newest.as_of))
        .fetch_one(database)
        .await
        .expect("an ordering")
}

async fn effect(
    database: &mut PgConnection,
    change: StateChange,
    (ordering, scope): (&str, &str),
    closed_by: Option<&str>,
    last_stored_at: f64,
) -> String {
    let ask = "select lifecycle_effect(
                   p_closed => $1, p_at => to_timestamp($2), p_ordering => $3, p_scope => $4, p_closed_by => $5,
                   p_last_stored_at => to_timestamp($6))";
    sqlx::query_scalar(ask)
        .bind(change.closed)
        .bind(change.at)
        .bind(ordering)
        .bind(scope)
        .bind(closed_by)
        .bind(last_stored_at)
        .fetch_one(database)
        .await
        .expect("an effect")
}

#[tokio::test]
async fn the_newest_notice_counts_and_a_tie_is_in_favour_of_what_is_open() {
    let mut database = Backend::start().await.database().await;
    for (newest, change, expected) in [
        (None, closed(5.0), "newer"),
        (Some(closed(5.0)), closed(5.0), "duplicate"),
        (Some(closed(5.0)), closed(6.0), "newer"),
        (Some(closed(5.0)), closed(4.0), "stale"),
        (Some(closed(5.0)), open(5.0), "newer"),
        (Some(closed(5.0)), open(4.0), "stale"),
        (Some(closed(5.0)), open(6.0), "newer"),
        (Some(open(5.0)), closed(5.0), "stale"),
        (Some(open(5.0)), closed(4.0), "stale"),
        (Some(open(5.0)), closed(6.0), "newer"),
        (Some(open(5.0)), open(5.0), "duplicate"),
        // The forge's state as of an earlier time is stale, however late it arrives.
        (Some(as_of(open(5.0), 2.0)), as_of(closed(6.0), 1.0), "stale"),
        (Some(as_of(closed(5.0), 2.0)), as_of(open(6.0), 1.0), "stale"),
        (Some(as_of(open(5.0), 2.0)), as_of(closed(6.0), 2.0), "newer"),
        (Some(as_of(open(5.0), 2.0)), as_of(closed(6.0), 3.0), "newer"),
        (Some(as_of(open(5.0), 2.0)), closed(6.0), "newer"),
        (Some(open(5.0)), as_of(closed(6.0), 1.0), "newer"),
        (Some(as_of(closed(5.0), 2.0)), as_of(closed(5.0), 2.0), "duplicate"),
    ] {
        assert_eq!(ordering(&mut database, newest, change).await, expected, "{change:?} after {newest:?}");
    }
}

#[tokio::test]
async fn what_was_stored_after_the_close_stays_and_a_repository_brings_back_what_went_with_it() {
    let mut database = Backend::start().await.database().await;
    for (change, ordering_and_scope, closed_by, stored, expected) in [
        (closed(100.0), ("newer", "issue"), None, 99.999, "closes"),
        (closed(100.0), ("newer", "issue"), None, 100.999, "closes"),
        (closed(100.0), ("newer", "issue"), None, 101.0, "stays"),
        (closed(100.0), ("duplicate", "issue"), None, 100.0, "closes"),
        (closed(100.0), ("duplicate", "issue"), None, 100.001, "stays"),
        (closed(100.5), ("newer", "issue"), None, 100.5, "closes"),
        (closed(100.5), ("newer", "issue"), None, 100.501, "stays"),
        (closed(100.0), ("stale", "issue"), None, 99.0, "stays"),
        (open(9.0), ("newer", "repository"), Some("repository"), 1.0, "returns"),
        (open(9.0), ("newer", "repository"), Some("issue"), 1.0, "stays"),
        (open(9.0), ("newer", "repository"), Some("account"), 1.0, "stays"),
        (open(9.0), ("newer", "account"), Some("account"), 1.0, "returns"),
        (open(9.0), ("newer", "issue"), Some("repository"), 1.0, "returns"),
        (closed(9.0), ("newer", "issue"), Some("repository"), 1.0, "closes_on_its_own"),
        (closed(9.0), ("newer", "repository"), Some("issue"), 1.0, "stays"),
        (closed(9.0), ("newer", "issue"), Some("issue"), 1.0, "stays"),
    ] {
        let found = effect(&mut database, change, ordering_and_scope, closed_by, stored).await;
        assert_eq!(found, expected, "{change:?} {ordering_and_scope:?} {closed_by:?} {stored}");
    }
}
