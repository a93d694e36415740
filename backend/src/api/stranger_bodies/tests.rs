use super::*;

const KIB: usize = 1 << 10;

async fn arrive(bodies: &StrangerBodies, kib: usize) -> ArrivingBody {
    let body = bodies.arrive().expect("few arrive");
    for _ in 0..kib {
        body.push(&[b'x'; KIB]).await.expect("room");
    }
    body
}

fn held(bodies: &StrangerBodies) -> usize {
    bodies.0.pool().held
}

/// Makes it look as if the peer had been waited for.
fn age(bodies: &StrangerBodies, body: &ArrivingBody, by: Duration) {
    bodies.0.pool().arriving.change(body.id, |part| part.age(by)).expect("it is arriving");
}

#[tokio::test]
async fn when_the_budget_is_full_who_sends_slowly_goes() {
    let bodies = StrangerBodies::new(1024 * KIB);
    let (one, two) = (arrive(&bodies, 256).await, arrive(&bodies, 256).await);
    let three = arrive(&bodies, 256).await;
    age(&bodies, &two, Duration::from_secs(2));
    let new = arrive(&bodies, 250).await;
    assert_eq!(two.displaced().await, Displaced);
    assert_eq!(two.push(b"x").await, Err(Displaced));
    assert_eq!(new.finish().expect("it has arrived").len(), 250 * KIB);
    assert!(one.push(b"x").await.is_ok() && three.push(b"x").await.is_ok());
}

#[tokio::test]
async fn when_the_budget_is_full_the_first_goes_on_and_the_others_wait() {
    let bodies = StrangerBodies::new(1024 * KIB);
    let (first, second) = (arrive(&bodies, 256).await, arrive(&bodies, 256).await);
    let most = bodies.arrive().expect("few arrive");
    most.push(&[b'x'; 300 * KIB]).await.expect("room");
    let waiting = timeout(LOOK_AGAIN / 2, second.push(&[b'x'; 200 * KIB])).await;
    assert!(waiting.is_err(), "there is no room, and it is not the first");
    first.push(&[b'x'; 200 * KIB]).await.expect("it is the first");
    assert_eq!(most.displaced().await, Displaced);
    drop(first);
    second.push(&[b'x'; 200 * KIB]).await.expect("there is room");
}

#[tokio::test]
async fn small_bodies_go_before_large_ones() {
    let bodies = StrangerBodies::new(9 << 20);
    let large = bodies.arrive().expect("few arrive");
    large.push(&[b'x'; 4096 * KIB]).await.expect("room");
    let also_large = bodies.arrive().expect("few arrive");
    also_large.push(&[b'x'; 4096 * KIB]).await.expect("room");
    let small = bodies.arrive().expect("few arrive");
    small.push(&[b'x'; 1000 * KIB]).await.expect("it goes before them");
    assert_eq!(also_large.displaced().await, Displaced);
    assert!(small.finish().is_ok() && large.finish().is_ok());
}

#[tokio::test]
async fn the_budget_is_never_exceeded_and_all_of_it_comes_back() {
    let bodies = StrangerBodies::new(1024 * KIB);
    let sending = (0..100).map(|number| {
        let bodies = bodies.clone();
        tokio::spawn(async move {
            let body = bodies.arrive().expect("few arrive");
            for _ in 0..100 {
                if body.push(&vec![b'x'; (number % 7) * KIB]).await.is_err() {
                    return false;
                }
                assert!(held(&bodies) <= 1024 * KIB);
            }
            body.finish().is_ok()
        })
    });
    let sending: Vec<_> = sending.collect();
    let mut arrived = 0;
    for body in sending {
        arrived += usize::from(body.await.expect("the task"));
    }
    assert!(arrived >= 50, "{arrived} arrived");
    assert_eq!(held(&bodies), 0);
}

#[tokio::test]
async fn what_has_arrived_counts_until_it_is_dropped() {
    let bodies = StrangerBodies::new(256 * KIB);
    let arrived = arrive(&bodies, 128).await.finish().expect("it has arrived");
    let next = bodies.arrive().expect("few arrive");
    assert!(timeout(LOOK_AGAIN, next.push(&[b'x'; 100 * KIB])).await.is_err());
    drop(arrived);
    next.push(&[b'x'; 100 * KIB]).await.expect("there is room");
    drop(next);
    assert_eq!(held(&bodies), 0);
}
