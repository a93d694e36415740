//! `GET` and `PUT /api/v1/admin/policy` — scope `admin`.

use serde::{Deserialize, Serialize};

use crate::present::{present, present_object};

/// The workflow runs whose id tokens the account accepts. Omitted members have their default. Each list limits the
/// accepted values; without the list, all are accepted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(deny_unknown_fields, example, skip_serializing_if_is_none))]
pub struct AccountPolicy {
    /// The events that may start the run.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present_object")]
    pub events: Option<PolicyEvents>,
    /// Complete refs of branches, tags and pull requests, or a prefix and `*`: `refs/heads/main`, `refs/tags/v*`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    #[cfg_attr(feature = "openapi", oai(validator(min_items = "1")))]
    pub refs: Option<Vec<PolicyRef>>,
    /// Deployment environments. A token without an environment is refused.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    #[cfg_attr(feature = "openapi", oai(validator(min_items = "1")))]
    pub environments: Option<Vec<PolicyEnvironment>>,
    /// Workflows that define the job: the complete file and version, or a prefix and `*`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    #[cfg_attr(feature = "openapi", oai(validator(min_items = "1")))]
    pub job_workflow_refs: Option<Vec<PolicyWorkflow>>,
    /// Visibilities of the repository: `public`, `private` or `internal`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    #[cfg_attr(feature = "openapi", oai(validator(min_items = "1")))]
    pub visibilities: Option<Vec<PolicyVisibility>>,
}

/// The complete ref of a branch, tag or pull request, or a prefix and `*`. The backend checks it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PolicyRef(pub String);

/// The name of a deployment environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PolicyEnvironment(pub String);

/// The file and version of a workflow, or a prefix and `*`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PolicyWorkflow(pub String);

/// The visibility of a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PolicyVisibility {
    /// Visible to everybody.
    Public,
    /// Visible to users with access.
    Private,
    /// Visible to members of the enterprise.
    Internal,
}

/// Events, and if id tokens of the runs that they start are accepted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(deny_unknown_fields, skip_serializing_if_is_none))]
pub struct PolicyEvents {
    /// Default: `true`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub issues: Option<bool>,
    /// Default: `true`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub push: Option<bool>,
    /// Default: `true`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub schedule: Option<bool>,
    /// Default: `true`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub workflow_dispatch: Option<bool>,
    /// Default: `true`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub repository_dispatch: Option<bool>,
    /// Default: `true`. Pull requests from forks get no id token from GitHub.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub pull_request: Option<bool>,
    /// Default: `false`. Everyone who can comment can start such a run.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub issue_comment: Option<bool>,
    /// Default: `false`. A pull request from a fork starts such a run with the rights of the repository.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub pull_request_target: Option<bool>,
    /// Default: `false`. Such a run has the rights of the repository, also if a fork started the run before it.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub workflow_run: Option<bool>,
}

crate::schema::schema!(
    PolicyRef,
    MetaSchema {
        pattern: Some(r"^refs/[^*]*\*?$".to_owned()),
        example: Some("refs/heads/main".into()),
        ..crate::schema::string("Complete ref of a branch, tag or pull request, or a prefix and `*`.")
    }
);

crate::schema::schema!(
    PolicyEnvironment,
    MetaSchema {
        pattern: Some("^[^*]+$".to_owned()),
        example: Some("production".into()),
        ..crate::schema::string("Name of a deployment environment.")
    }
);

crate::schema::schema!(
    PolicyWorkflow,
    MetaSchema {
        pattern: Some(r"^([^*]+\*?|\*)$".to_owned()),
        example: Some("octo/shared/.github/workflows/scan.yml@refs/heads/main".into()),
        ..crate::schema::string("File and version of a workflow, or a prefix and `*`.")
    }
);

crate::schema::schema!(
    PolicyVisibility,
    crate::schema::words("Visibility of a repository.", ["public", "private", "internal"].into_iter())
);
