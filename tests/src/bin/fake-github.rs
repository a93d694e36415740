//! A GitHub for the checks, until it is ended. The first argument is the address that it names as its own in links, the
//! second the file that it writes its App's private key to.
//!
//! `octo/hello` has the issues 1 to 250, of which every third is closed; 251 was closed and opened again; 300 was deleted.
//! Its workflow `mitigate.yml` can be started.
//! `octo/renamed` was called `octo/former`; its issue 1 is closed.

use std::io::Write;

use phase_data_tests::{FakeGithub, Issue, Workflow};

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let github = FakeGithub::start_behind(std::env::args().nth(1)).await;
    set_up(&github);
    if let Some(file) = std::env::args().nth(2) {
        std::fs::write(file, github.world().register_app())?;
    }
    let mut stdout = std::io::stdout();
    writeln!(stdout, "GITHUB={}", github.url())?;
    stdout.flush()?;
    std::future::pending().await
}

fn set_up(github: &FakeGithub) {
    let (hello, renamed) = (1, 3);
    let mut world = github.world();
    world.repository(hello, "octo/hello", 9919);
    world.repository(renamed, "octo/former", 9919);
    world.repository(renamed, "octo/renamed", 9919);
    world.workflows.push(Workflow::for_issues(hello, "mitigate.yml"));
    world.install(9919);
    world.install_for_enterprise(9919);
    let closed_at = "2099-01-01T00:00:00Z";
    for number in 1..=250 {
        match number % 3 {
            0 => world.close(hello, number, closed_at),
            _ => world.open(hello, number),
        }
    }
    world.close(hello, 251, closed_at);
    world.reopen(hello, 251, "2099-01-02T00:00:00Z");
    world.close(renamed, 1, closed_at);
    world.set_issue(hello, 300, Issue::Deleted);
}
