//! The workflow that a step starts.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use phase_data_wire::Repository;

use crate::event;
use crate::inputs::Inputs;
use crate::interface::{DISPATCH, DISPATCH_REF};
use crate::text::excerpt;

/// The workflow to start, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dispatch {
    pub(crate) workflow: Workflow,
    /// The branch or tag. `None`: the default branch, which GitHub knows.
    pub(crate) git_ref: Option<GitRef>,
}

/// A workflow, by the name of its file or by its numeric id. Can be a segment of a URL's path as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Workflow(String);

/// The name of a branch or tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GitRef(String);

/// Git and GitHub allow no longer names.
const MAX_LENGTH: usize = 255;

impl Dispatch {
    /// Returns the workflow to start. `None` if no input names one, or if an input is wrong, which is recorded.
    pub(crate) fn from_inputs(inputs: &Inputs<'_>) -> Option<Self> {
        let workflow = inputs.text(&DISPATCH);
        let git_ref = inputs.text(&DISPATCH_REF);
        if workflow.is_none() && git_ref.is_some() {
            inputs.problem(
                "dispatch-ref belongs to dispatch, which is empty: set dispatch to the workflow to start",
            );
        }
        let git_ref = inputs.valid("dispatch-ref", git_ref.map(|text| text.parse()));
        let workflow = inputs.valid("dispatch", workflow.map(|text| text.parse()));
        Some(Self { workflow: workflow?, git_ref })
    }

    /// Adds the default branch, if no input names a branch and the repository's event names it.
    pub(crate) fn on_default_branch(self, event: Option<&Path>, repository: &Repository) -> Self {
        let default = || event::default_branch(event, repository)?.parse().ok();
        Self { git_ref: self.git_ref.or_else(default), ..self }
    }
}

impl Workflow {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Checks if it is a file's name, which GitHub's pages are addressed by. They don't accept ids.
    pub(crate) fn is_file(&self) -> bool {
        !is_id(&self.0)
    }
}

impl FromStr for Workflow {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let got = excerpt(text);
        if text.contains(['/', '\\']) {
            return Err(format!(
                "use the file's name without its directory, like mitigate.yml (got {got:?})"
            ));
        }
        let name = text.strip_suffix(".yml").or_else(|| text.strip_suffix(".yaml"));
        let is_file = name.is_some_and(|name| !name.is_empty());
        if !is_file && !is_id(text) {
            return Err(format!(
                "use the name of a workflow's file, like mitigate.yml, or its numeric id (got {got:?})"
            ));
        }
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        if !text.bytes().all(is_plain) || text.len() > MAX_LENGTH {
            return Err(format!(
                "use a file's name of letters, digits, '.', '_' and '-'; otherwise its numeric id (got {got:?})"
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Workflow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl GitRef {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for GitRef {
    type Err = String;

    /// Refuses what git can't have as a name; the rest of git's rules is GitHub's to check.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err("GitHub starts workflows on branches and tags only, not on a commit".to_owned());
        }
        let is_foreign = |character: char| {
            character.is_control() || character.is_whitespace() || "~^:?*[\\".contains(character)
        };
        let is_name = !text.contains(is_foreign)
            && !text.contains("..")
            && !text.starts_with(['-', '/'])
            && !text.ends_with(['/', '.'])
            && text.len() <= MAX_LENGTH;
        match is_name {
            true => Ok(Self(text.to_owned())),
            false => Err(format!("use the name of a branch or tag, like main (got {:?})", excerpt(text))),
        }
    }
}

fn is_id(text: &str) -> bool {
    text.parse::<i64>().is_ok_and(|id| id > 0) && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workflow_is_a_files_name_or_an_id() {
        for text in ["mitigate.yml", "a_b-c.1.yaml", "161335", "9223372036854775807"] {
            assert_eq!(text.parse::<Workflow>().map(|workflow| workflow.0), Ok(text.to_owned()));
        }
        let long = format!("{}.yml", "x".repeat(MAX_LENGTH));
        for wrong in [
            "mitigate",
            ".yml",
            ".github/workflows/mitigate.yml",
            "../mitigate.yml",
            "a\\b.yml",
            "mitigate.yml?x=.yml",
            "mit igate.yml",
            "mitigate.yml\n.yml",
            "%2e%2e.yml",
            "mitigé.yml",
            "mitigate.json",
            "0",
            "-1",
            "+1",
            "1.5",
            "9223372036854775808",
            &long,
        ] {
            assert!(wrong.parse::<Workflow>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_ref_is_a_branch_or_a_tag() {
        for text in ["main", "release/1.x", "refs/heads/main", "v1.0.0", "größe", "#42", "deadbeef"] {
            assert_eq!(text.parse::<GitRef>().map(|git_ref| git_ref.0), Ok(text.to_owned()));
        }
        let (commit, long) = ("0123456789abcdef0123456789abcdef01234567", "x".repeat(MAX_LENGTH + 1));
        for wrong in
            ["a b", "a\nb", "a..b", "-x", "/x", "x/", "x.", "a:b", "a~1", "HEAD^", "a*", commit, &long]
        {
            assert!(wrong.parse::<GitRef>().is_err(), "{wrong}");
        }
    }
}
