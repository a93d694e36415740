//! The program's name in printed commands.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::path::Path;

/// The name in messages.
const NAME: &str = "phase-data-backend";

/// Returns how a shell of this user runs this program, whatever its working directory is: by its name if the shell finds it
/// by that, otherwise by its path. `cargo run` starts it by its path.
#[expect(clippy::disallowed_methods, reason = "PATH is no setting of the server")]
pub(super) fn program_name() -> String {
    let Ok(program) = std::env::current_exe() else { return NAME.to_owned() };
    name_of(&program, std::env::var_os("PATH").as_deref())
}

/// Replaces the program's name in commands that a message contains by that of this program.
pub(super) fn with_program_name(message: &str) -> String {
    message.replace(&format!("`{NAME} "), &format!("`{} ", program_name()))
}

fn name_of(program: &Path, path: Option<&OsStr>) -> String {
    let name = program.file_name().unwrap_or(program.as_os_str());
    let directories = path.into_iter().flat_map(std::env::split_paths);
    let first = directories.map(|directory| directory.join(name)).find(|file| file.is_file());
    let is_found = first.and_then(|file| file.canonicalize().ok()).is_some_and(|file| file == program);
    let command = if is_found { Path::new(name) } else { program };
    quoted(&command.to_string_lossy()).into_owned()
}

/// Quotes an argument for a shell, if it needs that.
pub(super) fn quoted(argument: &str) -> Cow<'_, str> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+:@%,=".contains(&byte);
    if !argument.is_empty() && argument.bytes().all(is_plain) {
        return argument.into();
    }
    format!("'{}'", argument.replace('\'', r"'\''")).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_named_if_a_shell_finds_it_and_otherwise_its_path_is_printed() {
        let directory = tempfile::tempdir().expect("a directory");
        let [own, other] = ["own", "other"].map(|name| directory.path().join(name));
        for folder in [&own, &other] {
            std::fs::create_dir(folder).expect("a folder");
            std::fs::write(folder.join(NAME), "").expect("a file");
        }
        let program = own.join(NAME).canonicalize().expect("a path");
        let named = |folders: &[&Path]| {
            let path = std::env::join_paths(folders).expect("a PATH");
            name_of(&program, Some(&path))
        };
        let path = program.to_str().expect("UTF-8");
        assert_eq!(named(&[Path::new("/nowhere"), &own, &other]), NAME);
        assert_eq!(named(&[&other, &own]), path, "a shell would find another one");
        assert_eq!(named(&[Path::new("/nowhere")]), path);
        assert_eq!(name_of(&program, None), path);
    }

    #[test]
    fn a_shell_reads_a_quoted_argument_as_it_is() {
        for argument in ["/srv/phase-data", "/srv/a b", "it's", "$HOME `id` \"x\" \\ *", "", "é"] {
            let mut shell = std::process::Command::new("sh");
            let output =
                shell.args(["-c", &format!("printf %s {}", quoted(argument))]).output().expect("a shell");
            assert_eq!(String::from_utf8_lossy(&output.stdout), argument);
        }
        assert_eq!(quoted("/srv/phase-data"), "/srv/phase-data");
    }
}
