//! An issuer of id tokens for the checks that run real workflows, until it is ended.
//!
//! It prints its address, and the address and the token with which a runner asks it. The claims are those of
//! `octo/hello`; a workflow's runner has no say in them, as on a forge.

use std::io::Write;

use phase_data_tests::LocalIssuer;

fn main() -> std::io::Result<()> {
    let issuer = LocalIssuer::start();
    let (url, token) = issuer.request();
    let mut stdout = std::io::stdout();
    writeln!(stdout, "ISSUER={}\nREQUEST_URL={url}\nREQUEST_TOKEN={token}", issuer.url())?;
    stdout.flush()?;
    loop {
        std::thread::park();
    }
}
