//! Clients that store, read and delete through whichever server takes traffic, and note every answer that is not as it
//! should be.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use phase_data_tests::{Backend, Tenant, client};
use reqwest::{Client, Method};
use serde_json::Value;
use tokio::task::JoinSet;

const CLIENTS: u32 = 6;

/// The clients, and the servers that they use.
pub(super) struct Load {
    servers: Arc<Mutex<Vec<String>>>,
    is_over: Arc<AtomicBool>,
    rounds: Arc<AtomicU32>,
    clients: JoinSet<Vec<String>>,
}

impl Load {
    pub(super) fn start(server: &Backend, tenant: &Tenant) -> Self {
        let mut load = Self {
            servers: Arc::new(Mutex::new(vec![server.url().to_owned()])),
            is_over: Arc::default(),
            rounds: Arc::default(),
            clients: JoinSet::new(),
        };
        for number in 1..=CLIENTS {
            let one = One {
                http: client(),
                key: tenant.key.clone(),
                issue: number,
                servers: load.servers.clone(),
                turn: number as usize,
            };
            load.clients.spawn(one.work(load.is_over.clone(), load.rounds.clone()));
        }
        load
    }

    /// Sends traffic to one more server.
    pub(super) fn add(&self, server: &Backend) {
        self.servers.lock().expect("the servers").push(server.url().to_owned());
    }

    /// Sends no more traffic to a server; what is on its way has arrived when this ends.
    pub(super) async fn remove(&self, server: &Backend) {
        self.servers.lock().expect("the servers").retain(|url| url != server.url());
        tokio::time::sleep(Duration::from_millis(500)).await;
    }

    /// Lets the clients go on for a while.
    pub(super) async fn go_on(&self) {
        let target = self.rounds.load(Ordering::Relaxed) + 5 * CLIENTS;
        for _ in 0..1500 {
            if self.rounds.load(Ordering::Relaxed) >= target {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the clients stand still");
    }

    /// Ends the clients; answers what went wrong.
    pub(super) async fn end(mut self) -> Vec<String> {
        self.is_over.store(true, Ordering::Relaxed);
        let mut wrong = Vec::new();
        while let Some(of) = self.clients.join_next().await {
            wrong.extend(of.expect("a client"));
        }
        wrong
    }
}

struct One {
    http: Client,
    key: String,
    issue: u32,
    servers: Arc<Mutex<Vec<String>>>,
    turn: usize,
}

impl One {
    /// Stores, reads through the next server, and deletes now and then.
    async fn work(mut self, is_over: Arc<AtomicBool>, rounds: Arc<AtomicU32>) -> Vec<String> {
        let (mut wrong, mut revision) = (Vec::new(), 0);
        for round in 1_i64.. {
            if is_over.load(Ordering::Relaxed) {
                break;
            }
            let data = format!(r#"{{"round":{round}}}"#);
            let body = format!(
                r#"{{"repository":"octo/hello","issue_number":{},"phase":"scan","data":{data}}}"#,
                self.issue
            );
            let stored = self.send(Method::POST, "", body).await;
            revision += 1;
            if !matches!(stored.0, 200 | 201) || stored.1["revision"] != revision {
                wrong.push(format!("store {round} of {}: {stored:?}", self.issue));
            }
            let path = format!("/octo/hello/{}", self.issue);
            let read = self.send(Method::GET, &path, String::new()).await;
            if read.0 != 200 || read.1["phases"][0]["data"]["round"] != round {
                wrong.push(format!("read {round} of {}: {read:?}", self.issue));
            }
            if round % 7 == 0 {
                let deleted = self.send(Method::DELETE, &path, String::new()).await;
                let gone = self.send(Method::GET, &path, String::new()).await;
                if (deleted.0, gone.0) != (200, 404) {
                    wrong.push(format!("delete {round} of {}: {deleted:?} {gone:?}", self.issue));
                }
            }
            rounds.fetch_add(1, Ordering::Relaxed);
        }
        wrong
    }

    async fn send(&mut self, method: Method, path: &str, body: String) -> (u16, Value) {
        self.turn += 1;
        let url = {
            let servers = self.servers.lock().expect("the servers");
            servers[self.turn % servers.len()].clone()
        };
        let request = self.http.request(method, format!("{url}/api/v1/phase_data{path}"));
        let request = request.bearer_auth(&self.key).header("content-type", "application/json");
        match request.body(body).send().await {
            Err(error) => (0, error.to_string().into()),
            Ok(answer) => (
                answer.status().as_u16(),
                answer.json().await.unwrap_or_else(|error| error.to_string().into()),
            ),
        }
    }
}
