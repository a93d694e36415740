//! The poem-openapi schemas of the names, and beside it the examples that the contract shows.
//!
//! Objects derive theirs. The names are written out here, because their patterns are part of the
//! contract and must say exactly what `FromStr` accepts.

use std::borrow::Cow;

use poem_openapi::registry::{MetaSchema, MetaSchemaRef, Registry};
use poem_openapi::types::{
    Example, ParseError, ParseFromJSON, ParseFromParameter, ParseResult, ToJSON, Type,
};
use serde_json::{Value, json};

use crate::admin::{PolicyEnvironment, PolicyRef, PolicyVisibility, PolicyWorkflow};
use crate::phase_data::{Freshness, StoreOutcome};
use crate::repositories::{IssueCursor, IssueSort, Pending};
use crate::{
    CommitSha, Document, ExpiresInSeconds, IssueNumber, Phase, ProblemCode, Repository, Revision, WaitSeconds,
};

/// Registers a type under its own name with this schema; its JSON is serde's.
macro_rules! schema {
    ($type:ident, $schema:expr) => {
        impl Type for $type {
            const IS_REQUIRED: bool = true;
            type RawValueType = Self;
            type RawElementValueType = Self;

            fn name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn schema_ref() -> MetaSchemaRef {
                MetaSchemaRef::Reference(stringify!($type).to_owned())
            }

            fn register(registry: &mut Registry) {
                registry.create_schema::<Self, _>(stringify!($type).to_owned(), |_| $schema);
            }

            fn as_raw_value(&self) -> Option<&Self::RawValueType> {
                Some(self)
            }

            fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
                Box::new(std::iter::once(self))
            }
        }

        impl ParseFromJSON for $type {
            fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
                serde_json::from_value(value.unwrap_or_default()).map_err(ParseError::custom)
            }
        }

        impl ToJSON for $type {
            fn to_json(&self) -> Option<Value> {
                serde_json::to_value(self).ok()
            }
        }
    };
}

/// Lets a name stand in a path or query.
macro_rules! parameter {
    ($type:ident) => {
        impl ParseFromParameter for $type {
            fn parse_from_parameter(value: &str) -> ParseResult<Self> {
                value.parse().map_err(ParseError::custom)
            }
        }
    };
}

fn string(description: &'static str) -> MetaSchema {
    MetaSchema { description: Some(description), ..MetaSchema::new("string") }
}

fn words<'a>(description: &'static str, words: impl Iterator<Item = &'a str>) -> MetaSchema {
    MetaSchema { enum_items: words.map(Value::from).collect(), ..string(description) }
}

schema!(
    Repository,
    MetaSchema {
        pattern: Some(
            r"^\.?[A-Za-z0-9_-][A-Za-z0-9_.-]{0,98}/\.?[A-Za-z0-9_-][A-Za-z0-9_.-]{0,98}$".to_owned()
        ),
        example: Some("octo/hello".into()),
        ..string("A repository as `owner/name`. Letter case does not matter; answers use lower case.")
    }
);
schema!(
    IssueNumber,
    MetaSchema {
        description: Some("An issue's number, bare: `42`, not `issue-42`."),
        minimum: Some(1.0),
        maximum: Some(f64::from(i32::MAX)),
        example: Some(42.into()),
        ..MetaSchema::new_with_format("integer", "int32")
    }
);
schema!(
    CommitSha,
    MetaSchema {
        pattern: Some("^([0-9a-f]{40}|[0-9a-f]{64})$".to_owned()),
        example: Some("0f1e2d3c4b5a69788796a5b4c3d2e1f001122334".into()),
        ..string("A commit's full object name (SHA-1 or SHA-256) in lower case.")
    }
);
schema!(
    ExpiresInSeconds,
    MetaSchema {
        description: Some("After how many seconds a document expires: a minute to ten years."),
        minimum: Some(f64::from(ExpiresInSeconds::MIN)),
        maximum: Some(f64::from(ExpiresInSeconds::MAX)),
        example: Some(2_592_000.into()),
        ..MetaSchema::new_with_format("integer", "int32")
    }
);
schema!(
    Revision,
    MetaSchema {
        description: Some("A phase's revision, as a bare number."),
        minimum: Some(1.0),
        example: Some(3.into()),
        ..MetaSchema::new_with_format("integer", "int64")
    }
);
schema!(
    WaitSeconds,
    MetaSchema {
        description: Some("For how many seconds a request waits for what it asks for to appear."),
        minimum: Some(0.0),
        maximum: Some(WaitSeconds::MAX.into()),
        example: Some(1.into()),
        ..MetaSchema::new_with_format("integer", "int32")
    }
);
schema!(
    Phase,
    words(
        "A phase of an issue's life: `scan` found it, `validate` proved or rejected it, `mitigate` fixed it.",
        Phase::ALL.into_iter().map(Phase::as_str)
    )
);
schema!(
    StoreOutcome,
    words(
        "What a store did: `created` the phase, `replaced` its document, or left it `unchanged`.",
        ["created", "replaced", "unchanged"].into_iter()
    )
);
schema!(
    IssueCursor,
    MetaSchema {
        pattern: Some("^(t[0-9]{1,16})?n[1-9][0-9]{0,9}$".to_owned()),
        example: Some("n42".into()),
        ..string("Where a page ended: the `next` of the page before, unchanged.")
    }
);
schema!(
    Pending,
    words(
        "The phase that an issue waits for: the one before is there, and it is not.",
        Pending::ALL.into_iter().map(Pending::as_str)
    )
);
schema!(
    IssueSort,
    words(
        "The order: by `issue_number`, the smallest first, or by `updated_at`, the newest first.",
        ["issue_number", "updated_at"].into_iter()
    )
);
schema!(
    Freshness,
    words(
        "`fresh`: made for the commit that was asked about; `stale`: for another, or for none.",
        ["fresh", "stale"].into_iter()
    )
);
schema!(
    ProblemCode,
    words(
        "What kind of problem it is. The list is closed; a code never changes its meaning.",
        ProblemCode::ALL.iter().map(|code| code.as_str())
    )
);
schema!(
    Document,
    MetaSchema {
        description: Some("Any JSON value."),
        example: Some(
            json!({"tool": "semgrep", "findings": [{"rule": "sql-injection", "path": "src/db.py", "line": 14}]})
        ),
        ..MetaSchema::ANY
    }
);

mod admin;
mod examples;
mod extensible;
mod webhooks;

schema!(
    PolicyRef,
    MetaSchema {
        pattern: Some(r"^refs/[^*]*\*?$".to_owned()),
        example: Some("refs/heads/main".into()),
        ..string("A branch, tag or pull request in full, or up to a `*` at the end.")
    }
);
schema!(
    PolicyEnvironment,
    MetaSchema {
        pattern: Some("^[^*]+$".to_owned()),
        example: Some("production".into()),
        ..string("A deployment environment's name.")
    }
);
schema!(
    PolicyWorkflow,
    MetaSchema {
        pattern: Some(r"^([^*]+\*?|\*)$".to_owned()),
        example: Some("octo/shared/.github/workflows/scan.yml@refs/heads/main".into()),
        ..string("A workflow's file and version, or their beginning and a `*`.")
    }
);
schema!(PolicyVisibility, words("Who can see a repository.", ["public", "private", "internal"].into_iter()));

parameter!(Repository);
parameter!(IssueNumber);
parameter!(CommitSha);
parameter!(ExpiresInSeconds);
parameter!(Phase);
parameter!(Revision);
parameter!(WaitSeconds);
parameter!(IssueCursor);
parameter!(Pending);
parameter!(IssueSort);
