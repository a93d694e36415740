//! Dry runs: the backend reports what a change would do. Only the backend decides that.

use phase_data_wire::Phase;
use phase_data_wire::phase_data::{DeletedPhaseData, RestoredPhaseData};
use time::OffsetDateTime;

use super::call::Call;
use super::calls::since;
use super::{Client, subject};
use crate::error::Error;
use crate::log::Log;
use crate::target::Target;

impl Client<'_> {
    /// `DELETE …?dry_run=true`: returns the phases that a clean-up would remove.
    pub(crate) async fn would_clean_up(
        &self,
        target: &Target,
        closed_at: OffsetDateTime,
        log: &mut Log<'_>,
    ) -> Result<Vec<Phase>, Error> {
        let mut url = self.issue_url(&target.repository, target.issue_number);
        since(&mut url, "closed_at", Some(closed_at));
        url.query_pairs_mut().append_pair("dry_run", "true");
        let answer = self.send(Call::until(self.deadline()), &|| self.http.delete(url.clone()), log).await?;
        let body = answer.read::<DeletedPhaseData>(self.credential_kind())?.body;
        subject::issue(target, &body.repository, body.issue_number)?;
        Ok(body.deleted)
    }

    /// `POST …/restore?dry_run=true`: returns the phases that a restore would restore.
    pub(crate) async fn would_restore(
        &self,
        target: &Target,
        reopened_at: OffsetDateTime,
        log: &mut Log<'_>,
    ) -> Result<Vec<Phase>, Error> {
        let mut url = self.restore_url(target);
        since(&mut url, "reopened_at", Some(reopened_at));
        url.query_pairs_mut().append_pair("dry_run", "true");
        let answer = self.send(Call::until(self.deadline()), &|| self.http.post(url.clone()), log).await?;
        let body = answer.read::<RestoredPhaseData>(self.credential_kind())?.body;
        subject::issue(target, &body.repository, body.issue_number)?;
        Ok(body.restored)
    }
}
