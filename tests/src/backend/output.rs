//! The log and the standard output of a backend.

use std::io::{BufRead, BufReader, Read};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::Backend;

impl Backend {
    /// All that it has logged so far.
    ///
    /// # Panics
    /// If reading the log panicked.
    pub fn log(&self) -> String {
        self.log.lock().expect("the log").clone()
    }

    /// Closes the log's reading end after the next line.
    pub fn stop_reading_log(&self) {
        self.log_is_read.store(false, Ordering::Relaxed);
    }

    /// The first line of the log that has this text, waited for: lines come a little after answers.
    ///
    /// # Panics
    /// If none comes: with the log.
    pub async fn logged(&self, text: &str) -> String {
        for _ in 0..500 {
            if let Some(line) = self.log().lines().find(|line| line.contains(text)) {
                return line.to_owned();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{text:?} was not logged: {}", self.log());
    }

    /// All that it has printed to standard output so far.
    ///
    /// # Panics
    /// If reading it panicked.
    pub fn printed(&self) -> String {
        self.welcome.lock().expect("the output").clone()
    }

    /// Waits for the text that it prints at its start, through another pipe than the log.
    ///
    /// # Panics
    /// If it prints nothing: with its log.
    pub async fn welcome(&self) -> String {
        for _ in 0..500 {
            let printed = self.welcome.lock().expect("the output").clone();
            // The last thing in it.
            if printed.contains("docs/operating.md") {
                return printed;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("no welcome was printed: {}", self.log());
    }
}

/// Stores the lines that the process writes, and sends them on.
pub(super) fn follow(
    stream: impl Read + Send + 'static,
    kept: Arc<Mutex<String>>,
    is_read: Arc<AtomicBool>,
) -> Receiver<String> {
    let (sender, lines) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            kept.lock().expect("the text").push_str(&format!("{line}\n"));
            // Nobody listens any more once the backend is up.
            let _ = sender.send(line);
            if !is_read.load(Ordering::Relaxed) {
                break;
            }
        }
    });
    lines
}
