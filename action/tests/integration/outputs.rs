//! Outputs stay within what GitHub takes.

use crate::backend::Backend;
use crate::operations::{issue, phase};
use crate::step::Step;

#[test]
fn a_document_is_an_output_up_to_256_kib_whatever_its_characters_are() {
    // Two bytes each here, and for GitHub.
    let largest = format!("\"{}\"", "é".repeat(128 * 1024 - 1));
    let backend = Backend::answering(vec![issue(&[phase("scan", 1, &largest)])]);
    let done = Step::new("retrieve", &backend.url).with("phase", "scan").run().succeeded();
    assert_eq!(done.output("data"), Some(largest.as_str()));
    assert!(!done.stdout.contains("::notice"), "{}", done.stdout);
}
