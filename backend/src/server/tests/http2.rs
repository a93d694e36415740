//! HTTP/2 without TLS, frame by frame.

use std::time::Instant;

use super::client::*;
use super::*;

/// The settings' ids.
const MAX_CONCURRENT_STREAMS: u16 = 3;
const INITIAL_WINDOW_SIZE: u16 = 4;
const REFUSED_STREAM: u32 = 7;

#[tokio::test]
async fn the_limit_on_streams_is_announced_and_kept() {
    let server = Running::start(limits()).await;
    let mut client = Client::connect_http2(server.address, &[]).await;
    let (_, settings) = client.read_frame_of(SETTINGS).await.expect("settings");
    let announced = setting(MAX_CONCURRENT_STREAMS, limits().streams);
    assert!(settings.chunks(6).any(|setting| setting == announced), "{settings:?}");
    for stream in 0..20 {
        client.send(&frame(HEADERS, WHOLE, 2 * stream + 1, &get("/never"))).await;
    }
    assert!(client.read_frame_of(RESET).await.is_some(), "the ninth is refused");
    server.comes_to_hold(limits().streams as usize).await;
    drop(client);
    server.comes_to_hold(0).await;
}

#[tokio::test]
async fn streams_of_unproven_callers_have_one_bound_over_all_connections_and_new_connections_a_share() {
    let server =
        Running::start(ServerLimits { unproven_streams: 15, unproven_timeout: SOON, ..limits() }).await;
    let mut flooding = Vec::new();
    for _ in 0..3 {
        let mut client = Client::connect_http2(server.address, &[]).await;
        for stream in 0..8 {
            client.send(&frame(HEADERS, WHOLE, 2 * stream + 1, &get("/never"))).await;
        }
        let refused = client.read_frame_of(RESET).await.expect("more than its share is refused");
        assert_eq!(refused.1, REFUSED_STREAM.to_be_bytes());
        flooding.push(client);
    }
    // Each connection gets half of the remaining budget: 7, 4 and 2.
    server.comes_to_hold(13).await;
    let mut other = Client::connect_http2(server.address, &[]).await;
    other.send(&frame(HEADERS, WHOLE, 1, &get("/other"))).await;
    assert_eq!(other.read_frame_of(DATA).await, Some((1, b"/other".to_vec())));
    drop(flooding);
    server.comes_to_hold(0).await;
}

#[tokio::test]
async fn a_caller_who_has_proven_something_is_outside_the_budget() {
    let server = Running::start(ServerLimits { unproven_streams: 2, ..limits() }).await;
    let mut client = Client::connect_http2(server.address, &[]).await;
    for stream in 0..8 {
        client.send(&frame(HEADERS, WHOLE, 2 * stream + 1, &get("/proven/never"))).await;
        server.comes_to_hold(stream as usize + 1).await;
    }
}

#[tokio::test]
async fn when_unproven_callers_hold_all_streams_the_oldest_are_evicted() {
    let server = Running::start(ServerLimits { unproven_streams: 2, ..limits() }).await;
    let mut flooding = Client::connect_http2(server.address, &[]).await;
    flooding.send(&frame(HEADERS, WHOLE, 1, &get("/never"))).await;
    server.comes_to_hold(1).await;
    let mut other = Client::connect_http2(server.address, &[]).await;
    let began = Instant::now();
    for stream in 0.. {
        other.send(&frame(HEADERS, WHOLE, 2 * stream + 1, &get("/other"))).await;
        let answered = loop {
            match other.read_frame().await.expect("no end").0 {
                DATA => break true,
                RESET => break false,
                _ => {}
            }
        };
        if answered {
            break;
        }
        assert!(began.elapsed() < SOON, "nobody makes room");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    server.comes_to_hold(0).await;
}

#[tokio::test]
async fn an_answer_that_no_window_is_opened_for_is_given_up() {
    let server = Running::start(limits()).await;
    let closed = setting(INITIAL_WINDOW_SIZE, 0);
    let mut client = Client::connect_http2(server.address, &closed).await;
    client.send(&frame(HEADERS, WHOLE, 1, &get("/large"))).await;
    client.send(&frame(HEADERS, WHOLE, 3, &get("/small"))).await;
    server.comes_to_hold(2).await;
    // Signs of life are none of reading.
    let living = async {
        loop {
            client.send(&frame(PING, 0, 0, &[0; 8])).await;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::select! {
        () = server.comes_to_hold(0) => {}
        () = living => {}
    }
}

#[tokio::test]
async fn a_stream_that_is_reset_ends_its_request_at_once() {
    let server = Running::start(limits()).await;
    let mut client = Client::connect_http2(server.address, &[]).await;
    client.send(&frame(HEADERS, WHOLE, 1, &get("/never"))).await;
    client.send(&frame(HEADERS, WHOLE, 3, &get("/never"))).await;
    server.comes_to_hold(2).await;
    client.send(&frame(RESET, 0, 1, &8_u32.to_be_bytes())).await;
    server.comes_to_hold(1).await;
}

#[tokio::test]
async fn floods_of_resets_headers_and_pings_end_the_connection_or_do_no_harm() {
    let server = Running::start(limits()).await;
    let rapid_reset = |n: u32| {
        let cancel = frame(RESET, 0, 2 * n + 1, &8_u32.to_be_bytes());
        [frame(HEADERS, WHOLE, 2 * n + 1, &get("/never")), cancel].concat()
    };
    let mut resetting = Client::connect_http2(server.address, &[]).await;
    for n in 0..2000 {
        resetting.send(&rapid_reset(n)).await;
    }
    assert!(resetting.read_frame_of(GOAWAY).await.is_some(), "rapid reset");
    let mut continuing = Client::connect_http2(server.address, &[]).await;
    continuing.send(&frame(HEADERS, 0, 1, &get("/"))).await;
    for _ in 0..2000 {
        // A header `x: …` of its own each.
        let header = [&[0, 1, b'x', 100][..], &[b'y'; 100]].concat();
        continuing.send(&frame(CONTINUATION, 0, 1, &header)).await;
    }
    while continuing.read_frame().await.is_some() {}
    let mut pinging = Client::connect_http2(server.address, &[]).await;
    for _ in 0..20_000 {
        pinging.send(&frame(PING, 0, 0, &[0; 8])).await;
    }
    let mut other = Client::connect(server.address).await;
    other.get("/other").await;
    assert!(other.read_until("/other").await.contains("200 OK"));
    assert_eq!(server.held(), 0);
}

#[tokio::test]
async fn a_connection_without_requests_ends_whatever_else_it_sends() {
    let server = Running::start(limits()).await;
    let mut silent = Client::connect(server.address).await;
    silent.send(&HTTP2_PREFACE[..10]).await;
    let mut half = Client::connect_http2(server.address, &[]).await;
    half.send(&frame(HEADERS, 0, 1, &get("/"))).await;
    assert_eq!(silent.read_until("never").await, "");
    while half.read_frame().await.is_some() {}
    let mut idle = Client::connect_http2(server.address, &[]).await;
    idle.send(&frame(HEADERS, WHOLE, 1, &get("/"))).await;
    assert_eq!(idle.read_frame_of(DATA).await.map(|(_, data)| data), Some(b"/".to_vec()));
    assert!(idle.read_frame_of(GOAWAY).await.is_some(), "it is told");
}
