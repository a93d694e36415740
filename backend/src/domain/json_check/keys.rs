//! The keys of an object.

use std::hash::{BuildHasher, RandomState};

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use phase_data_wire::JsonString;

/// The keys that an object has so far, each as the place where it begins in the text.
///
/// Places take a fifth of the memory that texts would: a document can be one object of a million keys.
#[derive(Default)]
pub(super) struct Keys(HashTable<u32>);

impl Keys {
    /// Adds the key that begins here, unless the object has it already. Tells whether it was added.
    pub(super) fn insert(&mut self, json: &str, at: usize, hasher: &RandomState) -> bool {
        let key = key_at(json, at);
        // No body has as many bytes as don't fit.
        let place = u32::try_from(at).unwrap_or(u32::MAX);
        let known = |place: &u32| key_at(json, *place as usize);
        let entry = self.0.entry(
            hasher.hash_one(&key),
            |place| known(place) == key,
            |place| hasher.hash_one(known(place)),
        );
        match entry {
            Entry::Occupied(_) => false,
            Entry::Vacant(vacant) => {
                vacant.insert(place);
                true
            }
        }
    }
}

/// Returns the key whose opening quote is here.
pub(super) fn key_at(json: &str, at: usize) -> JsonString<'_> {
    let spelled = json.get(at..).unwrap_or_default();
    let mut is_escaped = false;
    let end = spelled.bytes().skip(1).position(|byte| {
        let is_end = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        is_end
    });
    JsonString::decode(spelled.get(..end.map_or(spelled.len(), |length| length + 2)).unwrap_or_default())
}
