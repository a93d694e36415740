//! Every claim of a GitHub Actions id token, in one table.

use phase_data_wire::Repository;
use serde_json::{Map, Value};

use super::unverified::SignedClaims;
use super::{OidcReason, claim_value};

/// Declares the claims as a table, so that none can be read without being listed, and none that GitHub
/// documents is left out by accident.
macro_rules! claims {
    (
        required { $($(#[$doc:meta])* $field:ident = $name:literal: $type:ty, $read:path;)* }
        optional { $($(#[$may_doc:meta])* $may_field:ident = $may_name:literal: $may_type:ty, $may_read:path;)* }
        ignored { $($ignored_name:literal: $why:literal;)* }
    ) => {
        /// The claims of a token that was verified, its signature, its audience and its times.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub(crate) struct Claims {
            $($(#[$doc])* pub(crate) $field: $type,)*
            $($(#[$may_doc])* pub(crate) $may_field: Option<$may_type>,)*
        }

        impl Claims {
            /// Reads the claims; what they say is checked elsewhere.
            pub(super) fn read(signed: &SignedClaims) -> Result<Self, OidcReason> {
                let all = signed.all();
                Ok(Self {
                    $($field: required(all, $name, $read)?,)*
                    $($may_field: optional(all, $may_name, $may_read)?,)*
                })
            }
        }

        /// Every claim that we know, with what becomes of it.
        const TABLE: &[(&str, Class)] = &[
            $(($name, Class::Required),)*
            $(($may_name, Class::Optional),)*
            $(($ignored_name, Class::Ignored($why)),)*
        ];
    };
}

/// The use of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    /// A token without it is refused.
    Required,
    /// It is used where it is there.
    Optional,
    /// It is known, and for this reason not used.
    Ignored(&'static str),
}

// The list is the union of GitHub's reference and of `claims_supported` in its discovery document.
claims! {
    required {
        /// The issuer of the token. It is in the allow-list, and the signature was made with one of its keys.
        iss = "iss": String, claim_value::text;
        /// Whom the token is for: us alone.
        aud = "aud": String, claim_value::audience;
        /// When the token ends, in seconds since 1970.
        exp = "exp": i64, claim_value::seconds;
        /// When the token begins.
        nbf = "nbf": i64, claim_value::seconds;
        /// When the token was issued.
        iat = "iat": i64, claim_value::seconds;
        /// The token's own name, by which a replay is recognised.
        jti = "jti": String, claim_value::text;
        /// The repository's name now, for display.
        repository = "repository": Repository, claim_value::repository;
        /// The repository, whatever it is called.
        repository_id = "repository_id": i64, claim_value::id;
        /// The owner's name now, for display.
        repository_owner = "repository_owner": String, claim_value::text;
        /// The owner, whatever it is called. With the forge it finds the account.
        repository_owner_id = "repository_owner_id": i64, claim_value::id;
        /// The workflow run.
        run_id = "run_id": i64, claim_value::id;
        /// The attempt of the run.
        run_attempt = "run_attempt": i64, claim_value::id;
        /// The user who started the run, for display only: names can change hands.
        actor = "actor": String, claim_value::text;
        /// The event that started the run.
        event_name = "event_name": String, claim_value::text;
        /// The branch, tag or pull request that the run is for.
        git_ref = "ref": String, claim_value::text;
        /// The workflow's file and its version, `owner/name/.github/workflows/file.yml@ref`.
        workflow_ref = "workflow_ref": String, claim_value::text;
    }
    optional {
        /// The deployment environment of the job.
        environment = "environment": String, claim_value::text;
        /// The reusable workflow that the job is from; the workflow itself where it is not from one.
        job_workflow_ref = "job_workflow_ref": String, claim_value::text;
        /// `public`, `private` or `internal`.
        repository_visibility = "repository_visibility": String, claim_value::text;
        /// The commit that the run is for.
        sha = "sha": String, claim_value::text;
        /// The id of the user who started the run.
        actor_id = "actor_id": i64, claim_value::id;
    }
    ignored {
        "sub": "it has two formats, and an organisation can choose a third; every part of it has its own claim";
        "base_ref": "a pull request's target does not narrow what the run may do";
        "head_ref": "a branch of a fork and one of the repository itself look alike here";
        "check_run_id": "the run and its attempt identify the run in events";
        "enterprise": "the owner is the tenant, not its enterprise";
        "enterprise_id": "the owner is the tenant, not its enterprise";
        "environment_node_id": "policies name environments";
        "issuer_scope": "the issuer itself is on the allow-list";
        "job_workflow_sha": "policies name versions by ref";
        "ref_protected": "no policy asks for it";
        "ref_type": "the ref contains it";
        "run_number": "the run's id is its identity";
        "runner_environment": "no policy asks for it";
        "workflow": "a name that the author chose; workflow_ref is the file";
        "workflow_sha": "workflow_ref is the file and its version";
    }
}

impl Claims {
    /// Logs names that the table lacks. They are tolerated, because GitHub adds claims, and the custom
    /// properties of an organisation (`repo_property_…`) are claims too.
    pub(super) fn log_unlisted(signed: &SignedClaims) {
        let listed = |name: &str| name.starts_with("repo_property_") || class(name).is_some();
        let claims: Vec<_> = signed.all().keys().filter(|name| !listed(name)).collect();
        if !claims.is_empty() {
            tracing::debug!(?claims, "the id token has unknown claims");
        }
    }
}

fn class(name: &str) -> Option<Class> {
    TABLE.iter().find(|(listed, _)| *listed == name).map(|(_, class)| *class)
}

type Read<T> = fn(&Value) -> Result<T, claim_value::Expected>;

fn required<T>(all: &Map<String, Value>, claim: &'static str, read: Read<T>) -> Result<T, OidcReason> {
    let value = all.get(claim).ok_or(OidcReason::ClaimMissing { claim })?;
    read(value).map_err(|expected| OidcReason::invalid_claim(claim, expected, value))
}

/// GitHub writes some claims that do not apply as `""`.
fn optional<T>(
    all: &Map<String, Value>,
    claim: &'static str,
    read: Read<T>,
) -> Result<Option<T>, OidcReason> {
    match all.get(claim) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.is_empty() => Ok(None),
        Some(_) => required(all, claim, read).map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `claims_supported` of https://token.actions.githubusercontent.com/.well-known/openid-configuration,
    /// and `check_run_id`, which was added in November 2025.
    const SUPPORTED: &str = "sub aud exp iat iss jti nbf ref sha repository repository_id repository_owner \
        repository_owner_id enterprise enterprise_id run_id run_number run_attempt actor actor_id workflow \
        workflow_ref workflow_sha head_ref base_ref event_name ref_type ref_protected environment \
        environment_node_id job_workflow_ref job_workflow_sha repository_visibility runner_environment \
        issuer_scope check_run_id";

    #[test]
    fn every_claim_that_github_documents_is_classified_once() {
        for claim in SUPPORTED.split_whitespace() {
            assert_eq!(TABLE.iter().filter(|(name, _)| *name == claim).count(), 1, "{claim}");
        }
        assert_eq!(TABLE.len(), SUPPORTED.split_whitespace().count());
    }

    #[test]
    fn what_is_ignored_has_a_reason() {
        for (name, class) in TABLE {
            assert!(!matches!(class, Class::Ignored("")), "{name}");
        }
        assert!(matches!(class("sub"), Some(Class::Ignored(_))));
    }
}
