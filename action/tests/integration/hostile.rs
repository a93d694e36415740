//! Stored data may be written by an attacker. It reaches the outputs unchanged and the log never.

use crate::backend::{Answer, Backend};
use crate::operations::digest;
use crate::step::{KEY, Step};

/// JSON whose strings and white space try to be workflow commands, outputs and terminal escapes.
const DOCUMENTS: [&str; 6] = [
    "{\n\"a\": \"b\"\n}\n",
    "[\n\"::set-output name=found::false\"\n,\"::add-mask::octo\"]",
    "\"##[error]gotcha ::error::gotcha %0A%0D%25::warning::gotcha\"",
    "{\"x\":\r\n\t\"\\u001b[31mgotcha\\u0007\\n::error::gotcha\"}",
    "[\"ghadelimiter_00000000000000000000000000000000\",\n\"EOF\",\n\"found<<EOF\"]",
    "\"🧪\u{202e}gotcha\u{2028}\u{7f}\"",
];

#[test]
fn hostile_data_reaches_the_outputs_and_not_the_log() {
    for document in DOCUMENTS {
        let digest = digest(document);
        let body = format!(
            r#"{{"repository":"octo/hello","issue_number":42,"phases":[{{"phase":"scan","revision":1,"etag":"\"1-1a2b3c4d\"",
            {digest},"created_at":"2026-03-02T08:14:55Z",
            "updated_at":"2026-03-02T08:14:55Z","data":{document}}}]}}"#
        );
        let backend = Backend::answering(vec![Answer::json(200, body)]);
        let done = Step::new("retrieve", &backend.url).with("phase", "scan").run().succeeded();
        let stored = document.trim_end();
        assert_eq!(done.output("data"), Some(stored));
        assert_eq!(std::fs::read_to_string(done.temp_file()).expect("there"), stored);
        let size = stored.len();
        assert_eq!(
            done.stdout,
            format!(
                "::add-mask::{KEY}\nRetrieving scan of octo/hello#42.\n\
                 Found scan of octo/hello#42: revision 1, {size} bytes, for no commit.\n"
            )
        );
        assert!(!done.summary.contains("gotcha"));
        assert!(!done.summary.contains("set-output"));
    }
}
