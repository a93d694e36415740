//! stub
use sqlx::postgres::PgConnectOptions;
use std::path::{Path, PathBuf};
/// x
pub enum Durability {
    /// s
    Safe,
    /// t
    Throwaway,
}
/// x
pub struct Settings {
    /// d
    pub data_dir: PathBuf,
    /// d
    pub postgres_bin_dir: Option<PathBuf>,
    /// d
    pub durability: Durability,
}
/// x
pub struct EmbeddedPostgres;
/// x
#[allow(missing_docs)]
pub async fn start(_: Settings) -> anyhow::Result<EmbeddedPostgres> {
    anyhow::bail!("stub")
}
/// x
pub async fn running(_: &Path) -> Option<PgConnectOptions> {
    None
}
impl EmbeddedPostgres {
    /// x
    pub fn connect_options(&self, _d: &str) -> PgConnectOptions {
        PgConnectOptions::new()
    }
    /// x
    pub async fn stop(self) -> anyhow::Result<()> {
        Ok(())
    }
}
