//! GitHub tells the backend what happens, by webhook.

mod accounts;
mod actions;
mod aside;
mod identity;
mod kill;
mod nothing_kept;
mod pages;
mod queue;
mod refusals;
mod times;
mod turns;

use phase_data_tests::{APP_SECRET, Backend, Tenant};

/// A backend with the App's secret, and the account that the events are about.
async fn stage() -> (Backend, Tenant) {
    let backend = Backend::start_with(&[APP_SECRET]).await;
    let octo = backend.tenant("octo", 9919);
    (backend, octo)
}

/// A time so many seconds from now, as GitHub writes it.
pub(super) fn in_seconds(seconds: i64) -> String {
    let at = time::OffsetDateTime::now_utc() + time::Duration::seconds(seconds);
    let at = at.replace_nanosecond(0).expect("a whole second");
    at.format(&time::format_description::well_known::Rfc3339).expect("a time")
}
