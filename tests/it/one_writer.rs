//! One writer at a time: who holds the lock, who takes it over, and what a run does that lost it.
//!
//! Goal: of any two runs one works and the other says who it is; a lost reply changes nothing; a run that was overtaken
//! writes no further byte. Method: the lock itself over a store in memory with a clock that tests move, and the program.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures::FutureExt;
use object_store::ObjectStoreExt;
use object_store::path::Path;
use trimtab::config::Stores;
use trimtab::lock::{Lock, Owner, holder};
use trimtab::store::{Store, mount};
use url::Url;

use super::faulty::Faulty;

const STALE: Duration = Duration::from_secs(600);

/// A clock that stands until it is moved, in seconds after a fixed moment.
#[derive(Clone, Default)]
pub struct Time(Arc<AtomicI64>);

impl Time {
    pub fn passes(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }

    pub fn owner(&self) -> Owner {
        let seconds = self.0.clone();
        let start: DateTime<Utc> = "2026-11-20T02:00:00Z".parse().expect("a time");
        Owner::with_clock(Arc::new(move || start + TimeDelta::seconds(seconds.load(Ordering::SeqCst))))
            .expect("random bytes")
    }
}

/// A state in a store that this test mounts under a name of its own.
fn state(name: &str, store: Faulty) -> Store {
    mount(name, Arc::new(store));
    Store::open(&Url::parse(&format!("memory://{name}/state/")).expect("a URL"), &Stores::default()).expect("mounted")
}

#[tokio::test]
async fn a_held_lock_is_refused_with_its_holder_and_taken_over_when_it_is_stale() {
    let (time, state) = (Time::default(), state("lock-held", Faulty::default()));
    let (first, second) = (time.owner(), time.owner());
    let held = Lock::acquire(&state, &first, STALE).await.unwrap();
    time.passes(500);
    held.beat().await.unwrap();
    time.passes(599);
    let refused = Lock::acquire(&state, &second, STALE).await.unwrap_err();
    assert_eq!(refused.kind().exit_code(), 75);
    let said = format!("{refused}\n{}", refused.hint_text().unwrap_or_default());
    for part in [
        "another run holds the lock",
        "memory://lock-held/state/",
        &first.run_id,
        &first.host,
        &format!("process {}", first.pid),
        "since 2026-11-20T02:00:00Z",
        "last heartbeat 2026-11-20T02:08:20Z (599 seconds ago)",
        "takes over 600 seconds after its last heartbeat",
    ] {
        assert!(said.contains(part), "lacks `{part}`: {said}");
    }
    time.passes(1);
    let taken = Lock::acquire(&state, &second, STALE).await.unwrap();
    assert!(taken.fencing() > held.fencing());
    assert!(held.lost().is_none(), "the first has not looked yet");
    let lost = held.prove().await.unwrap_err();
    assert_eq!(lost.kind().exit_code(), 75);
    assert!(lost.to_string().contains(&second.run_id), "{lost}");
    assert_eq!(held.beat().await.unwrap_err().kind().exit_code(), 75, "and its heart beats no more");
    assert!(held.release().await.is_err(), "nor does it give back what is another's");
    assert_eq!(holder(&state).await.unwrap().unwrap().run_id, second.run_id);
    taken.prove().await.unwrap();
    taken.release().await.unwrap();
    let third = Lock::acquire(&state, &time.owner(), STALE).await.unwrap();
    assert_eq!(third.fencing(), 3, "a lock that was given back keeps counting");
}

#[tokio::test]
async fn a_lost_reply_is_recognised_as_ones_own() {
    let time = Time::default();
    // Writes: the lock is made, two beats, given back, taken again, a beat.
    for lost in 1..=6 {
        let store = Faulty::default().lose_reply(lost);
        let state = state("lock-replies", store.clone());
        let owner = time.owner();
        let lock = Lock::acquire(&state, &owner, STALE).await.unwrap_or_else(|error| panic!("{lost}: {error}"));
        for _ in 0..2 {
            time.passes(200);
            lock.beat().await.unwrap_or_else(|error| panic!("{lost}: {error}"));
        }
        assert_eq!(holder(&state).await.unwrap().unwrap().heartbeat, owner.now());
        lock.release().await.unwrap_or_else(|error| panic!("{lost}: {error}"));
        let again = Lock::acquire(&state, &time.owner(), STALE).await.unwrap();
        assert_eq!(again.fencing(), 2);
        again.beat().await.unwrap_or_else(|error| panic!("{lost}: {error}"));
        assert!(store.writes().len() >= lost, "the reply was lost in this round");
    }
}

/// Another run's record appears between the reading and the put: the put's condition refuses it.
#[tokio::test]
async fn of_two_that_see_a_free_lock_one_gets_it() {
    let time = Time::default();
    for is_new in [true, false] {
        let before = Faulty::default();
        if !is_new {
            let free = state("lock-race-before", before.clone());
            Lock::acquire(&free, &time.owner(), STALE).await.unwrap().release().await.unwrap();
        }
        let winner = time.owner();
        let won = state("lock-race-won", Faulty::copy_of(&before.objects().await).await);
        Lock::acquire(&won, &winner, STALE).await.unwrap();
        let record = won.get("lock.json").await.unwrap();

        let raced = Faulty::copy_of(&before.objects().await).await;
        let there = raced.memory();
        let raced = raced.before_writes(move |number, key| {
            if number == 1 {
                let put = there.put(&Path::from(key), record.clone().into()).now_or_never();
                put.expect("memory answers at once").unwrap();
            }
        });
        let refused = Lock::acquire(&state("lock-race", raced), &time.owner(), STALE).await.unwrap_err();
        assert_eq!(refused.kind().exit_code(), 75, "{refused}");
        assert!(refused.to_string().contains(&winner.run_id), "{refused}");
    }
}

#[tokio::test]
async fn the_heart_beats_in_the_background_until_the_lock_is_given_back() {
    let state = state("lock-heart", Faulty::default());
    let mut lock = Lock::acquire(&state, &Owner::of_process().unwrap(), Duration::from_millis(90)).await.unwrap();
    lock.keep();
    let mut holding = holder(&state).await.unwrap().unwrap();
    let first = holding.clone();
    // However slow the machine is, the second beat comes.
    while holding.heartbeat == first.heartbeat {
        tokio::time::sleep(Duration::from_millis(5)).await;
        holding = holder(&state).await.unwrap().unwrap();
    }
    assert_eq!((&holding.nonce, holding.fencing), (&first.nonce, first.fencing));
    lock.release().await.unwrap();
    assert!(holder(&state).await.unwrap().unwrap().is_released());
}

#[tokio::test]
async fn a_guarded_place_refuses_writes_once_the_lock_is_anothers() {
    let (time, state) = (Time::default(), state("lock-guard", Faulty::default()));
    let held = Lock::acquire(&state, &time.owner(), STALE).await.unwrap();
    let guarded = held.guard(&state);
    guarded.put("a", "1".into()).await.unwrap();
    time.passes(600);
    let taken = Lock::acquire(&state, &time.owner(), STALE).await.unwrap();
    assert!(guarded.put("a", "2".into()).await.is_err() && guarded.delete("a").await.is_err());
    assert_eq!(guarded.get("a").await.unwrap(), "1", "reading is free");
    assert_eq!(held.lost().unwrap().kind().exit_code(), 75);
    taken.guard(&state).put("a", "3".into()).await.unwrap();
    state.delete("lock.json").await.unwrap();
    let gone = taken.prove().await.unwrap_err();
    assert!(gone.kind().exit_code() == 75 && gone.to_string().contains("`lock.json` is gone"), "{gone}");
}

/// A holder whose clock was years ahead when it died does not hold the state for years.
#[tokio::test]
async fn a_heartbeat_far_in_the_future_is_stale() {
    let (time, state) = (Time::default(), state("lock-future", Faulty::default()));
    time.passes(86_400 * 365);
    Lock::acquire(&state, &time.owner(), STALE).await.unwrap();
    time.passes(-86_400 * 365);
    Lock::acquire(&state, &time.owner(), STALE).await.unwrap();
    time.passes(-60);
    assert!(Lock::acquire(&state, &time.owner(), STALE).await.is_err(), "a minute ahead is two clocks that differ");
}

/// A holder whose own clock is set back seems silent to others: it is overtaken, and knows it before it writes again.
#[tokio::test]
async fn a_holder_whose_clock_is_set_back_is_overtaken_and_stops() {
    let (its_time, time) = (Time::default(), Time::default());
    let state = state("lock-back", Faulty::default());
    let held = Lock::acquire(&state, &its_time.owner(), STALE).await.unwrap();
    its_time.passes(-7200);
    held.beat().await.unwrap();
    let taken = Lock::acquire(&state, &time.owner(), STALE).await.unwrap();
    assert!(taken.fencing() > held.fencing());
    assert!(held.guard(&state).put("a", "1".into()).await.is_err(), "it writes no more");
    assert_eq!(held.lost().unwrap().kind().exit_code(), 75);
    taken.guard(&state).put("a", "2".into()).await.unwrap();
}

/// What is asked when a write goes out: the record is looked at again once the last look is old.
#[tokio::test]
async fn a_write_that_waited_is_asked_about_again() {
    let (time, state) = (Time::default(), state("lock-gate", Faulty::default()));
    let stale = Duration::from_millis(300);
    let held = Lock::acquire(&state, &time.owner(), stale).await.unwrap();
    let gate = held.gate();
    gate().await.unwrap();
    time.passes(1);
    let taken = Lock::acquire(&state, &time.owner(), stale).await.unwrap();
    // However slow the machine is, a third of the stale time has passed then.
    tokio::time::sleep(stale).await;
    let refused = gate().await.unwrap_err();
    assert!(refused.to_string().contains("another run took over"), "{refused}");
    assert_eq!(held.lost().unwrap().kind().exit_code(), 75);
    taken.gate()().await.unwrap();
}
