//! Measures what carrying a document as text saves: the CPU time of reading a store request and writing the document
//! again, as `Document` and as `serde_json::Value`.
//!
//! `cargo run --release -p phase-data-wire --example raw_vs_tree -- FILE…`

use std::hint::black_box;
use std::time::{Duration, Instant};

use phase_data_wire::Document;
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Request<D> {
    data: D,
}

const ROUNDS: u32 = 7;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    use std::io::Write as _;
    let mut out = std::io::stdout();
    writeln!(out, "{:>9}  {:>12}  {:>12}  {:>6}  file", "bytes", "text", "tree", "ratio")?;
    for path in std::env::args().skip(1) {
        let body = format!("{{\"data\":{}}}", std::fs::read_to_string(&path)?);
        // Side by side, several times, and the best of each: the machine's noise only ever adds.
        let rounds = (0..ROUNDS).map(|_| (time::<Document>(&body), time::<Value>(&body)));
        let (text, tree) = rounds
            .fold((Duration::MAX, Duration::MAX), |best, round| (best.0.min(round.0), best.1.min(round.1)));
        let ratio = tree.as_secs_f64() / text.as_secs_f64();
        let name = path.rsplit('/').next().unwrap_or(&path);
        writeln!(out, "{:>9}  {text:>12.1?}  {tree:>12.1?}  {ratio:>5.1}x  {name}", body.len())?;
    }
    Ok(())
}

/// The mean time of reading the request and writing its document, over enough repetitions to be measured.
fn time<D: for<'de> Deserialize<'de> + serde::Serialize>(body: &str) -> Duration {
    let repetitions = (4_000_000 / body.len()).clamp(3, 2000) as u32;
    let started = Instant::now();
    for _ in 0..repetitions {
        let request: Result<Request<D>, _> = serde_json::from_str(black_box(body));
        black_box(request.map(|request| serde_json::to_vec(&request.data)).ok());
    }
    started.elapsed() / repetitions
}
