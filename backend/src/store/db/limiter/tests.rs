use tokio::time::timeout;

use super::*;

async fn try_acquire(limiter: &Limiter, owner: Owner, access: Access) -> Option<Permit> {
    timeout(Duration::from_millis(20), limiter.acquire(owner, access, 0)).await.ok().flatten()
}

#[test]
fn everybody_has_a_share_of_any_pool_and_readers_have_one_that_writers_cannot_take() {
    assert_eq!(
        Limits::new(1),
        Limits { owner: 1, owner_writes: 1, beside_others: 1, writes: 1, jobs: 1, large: 1 }
    );
    assert_eq!(
        Limits::new(16),
        Limits { owner: 15, owner_writes: 13, beside_others: 4, writes: 14, jobs: 2, large: 2 }
    );
    for max in 3..200 {
        let limits = Limits::new(max);
        assert!(limits.owner < max && limits.owner_writes < limits.writes, "{max}");
        assert!(limits.writes + limits.jobs <= max, "{max}");
    }
}

#[tokio::test]
async fn an_account_that_runs_all_that_it_may_leaves_room_for_others_and_for_its_own_reads() {
    let limiter = Limiter::new(16);
    let (hog, other) = (Owner::Account(Uuid::from_u128(1)), Owner::Account(Uuid::from_u128(2)));
    let mut taken = Vec::new();
    while let Some(permit) = try_acquire(&limiter, hog, Access::Write).await {
        taken.push(permit);
    }
    assert_eq!(taken.len(), 13);
    assert!(limiter.is_exhausted(hog, Access::Write) && !limiter.is_exhausted(hog, Access::Read));
    assert!(try_acquire(&limiter, hog, Access::Read).await.is_some());
    assert!(try_acquire(&limiter, other, Access::Write).await.is_some());
    // From here on the other account is active, and all that the first one runs weighs on the machine.
    taken.clear();
    while let Some(permit) = try_acquire(&limiter, hog, Access::Read).await {
        taken.push(permit);
    }
    assert_eq!(taken.len(), 4);
    assert!(try_acquire(&limiter, other, Access::Write).await.is_some());
    taken.pop();
    assert!(
        try_acquire(&limiter, hog, Access::Read).await.is_some(),
        "a permit that was dropped is free again"
    );
}

#[tokio::test]
async fn beside_others_large_documents_weigh_as_much_as_many_statements() {
    let limiter = Limiter::new(16);
    let (hog, other) = (Owner::Account(Uuid::from_u128(1)), Owner::Account(Uuid::from_u128(2)));
    drop(limiter.acquire(other, Access::Read, 0).await);
    let large = limiter.acquire(hog, Access::Write, 1 << 20).await;
    assert!(try_acquire(&limiter, hog, Access::Read).await.is_none());
    assert!(try_acquire(&limiter, other, Access::Read).await.is_some());
    drop(large);
    assert!(try_acquire(&limiter, hog, Access::Read).await.is_some());
}

#[tokio::test]
async fn beside_others_an_account_that_reads_large_documents_reads_few_at_once() {
    let limiter = Limiter::new(16);
    let (hog, other) = (Owner::Account(Uuid::from_u128(1)), Owner::Account(Uuid::from_u128(2)));
    drop(limiter.acquire(other, Access::Read, 0).await);
    drop(limiter.acquire(hog, Access::Read, limiter.expected_read(hog)).await);
    limiter.note_read(hog, 1 << 20);
    let large = limiter.acquire(hog, Access::Read, limiter.expected_read(hog)).await;
    assert!(try_acquire(&limiter, hog, Access::Read).await.is_none());
    assert!(try_acquire(&limiter, other, Access::Read).await.is_some());
    drop(large);
    (0..50).for_each(|_| limiter.note_read(hog, 100));
    assert!(limiter.expected_read(hog) < 1000, "{}", limiter.expected_read(hog));
}

#[tokio::test]
async fn who_has_proven_nothing_never_has_the_database_for_itself() {
    let limiter = Limiter::new(16);
    let mut taken = Vec::new();
    while let Some(permit) = try_acquire(&limiter, Owner::Unproven, Access::Read).await {
        taken.push(permit);
    }
    assert_eq!(taken.len(), 4);
}

#[tokio::test]
async fn accounts_that_run_nothing_are_forgotten() {
    let limiter = Limiter::new(4);
    let busy = limiter.acquire(Owner::Account(Uuid::from_u128(0)), Access::Read, 0).await;
    for account in 1..1000 {
        drop(limiter.acquire(Owner::Account(Uuid::from_u128(account)), Access::Write, 0).await);
    }
    assert!(limiter.lock().shares.len() <= 3, "{}", limiter.lock().shares.len());
    drop(busy);
}
