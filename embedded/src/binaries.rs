//! Finds PostgreSQL's programs on this machine.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use crate::blocking::blocking;
use crate::data_dir::DataDir;
use crate::download;
use crate::error::EmbeddedError;
use crate::os_user::OsUser;
use crate::settings::Settings;
use crate::version::RequiredVersion;

/// Where packages install PostgreSQL without adding it to PATH. `*` is a version.
const PACKAGE_DIRS: [&str; 6] = [
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/usr/local/pgsql/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/Library/PostgreSQL/*/bin",
];

/// PostgreSQL's programs of one version.
#[derive(Debug, Clone)]
pub(crate) struct Binaries {
    dir: PathBuf,
    /// As in "15.14".
    pub(crate) version: String,
}

impl Binaries {
    /// The server.
    pub(crate) fn postgres(&self) -> PathBuf {
        self.dir.join("postgres")
    }

    /// The program that creates a cluster.
    pub(crate) fn initdb(&self) -> PathBuf {
        self.dir.join("initdb")
    }
}

/// Finds the programs that can run the cluster in `dir`, or downloads them.
pub(crate) async fn find_or_download(
    settings: &Settings,
    user: &OsUser,
    dir: &DataDir,
) -> Result<Binaries, EmbeddedError> {
    let cluster_major = dir.cluster_major()?;
    let required = cluster_major.map_or(RequiredVersion::Supported, RequiredVersion::Major);
    let search = |settings: Settings| {
        let user = user.clone();
        blocking(move || find(&settings, &user, required))
    };
    let searched = match search(settings.clone()).await? {
        Ok(binaries) => return Ok(binaries),
        Err(searched) => searched,
    };
    let download = match download::download(settings, required).await {
        Ok(bin_dir) => {
            let downloaded = Settings { postgres_bin_dir: Some(bin_dir), ..settings.clone() };
            match search(downloaded).await? {
                Ok(binaries) => return Ok(binaries),
                Err(reason) => reason,
            }
        }
        Err(reason) => reason,
    };
    let install = download::install_command().to_owned();
    Err(match cluster_major {
        Some(cluster) => {
            let data_dir = dir.root().to_owned();
            EmbeddedError::WrongMajor { data_dir, cluster, searched, download, install }
        }
        None => EmbeddedError::NoPostgres { required: required.to_string(), searched, download, install },
    })
}

/// Finds the programs: only in the configured directory if there is one, otherwise in PATH, in the directory that
/// `pg_config` prints, in the directories of packages, and among earlier downloads. `Err` lists what was found instead.
fn find(
    settings: &Settings,
    user: &OsUser,
    required: RequiredVersion,
) -> Result<Result<Binaries, String>, EmbeddedError> {
    if let Some(bin_dir) = &settings.postgres_bin_dir {
        let bin_dir = std::path::absolute(bin_dir).unwrap_or_else(|_| bin_dir.clone());
        return match inspect(&bin_dir, user, required) {
            Ok(binaries) => Ok(Ok(binaries)),
            Err(reason) => Err(EmbeddedError::BadBinDir { bin_dir, reason }),
        };
    }
    let mut searched = Vec::new();
    for dir in candidates(settings, user) {
        match inspect(&dir, user, required) {
            Ok(binaries) => return Ok(Ok(binaries)),
            Err(reason) => searched.push(format!("{} ({reason})", dir.display())),
        }
    }
    searched.push("PATH, pg_config --bindir".to_owned());
    searched.extend(PACKAGE_DIRS.map(str::to_owned));
    searched.push(download::bin_dir(settings, "*").display().to_string());
    Ok(Err(searched.join(", ")))
}

/// Returns every directory that has a file `postgres`, best first, without duplicates.
fn candidates(settings: &Settings, user: &OsUser) -> Vec<PathBuf> {
    let path = settings.search_path.as_deref();
    let in_path = path.into_iter().flat_map(std::env::split_paths);
    let downloaded = download::bin_dir(settings, "*");
    let patterns = PACKAGE_DIRS.iter().map(PathBuf::from).chain([downloaded]);
    let mut found: Vec<PathBuf> = Vec::new();
    for dir in in_path.chain(ask_pg_config(path, user)).chain(patterns.flat_map(|p| expand(&p))) {
        let dir = real_dir(&dir);
        if dir.is_absolute() && dir.join("postgres").is_file() && !found.contains(&dir) {
            found.push(dir);
        }
    }
    found
}

/// Resolves links to the directory of `postgres`: PATH may contain a link, and initdb expects the other programs beside
/// itself.
fn real_dir(dir: &Path) -> PathBuf {
    let real = dir.join("postgres").canonicalize().ok().and_then(|p| p.parent().map(Path::to_owned));
    real.filter(|real| real.join("initdb").is_file()).unwrap_or_else(|| dir.to_owned())
}

fn ask_pg_config(path: Option<&OsStr>, user: &OsUser) -> Option<PathBuf> {
    let pg_config = path
        .into_iter()
        .flat_map(std::env::split_paths)
        .map(|d| d.join("pg_config"))
        .find(|p| p.is_file())?;
    let output = user.command(pg_config, path).arg("--bindir").output().ok()?;
    let dir = String::from_utf8(output.stdout).ok()?;
    (output.status.success() && !dir.trim().is_empty()).then(|| PathBuf::from(dir.trim()))
}

/// Replaces the component that contains `*` by every matching directory, newest version first.
fn expand(pattern: &Path) -> Vec<PathBuf> {
    let Some(starred) =
        pattern.ancestors().find(|p| p.file_name().is_some_and(|n| n.as_encoded_bytes().contains(&b'*')))
    else {
        return vec![pattern.to_owned()];
    };
    let (Some(parent), Some(name)) = (starred.parent(), starred.file_name().and_then(OsStr::to_str)) else {
        return Vec::new();
    };
    let prefix = name.split('*').next().unwrap_or_default();
    let rest = pattern.strip_prefix(starred).unwrap_or(Path::new(""));
    let mut versions: Vec<(Vec<u32>, PathBuf)> = fs::read_dir(parent)
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
        .filter_map(|entry| {
            let version = parse_version(entry.file_name().to_str()?.strip_prefix(prefix)?)?;
            Some((version, entry.path().join(rest)))
        })
        .collect();
    versions.sort_by(|a, b| b.0.cmp(&a.0));
    versions.into_iter().map(|(_, dir)| dir).collect()
}

fn parse_version(text: &str) -> Option<Vec<u32>> {
    text.split('.').map(|part| part.parse().ok()).collect()
}

/// Runs `postgres --version` as the user that will run the server, to prove that this user can.
fn inspect(dir: &Path, user: &OsUser, required: RequiredVersion) -> Result<Binaries, String> {
    let dir = real_dir(dir);
    for program in ["postgres", "initdb"] {
        if !dir.join(program).is_file() {
            return Err(format!("the program {program} is missing"));
        }
    }
    let output = user
        .command(dir.join("postgres"), None)
        .arg("--version")
        .output()
        .map_err(|error| format!("the user \"{}\" can't run postgres: {error}", user.name))?;
    let stdout = String::from_utf8_lossy(&output.stdout);
    let version = stdout.split(' ').nth(2).unwrap_or_default().trim().to_owned();
    // "17.5", or "18beta1".
    let digits = version.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
    let Ok(major) = digits.parse() else {
        return Err(format!("postgres --version failed: {}", String::from_utf8_lossy(&output.stderr).trim()));
    };
    if !required.accepts(major) {
        return Err(format!("version {version}; required: {required}"));
    }
    Ok(Binaries { dir, version })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_version_comes_first_by_number_not_by_letter() {
        let root = tempfile::tempdir().expect("a temporary directory");
        for version in ["9", "16", "13", "x", "17.5.0"] {
            fs::create_dir_all(root.path().join(format!("pg-{version}/bin"))).expect("a directory");
        }
        let found = expand(&root.path().join("pg-*/bin"));
        let expected = ["pg-17.5.0/bin", "pg-16/bin", "pg-13/bin", "pg-9/bin"].map(|p| root.path().join(p));
        assert_eq!(found, expected);
    }
}
