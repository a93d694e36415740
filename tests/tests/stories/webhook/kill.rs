//! The backend is killed while deliveries come in.

use std::sync::Arc;
use std::time::{Duration, Instant};

use phase_data_tests::{APP_SECRET, APP_WEBHOOK, Backend, hook_signature, issue_event};
use tokio::sync::RwLock;

use super::in_seconds;

const DELIVERIES: u32 = 1000;
const SENDERS: u32 = 8;
const KILLS: u32 = 12;

#[tokio::test(flavor = "multi_thread")]
async fn every_delivery_that_was_accepted_has_its_effect_exactly_once_however_often_the_backend_is_killed() {
    let mut backend = Backend::start_with(&[APP_SECRET]).await;
    let octo = backend.tenant("octo", 9919);
    let mut owner = backend.database().await;
    let fill = "with r as (insert into repository (forge_account_id, name, named_at)
                           values ($1::text::uuid, 'octo/hello', now() - interval '1 hour') returning id)
                insert into phase_data (forge_account_id, repository_id, repository, issue_number, phase, data, data_bytes,
                                        data_sha256, revision, created_at, updated_at)
                select $1::text::uuid, r.id, 'octo/hello', n, 'scan', '1', 1, sha256('1'), 1, now(), now()
                  from r, generate_series(1, $2) n";
    sqlx::query(fill).bind(&octo.account).bind(DELIVERIES as i32).execute(&mut owner).await.expect("data");

    let address = Arc::new(RwLock::new(backend.url().to_owned()));
    let senders: Vec<_> = (0..SENDERS).map(|sender| tokio::spawn(send(address.clone(), sender))).collect();
    let mut kills = 0;
    let started = Instant::now();
    while !senders.iter().all(tokio::task::JoinHandle::is_finished) {
        // As random as the clock's last digits: somewhere in what it does.
        let pause = 20 + u64::from(Instant::now().duration_since(started).subsec_nanos() % 180);
        tokio::time::sleep(Duration::from_millis(pause)).await;
        if kills < KILLS {
            backend = Backend::start_on(backend.kill(), &[APP_SECRET]);
            backend.url().clone_into(&mut *address.write().await);
            kills += 1;
        }
        assert!(started.elapsed() < Duration::from_secs(120), "the senders do not come to an end");
    }
    let (mut accepted, mut cut_off) = (Vec::new(), 0);
    for sender in senders {
        let (taken, lost) = sender.await.expect("a sender");
        accepted.extend(taken);
        cut_off += lost;
    }
    assert_eq!(accepted.len(), DELIVERIES as usize, "each was sent until it was accepted");
    assert!(kills == KILLS && cut_off > 0, "{kills} kills cut {cut_off} requests off: that proves nothing");

    let waiting = "select count(*) from webhook_delivery where state = 'pending'";
    let until = Instant::now() + Duration::from_secs(60);
    while sqlx::query_scalar::<_, i64>(waiting).fetch_one(&mut owner).await.expect("a count") > 0 {
        assert!(Instant::now() < until, "the queue does not get empty: {}", backend.log());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let once = "select count(*) from (
                    select issue_number from phase_event where kind = 'deleted' group by issue_number
                    having count(*) = 1) o";
    let once: i64 = sqlx::query_scalar(once).fetch_one(&mut owner).await.expect("a count");
    let all = "select count(*) from phase_event where kind = 'deleted'";
    let all: i64 = sqlx::query_scalar(all).fetch_one(&mut owner).await.expect("a count");
    let hidden = "select count(*) from phase_data where deleted_at is not null";
    let hidden: i64 = sqlx::query_scalar(hidden).fetch_one(&mut owner).await.expect("a count");
    let expected = i64::from(DELIVERIES);
    assert_eq!((once, all, hidden), (expected, expected, expected), "events, all of them, hidden rows");
}

/// Closes a part of the issues, each with a delivery of its own, which is sent again until it is accepted. How
/// often a request got no answer is counted.
async fn send(address: Arc<RwLock<String>>, sender: u32) -> (Vec<u32>, u32) {
    let http =
        reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(10)).build().expect("a client");
    let (mut accepted, mut cut_off) = (Vec::new(), 0);
    for issue in (1..=DELIVERIES).filter(|issue| issue % SENDERS == sender) {
        let body = issue_event("closed", issue, &in_seconds(60)).to_string();
        loop {
            let url = format!("{}{APP_WEBHOOK}", address.read().await);
            let request = http
                .post(url)
                .header("content-type", "application/json")
                .header("x-hub-signature-256", hook_signature(APP_SECRET.1, body.as_bytes()))
                .header("x-github-event", "issues")
                .header("x-github-delivery", format!("delivery-{issue}"));
            match request.body(body.clone()).send().await {
                Ok(answer) if answer.status().as_u16() == 202 => break accepted.push(issue),
                Ok(answer) => panic!("{}", answer.status()),
                Err(_) => cut_off += 1,
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    (accepted, cut_off)
}
