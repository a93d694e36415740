//! The graceful end.

use std::time::Instant;

use super::client::Client;
use super::*;

#[tokio::test]
async fn a_stopping_server_finishes_requests_and_lets_no_others_hold_it_up() {
    let server = Running::start_with(ServerLimits::for_connections(8), Duration::from_secs(20)).await;
    let mut silent = Client::connect(server.address).await;
    let mut half = Client::connect(server.address).await;
    half.send(b"GET / HTTP/1.1\r\n").await;
    let mut idle = Client::connect(server.address).await;
    idle.get("/idle").await;
    idle.read_until("/idle").await;
    let mut slow = Client::connect(server.address).await;
    slow.get("/slow").await;
    server.comes_to_hold(1).await;
    let began = Instant::now();
    server.stop.send(()).expect("it runs");
    for client in [&mut silent, &mut half, &mut idle] {
        assert_eq!(client.read_until("never").await, "");
    }
    assert!(slow.read_until("slow").await.contains("200 OK"));
    server.run.await.expect("it ends");
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    assert_eq!(Arc::strong_count(&server.held), 1);
}

#[tokio::test]
async fn a_request_that_does_not_end_is_broken_off_when_the_time_is_over() {
    let server = Running::start_with(ServerLimits::for_connections(8), Duration::from_millis(300)).await;
    let mut client = Client::connect(server.address).await;
    client.get("/never").await;
    server.comes_to_hold(1).await;
    server.stop.send(()).expect("it runs");
    tokio::time::timeout(SOON, server.run).await.expect("in time").expect("it ends");
    assert_eq!(client.read_until("never").await, "");
}
