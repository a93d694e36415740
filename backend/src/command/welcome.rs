//! The text that a start on a private PostgreSQL prints: addresses, a key, and commands to paste.

use std::net::SocketAddr;
use std::path::Path;

use uuid::Uuid;

use super::health::reachable;
use super::program_name::{program_name, quoted};
use crate::auth::ApiKey;

/// The key for the commands.
pub(super) enum WelcomeKey {
    /// The first key, made by this start.
    First(ApiKey),
    /// An earlier start made the first key, which is not known any more.
    Earlier {
        /// The account of another key, if there are several.
        account: Option<Uuid>,
    },
}

/// The content of the text.
pub(super) struct Welcome<'a> {
    /// The address that the server listens on.
    pub(super) address: SocketAddr,
    pub(super) key: &'a WelcomeKey,
    /// The data directory, if it is not the default.
    pub(super) data_dir: Option<&'a Path>,
    pub(super) public_url: Option<&'a str>,
}

impl Welcome<'_> {
    /// Returns the text. Each command works when it is pasted into a shell of the same user, in the order of the text.
    pub(super) fn text(&self) -> String {
        let url = format!("http://{}", reachable(self.address));
        let (shown, introduction, key) = self.key_lines();
        let runners = self.address_for_runners();
        format!(
            r#"
phase-data is ready, on a PostgreSQL of its own.

  Docs      {url}/docs
  API key   {shown}

{introduction}

  export PHASE_DATA_URL={url}
  export PHASE_DATA_API_KEY={key}

Store something:

  curl -sS -H "Authorization: Bearer $PHASE_DATA_API_KEY" -H 'Content-Type: application/json' \
    -d '{{"repository": "octo/hello", "issue_number": 42, "phase": "scan", "data": {{"findings": []}}}}' \
    "$PHASE_DATA_URL/api/v1/phase_data"

Get it back:

  curl -sS -H "Authorization: Bearer $PHASE_DATA_API_KEY" "$PHASE_DATA_URL/api/v1/phase_data/octo/hello/42"

In a workflow, with the key in a secret:

  - uses: OWNER/phase-data@COMMIT
    with:
      operation: store
      backend-url: ${{{{ vars.PHASE_DATA_URL }}}}
      api-key: ${{{{ secrets.PHASE_DATA_API_KEY }}}}
      phase: scan
      data-file: report.json

Replace OWNER/phase-data@COMMIT with the repository of phase-data and a full commit.
{runners}
docs/operating.md describes a deployment.

"#
        )
    }

    /// Returns the key or what became of it, the sentence before the commands, and the value of the variable.
    fn key_lines(&self) -> (String, &'static str, String) {
        let account = match self.key {
            WelcomeKey::First(key) => {
                let shown = format!("{}  (shown only now)", key.expose());
                return (
                    shown,
                    "In a second terminal, set the address and the key:",
                    key.expose().to_owned(),
                );
            }
            WelcomeKey::Earlier { account } => account,
        };
        let data_dir = self.data_dir.map(|path| format!(" --data-dir {}", quoted(&path.to_string_lossy())));
        let account = account.map(|account| format!(" --account {account}"));
        let create = format!(
            r#""$({} key create --name terminal{}{})""#,
            program_name(),
            account.unwrap_or_default(),
            data_dir.unwrap_or_default()
        );
        let introduction = "In a second terminal, as the same user, set the address and a key. This makes another key; the first\n\
                            one stays valid until it is revoked:";
        ("printed at the first start".to_owned(), introduction, create)
    }

    /// Says which address workflows need. Loopback is never one: a runner would reach itself.
    fn address_for_runners(&self) -> String {
        match self.public_url.filter(|url| url.starts_with("https://")) {
            Some(url) => format!("Set the repository variable PHASE_DATA_URL to {url}. The runners must be able to reach it."),
            None => "Set the repository variable PHASE_DATA_URL to an https:// address of this server that the runners can reach:\n\
                     the address above is for this machine."
                .to_owned(),
        }
    }
}
