//! Starts workflows. Events that a job's own token causes start no workflow; a dispatch does.

use std::collections::BTreeMap;

use http::StatusCode;
use phase_data_wire::Repository;
use serde::{Deserialize, Serialize};

use crate::answer::Answer;
use crate::{GitHub, GitHubError};

/// A workflow to start.
#[derive(Debug)]
pub struct WorkflowDispatch<'a> {
    /// The repository of the workflow.
    pub repository: &'a Repository,
    /// The workflow's file name or numeric id. It becomes part of an address: only letters, digits, `.`, `_` and `-`.
    pub workflow: &'a str,
    /// The branch or tag to run on.
    pub git_ref: &'a str,
    /// The inputs. The workflow must declare each of them.
    pub inputs: BTreeMap<&'a str, String>,
}

#[derive(Serialize)]
struct Body<'a> {
    #[serde(rename = "ref")]
    git_ref: &'a str,
    inputs: &'a BTreeMap<&'a str, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    return_run_details: Option<bool>,
}

#[derive(Deserialize)]
struct Started {
    workflow_run_id: i64,
}

#[derive(Deserialize)]
struct Branches {
    default_branch: String,
}

impl GitHub {
    /// `POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches`: starts a workflow, and returns the id of
    /// its run, if GitHub reports it.
    ///
    /// The request is repeated after failures, and GitHub has no way to detect the repetition. So the workflow is started
    /// at least once, and twice if an answer is lost.
    ///
    /// # Errors
    /// See [`GitHubError`]. After one that [is passing](GitHubError::is_passing), the workflow may have been started.
    pub async fn dispatch_workflow(
        &self,
        dispatch: &WorkflowDispatch<'_>,
    ) -> Result<Option<i64>, GitHubError> {
        let WorkflowDispatch { repository, workflow, git_ref, inputs } = dispatch;
        let uri = self.at(&format!("/repos/{repository}/actions/workflows/{workflow}/dispatches"));
        let mut body = Body { git_ref, inputs, return_run_details: Some(true) };
        let answer = match self.post_repeatedly(&uri, &body).await {
            // An Enterprise Server without this parameter starts nothing then.
            Err(GitHubError::Refused { status: 422, message }) if message.contains("return_run_details") => {
                body.return_run_details = None;
                self.post_repeatedly(&uri, &body).await
            }
            answer => answer,
        };
        Ok(run_id(&answer?.expected()?))
    }

    /// `GET /repos/{owner}/{repo}`: the name of the default branch.
    ///
    /// # Errors
    /// See [`GitHubError`].
    pub async fn default_branch(&self, repository: &Repository) -> Result<String, GitHubError> {
        let answer = self.follow(&self.at(&format!("/repos/{repository}"))).await?;
        if answer.status == StatusCode::NOT_FOUND {
            return Err(GitHubError::NoRepository(repository.to_string()));
        }
        Ok(answer.expected()?.read::<Branches>()?.default_branch)
    }
}

/// Returns the id of the started run. An answer without one is no failure: the workflow is started.
fn run_id(answer: &Answer) -> Option<i64> {
    let started = answer.read::<Started>().ok()?;
    (started.workflow_run_id > 0).then_some(started.workflow_run_id)
}
