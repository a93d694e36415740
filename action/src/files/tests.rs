use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;

use super::*;

/// A workspace with a neighbour that must not be touched.
fn disk() -> (tempfile::TempDir, PathBuf) {
    let disk = tempfile::tempdir().expect("a directory");
    let workspace = disk.path().join("workspace");
    for directory in [&workspace, &disk.path().join("outside")] {
        std::fs::create_dir(directory).expect("made");
    }
    std::fs::write(disk.path().join("outside/secret"), "secret").expect("written");
    (disk, workspace)
}

fn place(workspace: &Path, name: &str) -> NamedFile {
    NamedFile::below(&[workspace], name.into()).expect(name)
}

fn refusal<T: std::fmt::Debug>(result: Result<T, FileError>) -> String {
    result.expect_err("refused").to_string()
}

#[test]
fn names_that_leave_the_directory_are_refused_by_their_words() {
    let (temp, workspace) = (Path::new("/t"), Path::new("/w"));
    let below = |name: &str| NamedFile::below(&[workspace, temp], name.into()).map(|place| place.full_path());
    for (name, path) in
        [("a", "/w/a"), ("a/../b", "/w/a/../b"), ("/w/a", "/w/a"), ("/t/a", "/t/a"), ("./a", "/w/./a")]
    {
        assert_eq!(below(name).expect(name), Path::new(path));
    }
    for name in ["..", "../a", "a/../../w/a", "/", "/etc/passwd", "/w/../etc/passwd", "/wa"] {
        assert!(matches!(below(name), Err(FileError::Outside)), "{name}");
    }
}

#[test]
fn links_lead_to_files_inside_and_to_none_outside() {
    let (disk, workspace) = disk();
    std::fs::create_dir(workspace.join("inside")).expect("made");
    std::fs::write(workspace.join("inside/file"), "fine").expect("written");
    for (link, target) in [
        ("link", "inside/file".into()),
        ("directory", "inside".into()),
        ("absolute", disk.path().join("outside/secret")),
        ("relative", "../outside/secret".into()),
        ("out", disk.path().join("outside")),
    ] {
        symlink(target, workspace.join(link)).expect("linked");
    }
    for name in ["inside/file", "link", "directory/file"] {
        assert_eq!(place(&workspace, name).read(10).expect(name), b"fine", "{name}");
    }
    for name in ["absolute", "relative", "out/secret"] {
        assert!(matches!(place(&workspace, name).read(10), Err(FileError::Outside)), "{name}");
    }
    let anywhere = NamedFile::anywhere("out/secret".into(), workspace.join("out/secret"));
    assert_eq!(anywhere.read(10).expect("read"), b"secret");
}

#[test]
fn nothing_is_written_through_a_link() {
    let (disk, workspace) = disk();
    symlink(disk.path().join("outside/secret"), workspace.join("file")).expect("linked");
    symlink(disk.path().join("outside"), workspace.join("out")).expect("linked");
    for name in ["file", "out/secret", "out/new", "out/new/file"] {
        assert!(place(&workspace, name).write("pwned").is_err(), "{name}");
    }
    let outside: Vec<_> = std::fs::read_dir(disk.path().join("outside")).expect("there").flatten().collect();
    assert_eq!(outside.len(), 1, "{outside:?}");
    assert_eq!(std::fs::read_to_string(disk.path().join("outside/secret")).expect("there"), "secret");
    NamedFile::anywhere("out/new".into(), workspace.join("out/new")).write("allowed").expect("written");
    assert_eq!(std::fs::read_to_string(disk.path().join("outside/new")).expect("there"), "allowed");
}

#[test]
fn what_is_no_file_is_named() {
    let (_disk, workspace) = disk();
    let made = std::process::Command::new("mkfifo").arg(workspace.join("pipe")).status().expect("mkfifo");
    assert!(made.success());
    let _listener = UnixListener::bind(workspace.join("socket")).expect("bound");
    assert_eq!(refusal(place(&workspace, ".").read(10)), "it is a directory, not a file");
    assert_eq!(refusal(place(&workspace, "pipe").read(10)), "it is a named pipe, not a file");
    assert_eq!(refusal(read(Path::new("/dev/zero"), 10)), "it is a device, not a file");
    assert!(place(&workspace, "socket").read(10).is_err());
    for name in ["pipe", "socket", "."] {
        assert!(place(&workspace, name).write("x").is_err(), "{name}");
    }
}

#[test]
fn a_file_is_read_up_to_its_limit_also_while_it_grows() {
    let (_disk, workspace) = disk();
    std::fs::write(workspace.join("file"), "0123456789").expect("written");
    assert_eq!(place(&workspace, "file").read(10).expect("read").len(), 10);
    assert_eq!(refusal(place(&workspace, "file").read(9)), "it is larger than 9 bytes");
    // The kernel says that files in /proc are empty.
    assert_eq!(refusal(read(Path::new("/proc/self/status"), 9)), "it is larger than 9 bytes");
}

#[test]
fn a_written_file_takes_the_place_of_the_old_one_with_its_permissions() {
    let (_disk, workspace) = disk();
    let file = place(&workspace, "a/b/file");
    file.write("old").expect("written");
    let path = workspace.join("a/b/file");
    let mut reader = std::fs::File::open(&path).expect("open");
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).expect("set");
    file.write("new").expect("written");
    let mut seen = String::new();
    reader.read_to_string(&mut seen).expect("read");
    assert_eq!(seen, "old", "a reader keeps what it opened");
    assert_eq!(file.read(10).expect("read"), b"new");
    let mode = std::fs::metadata(&path).expect("there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(std::fs::read_dir(workspace.join("a/b")).expect("there").count(), 1, "no draft is left");
    assert!(file.remove().expect("removed"));
    assert!(!file.remove().expect("nothing"));
}

#[test]
fn readers_find_a_whole_file_while_writers_replace_it() {
    let (_disk, workspace) = disk();
    let texts = ["a", "b"].map(|letter| letter.repeat(1 << 20));
    let file = place(&workspace, "file");
    file.write(&texts[0]).expect("written");
    std::thread::scope(|scope| {
        let file = &file;
        for text in &texts {
            scope.spawn(move || (0..30).for_each(|_| file.write(text).expect("written")));
        }
        for _ in 0..100 {
            let bytes = file.read(1 << 20).expect("read");
            assert!(texts.iter().any(|text| text.as_bytes() == bytes), "{} bytes", bytes.len());
        }
    });
}
