//! A retrieval that waits for data.

use std::time::Duration;

use phase_data_wire::{Phase, WaitSeconds};

use super::Client;
use super::call::Call;
use crate::error::Error;
use crate::files::MAX_DOCUMENTS_BYTES;
use crate::log::Log;
use crate::target::Target;

/// The outcome of a request that waits for data.
pub(crate) enum WaitOutcome {
    Stored,
    NotStored,
    /// A proxy ended the request after this time.
    CutOff(Duration),
}

impl Client<'_> {
    /// `GET /api/v1/phase_data/{owner}/{name}/{issue_number}?wait_seconds=`
    pub(crate) async fn wait(
        &self,
        target: &Target,
        phase: Option<Phase>,
        wait: WaitSeconds,
        log: &mut Log<'_>,
    ) -> Result<WaitOutcome, Error> {
        let url = self.retrieve_url(target, phase, wait);
        // A connection that a firewall has forgotten never answers.
        let limit = wait.get().saturating_add(self.job.timeout);
        let mut call = Call::until(self.deadline()).reading(MAX_DOCUMENTS_BYTES).waiting(limit);
        loop {
            if let Some(outcome) = self.attempt(&mut call, self.http.get(url.clone()), log).await? {
                let answer = self.answered(call, outcome)?;
                let stored = self.retrieved(target, phase, answer)?.is_some();
                return Ok(if stored { WaitOutcome::Stored } else { WaitOutcome::NotStored });
            }
            if let Some(elapsed) = call.cut_off {
                return Ok(WaitOutcome::CutOff(elapsed));
            }
        }
    }
}
