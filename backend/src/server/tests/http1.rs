//! HTTP/1.

use std::time::Instant;

use super::client::Client;
use super::*;

#[tokio::test]
async fn a_head_that_does_not_end_is_given_up_even_if_it_goes_on_coming() {
    let server = Running::start(limits()).await;
    let mut silent = Client::connect(server.address).await;
    let mut half = Client::connect(server.address).await;
    half.send(b"GET / HTTP/1.1\r\nHost: x\r\n").await;
    let mut slow = Client::connect(server.address).await;
    let mut second = Client::connect(server.address).await;
    second.get("/first").await;
    assert!(second.read_until("/first").await.contains("200 OK"));
    second.send(b"GET /second").await;
    let began = Instant::now();
    while began.elapsed() < limits().head_timeout * 2 {
        slow.send(b"X").await;
        tokio::time::sleep(limits().head_timeout / 10).await;
    }
    for client in [&mut silent, &mut half, &mut slow, &mut second] {
        assert_eq!(client.read_until("never").await, "");
    }
}

#[tokio::test]
async fn heads_that_are_no_http_or_too_large_are_refused_without_a_body() {
    let server = Running::start(limits()).await;
    let large = format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(64 << 10));
    for (head, status) in [("NO HTTP\r\n\r\n", "400 "), (&*large, "431 ")] {
        let mut client = Client::connect(server.address).await;
        client.send(head.as_bytes()).await;
        let answer = client.read_until("never").await;
        assert!(answer.starts_with("HTTP/1.1 ") && answer[9..].starts_with(status), "{answer}");
        assert!(answer.ends_with("\r\n\r\n"), "a body: {answer}");
    }
}

#[tokio::test]
async fn an_idle_connection_is_kept_for_a_while_and_one_with_a_request_for_as_long_as_it_takes() {
    let server = Running::start(limits()).await;
    let mut idle = Client::connect(server.address).await;
    idle.get("/1").await;
    idle.read_until("/1").await;
    tokio::time::sleep(limits().head_timeout * 2).await;
    idle.get("/2").await;
    assert!(idle.read_until("/2").await.contains("200 OK"), "it was closed too early");
    let mut waiting = Client::connect(server.address).await;
    waiting.get("/never").await;
    server.comes_to_hold(1).await;
    let began = Instant::now();
    assert_eq!(idle.read_until("never").await, "");
    assert!(began.elapsed() >= limits().idle_timeout / 2, "{:?}", began.elapsed());
    tokio::time::sleep(limits().idle_timeout).await;
    assert_eq!(server.held(), 1, "a request in flight is no idle connection");
}

#[tokio::test]
async fn an_answer_that_is_not_read_is_given_up_and_one_that_is_read_is_not() {
    let server = Running::start(limits()).await;
    let mut stuck = Client::connect_narrow(server.address).await;
    stuck.get("/large").await;
    server.comes_to_hold(1).await;
    let mut reader = Client::connect(server.address).await;
    reader.get("/large").await;
    let mut read = 0;
    while read < LARGE {
        read += reader.read_some(1 << 20).await.expect("the whole answer");
    }
    server.comes_to_hold(0).await;
}

#[tokio::test]
async fn an_answer_that_is_read_drop_by_drop_is_given_up() {
    let server = Running::start(limits()).await;
    let mut trickling = Client::connect_narrow(server.address).await;
    trickling.get("/large").await;
    server.comes_to_hold(1).await;
    let reading = async {
        // Fast enough that no single write waits for too long.
        while trickling.read_some(64 << 10).await.is_ok_and(|read| read > 0) {
            tokio::time::sleep(limits().write_timeout / 20).await;
        }
    };
    assert!(tokio::time::timeout(SOON, reading).await.is_ok(), "it went on for ever");
    assert_eq!(server.held(), 0);
}

#[tokio::test]
async fn a_request_whose_client_has_hung_up_ends_at_once() {
    let server = Running::start(ServerLimits::for_connections(8)).await;
    let mut clients = Vec::new();
    for _ in 0..4 {
        let mut client = Client::connect(server.address).await;
        client.get("/never").await;
        clients.push(client);
    }
    server.comes_to_hold(4).await;
    drop(clients);
    server.comes_to_hold(0).await;
}

#[tokio::test]
async fn ordinary_requests_work_as_ever() {
    let server = Running::start(limits()).await;
    let mut client = Client::connect(server.address).await;
    let pipelined = ["/1", "/slow", "/2"].map(|path| format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n"));
    client.send(pipelined.concat().as_bytes()).await;
    let answers = client.read_until("/2").await;
    let places = ["/1", "slow", "/2"].map(|answer| answers.find(answer));
    assert!(places.is_sorted() && places.iter().all(Option::is_some), "{answers}");
    client.send(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n").await;
    assert!(client.read_until("\r\n\r\n").await.starts_with("HTTP/1.1 100 Continue"));
    client.send(b"abc").await;
    assert!(client.read_until("abc").await.starts_with("HTTP/1.1 200 OK"));
    client.send(b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(client.read_until("\r\n\r\n").await.starts_with("HTTP/1.1 200 OK"));
    client.send(format!("GET / HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", "x".repeat(64 << 10)).as_bytes()).await;
    assert!(client.read_until("never").await.starts_with("HTTP/1.1 431 "));
}
