//! More connections than there may be.

use super::client::Client;
use super::*;

#[tokio::test]
async fn idle_connections_are_evicted_for_others() {
    let server = Running::start(ServerLimits::for_connections(8)).await;
    let mut busy = Client::connect(server.address).await;
    busy.get("/never").await;
    server.comes_to_hold(1).await;
    let mut silent = Vec::new();
    for _ in 0..50 {
        silent.push(Client::connect(server.address).await);
    }
    let mut other = Client::connect(server.address).await;
    other.get("/other").await;
    assert!(other.read_until("/other").await.contains("200 OK"));
    assert_eq!(server.held(), 1, "who waits for an answer keeps the connection");
}

#[tokio::test]
async fn unproven_connections_are_evicted_for_others_however_busy_they_are() {
    let unproven_timeout = Duration::from_millis(100);
    let server = Running::start(ServerLimits { unproven_timeout, ..ServerLimits::for_connections(8) }).await;
    let mut proven = Client::connect(server.address).await;
    proven.get("/proven/never").await;
    server.comes_to_hold(1).await;
    let mut unproven = Vec::new();
    for _ in 0..50 {
        let mut client = Client::connect(server.address).await;
        client.get("/never").await;
        unproven.push(client);
    }
    let mut other = Client::connect(server.address).await;
    other.get("/other").await;
    assert!(other.read_until("/other").await.contains("200 OK"));
    drop((unproven, other));
    server.comes_to_hold(1).await;
}

#[tokio::test]
async fn when_all_are_busy_the_next_one_waits_for_its_turn() {
    let server = Running::start(ServerLimits::for_connections(8)).await;
    let mut busy = Vec::new();
    for _ in 0..8 {
        let mut client = Client::connect(server.address).await;
        client.get("/proven/never").await;
        busy.push(client);
    }
    server.comes_to_hold(8).await;
    let mut next = Client::connect(server.address).await;
    next.get("/next").await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    busy.pop();
    assert!(next.read_until("/next").await.contains("200 OK"));
    assert_eq!(server.held(), 7);
}
