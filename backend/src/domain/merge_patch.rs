//! JSON Merge Patch (RFC 7396) on texts: an object in the patch is merged member by member, null removes a member, and
//! anything else replaces what was there.
//!
//! Both texts are read once, from front to back, however deep they are nested: the patch becomes a tree whose leaves are
//! pieces of its text, and what the patch does not name is copied from the target. So numbers keep their digits and strings
//! their spelling, and the work is proportional to the two texts.

mod cursor;

use cursor::Cursor;
use phase_data_wire::JsonString;

/// Returns the target as the patch changes it; without a target, what the patch makes of nothing.
///
/// Both are known to be JSON without duplicate keys, and the patch is nested no more deeply than documents may be. The
/// result is nested no more deeply than the deeper of the two.
pub(crate) fn merge_patch(target: Option<&str>, patch: &str) -> String {
    let target = target.unwrap_or_default();
    let mut merged = String::with_capacity(target.len() + patch.len());
    Patch::read(&mut Cursor::new(patch)).apply(&mut Cursor::new(target), &mut merged);
    merged
}

/// A patch for one value.
enum Patch<'a> {
    /// The value is replaced by this text.
    Replace(&'a str),
    /// The value becomes an object, if it is none, with these changes, in the order of their keys.
    Merge(Box<[Change<'a>]>),
}

/// The change of one member.
struct Change<'a> {
    key: JsonString<'a>,
    /// The key as the patch spells it, in quotes.
    spelled: &'a str,
    patch: Patch<'a>,
    /// `true` if the target has the member.
    met: bool,
}

impl<'a> Patch<'a> {
    fn read(text: &mut Cursor<'a>) -> Self {
        if !text.enter_object() {
            return Self::Replace(text.value());
        }
        let mut changes = Vec::new();
        while let Some(spelled) = text.key() {
            changes.push(Change {
                key: JsonString::decode(spelled),
                spelled,
                patch: Self::read(text),
                met: false,
            });
        }
        changes.sort_unstable_by(|one, other| one.key.cmp(&other.key));
        Self::Merge(changes.into_boxed_slice())
    }

    /// Writes what becomes of the target's next value, and goes past it. At the end of a text there is none.
    fn apply(&mut self, target: &mut Cursor<'_>, merged: &mut String) {
        match self {
            Self::Replace(value) => {
                target.value();
                merged.push_str(value);
            }
            Self::Merge(changes) if target.enter_object() => merge(changes, target, merged),
            Self::Merge(changes) => {
                target.value();
                merge(changes, &mut Cursor::new(""), merged);
            }
        }
    }
}

impl Change<'_> {
    fn removes(&self) -> bool {
        matches!(self.patch, Patch::Replace("null"))
    }
}

/// Writes the object whose members come next in the target, with these changes.
fn merge(changes: &mut [Change<'_>], target: &mut Cursor<'_>, merged: &mut String) {
    merged.push('{');
    while let Some(spelled) = target.key() {
        match find(changes, &JsonString::decode(spelled)) {
            None => {
                begin_member(spelled, merged);
                merged.push_str(target.value());
            }
            Some(change) => {
                change.met = true;
                if change.removes() {
                    target.value();
                } else {
                    begin_member(spelled, merged);
                    change.patch.apply(target, merged);
                }
            }
        }
    }
    for change in changes.iter_mut().filter(|change| !change.met && !change.removes()) {
        begin_member(change.spelled, merged);
        change.patch.apply(&mut Cursor::new(""), merged);
    }
    merged.push('}');
}

fn find<'c, 'a>(changes: &'c mut [Change<'a>], key: &JsonString<'_>) -> Option<&'c mut Change<'a>> {
    let at = changes.binary_search_by(|change| change.key.cmp(key)).ok()?;
    changes.get_mut(at)
}

fn begin_member(spelled: &str, merged: &mut String) {
    // No member ends with this bracket.
    if !merged.ends_with('{') {
        merged.push(',');
    }
    merged.push_str(spelled);
    merged.push(':');
}

#[cfg(test)]
mod tests;
