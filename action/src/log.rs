//! Writes the step's log, where a line can be a command to the runner. Without a runner it is plain text.

use std::io::Write;

use crate::error::Error;
use crate::text::lines;
use crate::usage::Usage;

/// A piece of a secret of this many characters is replaced, too. Fewer are a public beginning, like `github_pat_`.
const SHORTEST_PIECE: usize = 12;

/// Writes lines and workflow commands.
pub(crate) struct Log<'a> {
    out: &'a mut dyn Write,
    secrets: Vec<String>,
    debug: bool,
    usage: Usage,
    /// The destination of the step's result without a runner. `None` with a runner, where lines can be commands.
    result: Option<&'a mut dyn Write>,
}

impl<'a> Log<'a> {
    /// Creates a log that a runner reads.
    pub(crate) fn commands(out: &'a mut dyn Write) -> Self {
        Self { out, secrets: Vec::new(), debug: false, usage: Usage::Step, result: None }
    }

    /// Creates a log that people read, beside the step's result.
    pub(crate) fn plain(out: &'a mut dyn Write, result: &'a mut dyn Write) -> Self {
        Self { result: Some(result), ..Self::commands(out) }
    }

    /// Writes the result for the caller of the program.
    pub(crate) fn result(&mut self, text: &str) -> std::io::Result<()> {
        match &mut self.result {
            Some(result) => writeln!(result, "{text}").and_then(|()| result.flush()),
            None => {
                self.line("GITHUB_OUTPUT is not set, so other steps can't read the outputs.");
                Ok(())
            }
        }
    }

    fn has_runner(&self) -> bool {
        self.result.is_none()
    }

    /// Sets whom the hints of errors are for.
    pub(crate) fn set_usage(&mut self, usage: Usage) {
        self.usage = usage;
    }

    /// Says what to change about an error, where this program is used.
    pub(crate) fn hint(&self, error: &Error) -> String {
        error.hint(self.usage)
    }

    /// Turns debug lines on or off.
    pub(crate) fn set_debug(&mut self, debug: bool) {
        self.debug = debug;
    }

    /// Writes a debug line; the runner shows it only in a run with debug logging.
    pub(crate) fn debug(&mut self, text: impl FnOnce() -> String) {
        if self.debug {
            let text = self.printable(&text());
            match self.has_runner() {
                true => self.write(&format!("::debug::{}", data(&text))),
                false => self.line(&format!("debug: {text}")),
            }
        }
    }

    /// Makes the runner hide a secret in everything that the job prints from now on.
    pub(crate) fn mask(&mut self, secret: &str) {
        // The runner warns about an empty mask, and would hide every space for a mask of one space.
        let secret = secret.trim();
        if !secret.is_empty() {
            if self.has_runner() {
                self.write(&format!("::add-mask::{}", data(secret)));
            }
            self.secrets.push(secret.to_owned());
            self.secrets.extend(without_invisible(secret));
        }
    }

    /// Writes a plain line, which the runner never takes for a command.
    pub(crate) fn line(&mut self, text: &str) {
        let text = self.printable(text).replace(['\r', '\n'], " ");
        // The runner accepts older commands, `##[name]`, anywhere in a line, newer ones only at its start.
        let text = text.replace("##[", "# #[");
        let quote = if text.trim_start().starts_with("::") { "> " } else { "" };
        self.write(&format!("{quote}{text}"));
    }

    /// Writes an annotation that shows the step's failure outside of the log.
    pub(crate) fn error(&mut self, title: &str, message: &str) {
        self.annotation("error", title, message);
    }

    /// Writes an annotation for a possible mistake.
    pub(crate) fn warning(&mut self, title: &str, message: &str) {
        self.annotation("warning", title, message);
    }

    /// Writes an annotation for information.
    pub(crate) fn notice(&mut self, title: &str, message: &str) {
        self.annotation("notice", title, message);
    }

    /// Writes lines that the log shows folded under a title.
    pub(crate) fn group(&mut self, title: &str, lines: impl Iterator<Item = String>) {
        if !self.has_runner() {
            self.line(&format!("{title}:"));
            return lines.for_each(|line| self.line(&format!("  {line}")));
        }
        self.write(&format!("::group::{}", data(title)));
        lines.for_each(|line| self.line(&line));
        self.write("::endgroup::");
    }

    fn annotation(&mut self, kind: &str, title: &str, message: &str) {
        let (title, message) = (self.printable(title), self.printable(message));
        if self.has_runner() {
            return self.write(&format!("::{kind} title={}::{}", property(&title), data(&message)));
        }
        let title = title.trim_start_matches("phase-data: ").to_owned();
        self.line(&format!("{kind}: {title}"));
        message.lines().for_each(|line| self.line(&format!("  {line}")));
    }

    /// Replaces secrets, and control characters other than line ends: texts of GitHub, a backend or a proxy may contain
    /// terminal escapes.
    fn printable(&self, text: &str) -> String {
        lines(&self.without_secrets(text))
    }

    /// Replaces every secret in the text, also one that was cut off at its end. The runner masks only whole secrets, and only
    /// in its log; without a runner nothing else masks them.
    pub(crate) fn without_secrets(&self, text: &str) -> String {
        self.secrets.iter().fold(text.to_owned(), |text, secret| without_secret(&text, secret))
    }

    fn write(&mut self, line: &str) {
        // A closed log must not undo a store that the backend has accepted.
        let _ = writeln!(self.out, "{line}").and_then(|()| self.out.flush());
    }
}

/// Replaces a secret, and each piece of at least [`SHORTEST_PIECE`] characters from its beginning: messages quote the first
/// characters of long values.
fn without_secret(text: &str, secret: &str) -> String {
    let start: String = secret.chars().take(SHORTEST_PIECE).collect();
    let (mut replaced, mut rest) = (String::new(), text);
    while let Some(at) = rest.find(&start) {
        let (before, piece) = rest.split_at(at);
        let same = piece.chars().zip(secret.chars()).take_while(|(one, other)| one == other);
        let length = same.map(|(one, _)| one.len_utf8()).sum();
        replaced.push_str(before);
        replaced.push_str("***");
        rest = &piece[length..];
    }
    replaced + rest
}

/// Returns how messages show a secret that contains other characters than printable ASCII, such as a zero-width space from a
/// copied page: they replace or escape those characters.
fn without_invisible(secret: &str) -> Vec<String> {
    let is_plain = |it: char| it.is_ascii_graphic();
    if secret.chars().all(is_plain) {
        return Vec::new();
    }
    let joined: String = secret.chars().filter(|it| is_plain(*it)).collect();
    let pieces = secret.split(|it| !is_plain(it)).map(str::to_owned);
    pieces.chain([joined]).filter(|piece| piece.len() >= SHORTEST_PIECE).collect()
}

/// Escapes what follows the second `::`, as the runner unescapes it.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes the value of a property, as the runner unescapes it.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logged(write: impl FnOnce(&mut Log<'_>)) -> String {
        let mut out = Vec::new();
        write(&mut Log::commands(&mut out));
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn commands_are_escaped_as_the_runner_unescapes_them() {
        let text = logged(|log| log.error("a: b, 5%", "one\r\ntwo: 5%0A, three"));
        assert_eq!(text, "::error title=a%3A b%2C 5%25::one%0D%0Atwo: 5%250A, three\n");
    }

    #[test]
    fn a_line_is_never_a_command() {
        assert_eq!(logged(|log| log.line(" ::set-output name=x::y")), ">  ::set-output name=x::y\n");
        assert_eq!(logged(|log| log.line("a ###[add-mask]b\n::error::c")), "a ## #[add-mask]b ::error::c\n");
    }

    #[test]
    fn control_characters_are_not_written() {
        let text = logged(|log| {
            log.line("on \u{1b}[2J\u{202e}main");
            log.error("a\u{7}", "one\ntwo\u{1b}]0;x\u{7}");
        });
        assert_eq!(text, "on  [2J main\n::error title=a ::one%0Atwo ]0;x \n");
    }

    #[test]
    fn a_masked_secret_is_not_repeated() {
        let text = logged(|log| {
            log.mask(" pd_secret\n");
            log.mask("eyJ0");
            log.line("it said pd_secret and eyJ0");
            log.error("pd_secret", "pd_secret");
        });
        assert_eq!(
            text,
            "::add-mask::pd_secret\n::add-mask::eyJ0\nit said *** and ***\n::error title=***::***\n"
        );
    }

    #[test]
    fn a_secret_that_was_cut_off_is_not_shown_either() {
        let text = logged(|log| {
            log.mask("pd_0123456789abcdé");
            log.line("phase: \"pd_0123456789ab\" pd_0123456789abcdéf pd_012345678 pd_01234567 pd_0123456789abcd\u{301}");
        });
        assert_eq!(text, "::add-mask::pd_0123456789abcdé\nphase: \"***\" ***f *** pd_01234567 ***\u{301}\n");
    }

    #[test]
    fn a_secret_with_an_invisible_character_is_recognised_without_it() {
        let text = logged(|log| {
            log.mask("pd_0123456789\u{200b}abcdefghijklmnop");
            log.line("\"pd_0123456789\\u{200b}abcdefghijklmnop\" pd_0123456789 abcdefghijklmnop pd_0123456789abcdefghijklmnop");
        });
        let shown = text.lines().nth(1).expect("a line");
        assert!(!shown.contains("789") && !shown.contains("abcdef"), "{shown}");
    }

    #[test]
    fn a_line_can_not_leave_its_group() {
        let lines = ["a".to_owned(), "::endgroup::".to_owned()];
        let text = logged(|log| log.group("Claims", lines.into_iter()));
        assert_eq!(text, "::group::Claims\na\n> ::endgroup::\n::endgroup::\n");
    }

    #[test]
    fn without_a_runner_it_is_plain_text() {
        let (mut out, mut result) = (Vec::new(), Vec::new());
        let mut log = Log::plain(&mut out, &mut result);
        log.mask("pd_secret");
        log.error("phase-data: refused", "pd_secret is\n::wrong");
        log.group("Claims", ["a".to_owned()].into_iter());
        let text = String::from_utf8(out).expect("UTF-8");
        assert_eq!(text, "error: refused\n  *** is\n>   ::wrong\nClaims:\n  a\n");
    }

    #[test]
    fn an_empty_secret_is_not_masked() {
        assert_eq!(logged(|log| log.mask(" \n")), "");
    }
}
