//! `GET` and `PUT /api/v1/admin/policy` — scope `admin`.

use serde::{Deserialize, Serialize};

use crate::present::{present, present_object};

/// Which workflow runs an account accepts id tokens from. What is left out has its default; every list is a
/// limit, and without it there is none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(deny_unknown_fields, example, skip_serializing_if_is_none))]
pub struct AccountPolicy {
    /// Which events may start the run.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present_object")]
    pub events: Option<PolicyEvents>,
    /// Branches, tags and pull requests in full, or up to a `*` at the end: `refs/heads/main`, `refs/tags/v*`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    #[cfg_attr(feature = "openapi", oai(validator(min_items = "1")))]
    pub refs: Option<Vec<PolicyRef>>,
    /// Deployment environments. A token without one is refused.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    #[cfg_attr(feature = "openapi", oai(validator(min_items = "1")))]
    pub environments: Option<Vec<PolicyEnvironment>>,
    /// Workflows that jobs are from, in full or up to a `*` at the end.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    #[cfg_attr(feature = "openapi", oai(validator(min_items = "1")))]
    pub job_workflow_refs: Option<Vec<PolicyWorkflow>>,
    /// Who can see the repository: `public`, `private` or `internal`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    #[cfg_attr(feature = "openapi", oai(validator(min_items = "1")))]
    pub visibilities: Option<Vec<PolicyVisibility>>,
}

/// A branch, tag or pull request in full, or up to a `*` at the end. The backend says what is wrong with one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PolicyRef(pub String);

/// A deployment environment's name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PolicyEnvironment(pub String);

/// A workflow's file and version, or their beginning and a `*`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PolicyWorkflow(pub String);

/// Who can see a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PolicyVisibility {
    /// Everybody.
    Public,
    /// Whoever was let in.
    Private,
    /// The members of the enterprise.
    Internal,
}

/// For each event whether it may start a run whose token is accepted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(deny_unknown_fields, skip_serializing_if_is_none))]
pub struct PolicyEvents {
    /// Default: yes.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub issues: Option<bool>,
    /// Default: yes.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub push: Option<bool>,
    /// Default: yes.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub schedule: Option<bool>,
    /// Default: yes.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub workflow_dispatch: Option<bool>,
    /// Default: yes.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub repository_dispatch: Option<bool>,
    /// Default: yes. A pull request from a fork gets no id token from GitHub.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub pull_request: Option<bool>,
    /// Default: no. Anybody who can comment can start such a run.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub issue_comment: Option<bool>,
    /// Default: no. A stranger's pull request starts such a run with the repository's rights.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub pull_request_target: Option<bool>,
    /// Default: no. Such a run has the repository's rights whoever started the run before it.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub workflow_run: Option<bool>,
}

crate::schema::schema!(
    PolicyRef,
    MetaSchema {
        pattern: Some(r"^refs/[^*]*\*?$".to_owned()),
        example: Some("refs/heads/main".into()),
        ..crate::schema::string("A branch, tag or pull request in full, or up to a `*` at the end.")
    }
);

crate::schema::schema!(
    PolicyEnvironment,
    MetaSchema {
        pattern: Some("^[^*]+$".to_owned()),
        example: Some("production".into()),
        ..crate::schema::string("A deployment environment's name.")
    }
);

crate::schema::schema!(
    PolicyWorkflow,
    MetaSchema {
        pattern: Some(r"^([^*]+\*?|\*)$".to_owned()),
        example: Some("octo/shared/.github/workflows/scan.yml@refs/heads/main".into()),
        ..crate::schema::string("A workflow's file and version, or their beginning and a `*`.")
    }
);

crate::schema::schema!(
    PolicyVisibility,
    crate::schema::words("Who can see a repository.", ["public", "private", "internal"].into_iter())
);
