//! Finding PostgreSQL's programs on this machine.

use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use super::data_dir::DataDir;
use super::owner::Owner;
use super::{EmbeddedError, Settings, blocking, download};

/// The oldest major version whose behaviour the schema and the queries count on.
const OLDEST_MAJOR: u32 = 13;

/// Where packages put PostgreSQL without adding it to PATH. `*` is a version.
const WELL_KNOWN: [&str; 6] = [
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/usr/local/pgsql/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/Library/PostgreSQL/*/bin",
];

/// PostgreSQL's programs in one version.
#[derive(Debug, Clone)]
pub(super) struct Binaries {
    dir: PathBuf,
    /// As in "15.14".
    pub(super) version: String,
}

impl Binaries {
    /// The server.
    pub(super) fn postgres(&self) -> PathBuf {
        self.dir.join("postgres")
    }

    /// The program that makes a cluster.
    pub(super) fn initdb(&self) -> PathBuf {
        self.dir.join("initdb")
    }
}

/// Which versions would do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Needed {
    /// There are no data yet.
    AnySupported,
    /// The data were made by this major version.
    Major(u32),
}

impl Needed {
    fn accepts(self, major: u32) -> bool {
        match self {
            Needed::AnySupported => major >= OLDEST_MAJOR,
            Needed::Major(needed) => major == needed,
        }
    }
}

impl fmt::Display for Needed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Needed::AnySupported => write!(f, "version {OLDEST_MAJOR} or newer"),
            Needed::Major(major) => write!(f, "version {major}, which made the data"),
        }
    }
}

/// Finds the programs that can run the cluster in `dir`, or fetches them.
pub(super) async fn find_or_fetch(
    settings: &Settings,
    owner: &Owner,
    dir: &DataDir,
) -> Result<Binaries, EmbeddedError> {
    let cluster_major = dir.cluster_major()?;
    let needed = cluster_major.map_or(Needed::AnySupported, Needed::Major);
    let search = |settings: Settings| {
        let owner = owner.clone();
        blocking(move || find(&settings, &owner, needed))
    };
    let looked_at = match search(settings.clone()).await? {
        Ok(binaries) => return Ok(binaries),
        Err(looked_at) => looked_at,
    };
    let download = match download::fetch(settings, needed).await {
        Ok(bin_dir) => {
            let fetched = Settings { postgres_bin_dir: Some(bin_dir), ..settings.clone() };
            match search(fetched).await? {
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
            EmbeddedError::WrongMajor { data_dir, cluster, looked_at, download, install }
        }
        None => EmbeddedError::NoPostgres { needed: needed.to_string(), looked_at, download, install },
    })
}

/// Finds the programs: in the directory that was given and nowhere else, or else in PATH, where `pg_config`
/// says, where packages put them, where an earlier start put them. `Err` lists what was there instead.
fn find(
    settings: &Settings,
    owner: &Owner,
    needed: Needed,
) -> Result<Result<Binaries, String>, EmbeddedError> {
    if let Some(bin_dir) = &settings.postgres_bin_dir {
        let bin_dir = std::path::absolute(bin_dir).unwrap_or_else(|_| bin_dir.clone());
        return match inspect(&bin_dir, owner, needed) {
            Ok(binaries) => Ok(Ok(binaries)),
            Err(reason) => Err(EmbeddedError::BadBinDir { bin_dir, reason }),
        };
    }
    let mut looked_at = Vec::new();
    for dir in candidates(settings, owner) {
        match inspect(&dir, owner, needed) {
            Ok(binaries) => return Ok(Ok(binaries)),
            Err(reason) => looked_at.push(format!("{} ({reason})", dir.display())),
        }
    }
    looked_at.push("PATH, pg_config --bindir".to_owned());
    looked_at.extend(WELL_KNOWN.map(str::to_owned));
    looked_at.push(download::earlier(settings, "*").display().to_string());
    Ok(Err(looked_at.join(", ")))
}

/// Every directory that has a file `postgres`, best first, none twice.
fn candidates(settings: &Settings, owner: &Owner) -> Vec<PathBuf> {
    let path = settings.search_path.as_deref();
    let in_path = path.into_iter().flat_map(std::env::split_paths);
    let fetched = download::earlier(settings, "*");
    let patterns = WELL_KNOWN.iter().map(PathBuf::from).chain([fetched]);
    let mut found: Vec<PathBuf> = Vec::new();
    for dir in in_path.chain(ask_pg_config(path, owner)).chain(patterns.flat_map(|p| expand(&p))) {
        let dir = real_dir(&dir);
        if dir.is_absolute() && dir.join("postgres").is_file() && !found.contains(&dir) {
            found.push(dir);
        }
    }
    found
}

/// The directory that `postgres` really lies in: PATH may hold a link to it, and initdb looks for its
/// neighbours beside itself.
fn real_dir(dir: &Path) -> PathBuf {
    let real = dir.join("postgres").canonicalize().ok().and_then(|p| p.parent().map(Path::to_owned));
    real.filter(|real| real.join("initdb").is_file()).unwrap_or_else(|| dir.to_owned())
}

fn ask_pg_config(path: Option<&OsStr>, owner: &Owner) -> Option<PathBuf> {
    let pg_config = path
        .into_iter()
        .flat_map(std::env::split_paths)
        .map(|d| d.join("pg_config"))
        .find(|p| p.is_file())?;
    let output = owner.command(pg_config, path).arg("--bindir").output().ok()?;
    let dir = String::from_utf8(output.stdout).ok()?;
    (output.status.success() && !dir.trim().is_empty()).then(|| PathBuf::from(dir.trim()))
}

/// Replaces the component with a `*` by every directory that fits, newest version first.
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

/// Runs `postgres --version` as the user that is to run it: only that shows that it can.
fn inspect(dir: &Path, owner: &Owner, needed: Needed) -> Result<Binaries, String> {
    let dir = real_dir(dir);
    for program in ["postgres", "initdb"] {
        if !dir.join(program).is_file() {
            return Err(format!("it has no program {program}"));
        }
    }
    let output = owner
        .command(dir.join("postgres"), None)
        .arg("--version")
        .output()
        .map_err(|error| format!("postgres can't be run as the user \"{}\": {error}", owner.name))?;
    let said = String::from_utf8_lossy(&output.stdout);
    let version = said.split(' ').nth(2).unwrap_or_default().trim().to_owned();
    // "17.5", or "18beta1".
    let digits = version.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
    let Ok(major) = digits.parse() else {
        return Err(format!("postgres --version failed: {}", String::from_utf8_lossy(&output.stderr).trim()));
    };
    if !needed.accepts(major) {
        return Err(format!("it is version {version}, needed is {needed}"));
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

    #[test]
    fn only_supported_versions_are_accepted_and_only_its_own_for_a_cluster() {
        let accepted = |needed: Needed| [12, 13, 15, 17].map(|major| needed.accepts(major));
        assert_eq!(accepted(Needed::AnySupported), [false, true, true, true]);
        assert_eq!(accepted(Needed::Major(15)), [false, false, true, false]);
    }
}
