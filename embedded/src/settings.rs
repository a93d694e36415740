//! Settings of a private PostgreSQL.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::error::EmbeddedError;

/// The data that survives a power failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Every committed transaction.
    Safe,
    /// None: faster, and the data directory is removed at the end. For tests.
    Throwaway,
}

/// The settings of a private PostgreSQL.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The data directory. Created if missing; otherwise it must be empty or an existing data directory.
    pub data_dir: PathBuf,
    /// The directory of `postgres` and `initdb`. Default: found on this machine, otherwise downloaded.
    pub postgres_bin_dir: Option<PathBuf>,
    /// Where downloaded programs are kept. Default: the data directory.
    pub download_dir: Option<PathBuf>,
    /// The value of `PATH` to find programs in.
    pub search_path: Option<OsString>,
    /// The data that survives a power failure.
    pub durability: Durability,
    /// The maximum number of connections.
    pub max_connections: u16,
    /// The size of PostgreSQL's own cache.
    pub shared_buffers_mb: u32,
}

impl Settings {
    /// The defaults: durable, 100 connections, 128 MB of cache, no `PATH`.
    pub fn new(data_dir: impl Into<PathBuf>) -> Settings {
        Settings {
            data_dir: data_dir.into(),
            postgres_bin_dir: None,
            download_dir: None,
            search_path: None,
            durability: Durability::Safe,
            max_connections: 100,
            shared_buffers_mb: 128,
        }
    }

    /// Makes the paths absolute: PostgreSQL runs in another working directory.
    pub(crate) fn with_absolute_paths(mut self) -> Result<Settings, EmbeddedError> {
        self.data_dir = absolute(&self.data_dir)?;
        self.download_dir = self.download_dir.as_deref().map(absolute).transpose()?;
        Ok(self)
    }
}

fn absolute(path: &Path) -> Result<PathBuf, EmbeddedError> {
    std::path::absolute(path).map_err(EmbeddedError::io("resolve the path", path))
}
