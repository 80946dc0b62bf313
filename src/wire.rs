//! Requests that go over the wire to object stores: how many at once, how fast, how long they may take, and a count.
//!
//! One [`Wire`] serves a whole run, whatever number of stores it opens: the run file's `[engine]` sets its limits. A
//! request holds its place from the connection until the answer's head has come; no place is held while a caller works on
//! what it got, so a listing can be read while objects are fetched, with a limit of one too.

use std::error::Error as StdError;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

/// What requests to stores may take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Requests under way at once, at least one.
    pub at_once: usize,
    /// Requests begun in a second; 0 means as many as there are.
    pub per_second: u32,
    /// Longest time until a connection stands.
    pub connect: Duration,
    /// Longest time of one request, its body included.
    pub request: Duration,
    /// How often a request is sent again.
    pub retries: usize,
    /// After this time a request is not sent again.
    pub retry_for: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            at_once: 32,
            per_second: 0,
            connect: Duration::from_secs(5),
            request: Duration::from_secs(60),
            retries: 10,
            retry_for: Duration::from_secs(180),
        }
    }
}

/// Requests that were sent since the process began, tries that failed included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Pages of listings.
    pub lists: u64,
    /// Objects or parts of objects that were asked for.
    pub gets: u64,
    /// Objects whose size and time were asked for.
    pub heads: u64,
    /// Objects that were written.
    pub puts: u64,
    /// Deletions and everything else.
    pub others: u64,
    /// Requests among them without an answer, or with one that says "try again" (429, 5xx).
    pub failed: u64,
}

impl Counts {
    /// All requests.
    pub fn total(&self) -> u64 {
        self.lists + self.gets + self.heads + self.puts + self.others
    }
}

/// Asked whether a write may still go out; its error is the write's.
pub type Gate = Arc<dyn Fn() -> BoxFuture<'static, Result<(), Box<dyn StdError + Send + Sync>>> + Send + Sync>;

/// The limits of a run and what it sent so far.
pub struct Wire {
    limits: Limits,
    gate: Mutex<Option<Gate>>,
    places: Semaphore,
    next: Mutex<Option<Instant>>,
    sent: [AtomicU64; 6],
}

/// What a request does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// A page of a listing.
    List,
    /// An object or a part of it.
    Get,
    /// An object's size and time.
    Head,
    /// An object is written.
    Put,
    /// A deletion, or something else.
    Other,
}

impl Wire {
    /// A wire with limits; nothing was sent yet.
    pub fn new(limits: Limits) -> Wire {
        Wire {
            places: Semaphore::new(limits.at_once.clamp(1, Semaphore::MAX_PERMITS)),
            limits,
            gate: Mutex::new(None),
            next: Mutex::new(None),
            sent: Default::default(),
        }
    }

    /// The limits.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Sets what is asked before each try of a write, or that nothing is asked any more.
    pub fn guard(&self, gate: Option<Gate>) {
        *self.gate.lock().unwrap_or_else(PoisonError::into_inner) = gate;
    }

    /// Asks the gate, if there is one.
    ///
    /// # Errors
    /// What the gate says.
    pub async fn may_write(&self) -> Result<(), Box<dyn StdError + Send + Sync>> {
        let gate = self.gate.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match gate {
            Some(gate) => gate().await,
            None => Ok(()),
        }
    }

    /// Waits for the request's turn and counts it. The place is free again when the answer is dropped.
    pub async fn admit(&self, verb: Verb) -> Option<SemaphorePermit<'_>> {
        // The semaphore is never closed, so there is always a place in the end.
        let place = self.places.acquire().await.ok();
        if let Some(turn) = self.turn() {
            tokio::time::sleep_until(turn).await;
        }
        self.add(verb as usize);
        place
    }

    /// Counts a request that came to nothing.
    pub fn failed(&self) {
        self.add(5);
    }

    fn add(&self, place: usize) {
        if let Some(count) = self.sent.get(place) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// When the next request may begin; requests are spread evenly, without bursts.
    fn turn(&self) -> Option<Instant> {
        let step = Duration::from_secs(1).checked_div(self.limits.per_second)?;
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let turn = next.map_or(now, |next| next.max(now));
        *next = Some(turn + step);
        Some(turn)
    }

    /// What was sent so far.
    pub fn counts(&self) -> Counts {
        let [lists, gets, heads, puts, others, failed] =
            std::array::from_fn(|place| self.sent.get(place).map_or(0, |count| count.load(Ordering::Relaxed)));
        Counts { lists, gets, heads, puts, others, failed }
    }
}

impl Default for Wire {
    fn default() -> Self {
        Wire::new(Limits::default())
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire").field("limits", &self.limits).field("counts", &self.counts()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_request_is_counted_as_what_it_is() {
        let wire = Wire::default();
        for verb in [Verb::List, Verb::Get, Verb::Get, Verb::Head, Verb::Put, Verb::Other] {
            drop(wire.admit(verb).await);
        }
        wire.failed();
        let counts = wire.counts();
        assert_eq!(counts, Counts { lists: 1, gets: 2, heads: 1, puts: 1, others: 1, failed: 1 });
        assert_eq!(counts.total(), 6);
    }

    #[tokio::test]
    async fn no_more_requests_go_out_than_places() {
        let wire = Wire::new(Limits { at_once: 2, ..Limits::default() });
        let (first, second) = (wire.admit(Verb::Get).await, wire.admit(Verb::Get).await);
        assert_eq!(wire.places.available_permits(), 0);
        drop(first);
        assert_eq!(wire.places.available_permits(), 1);
        drop(second);
    }

    #[tokio::test]
    async fn a_rate_spreads_requests_evenly() {
        let wire = Wire::new(Limits { per_second: 4, ..Limits::default() });
        let turns: Vec<Instant> = (0..5).filter_map(|_| wire.turn()).collect();
        for pair in turns.windows(2) {
            assert!(pair[1] - pair[0] >= Duration::from_millis(250), "a quarter of a second lies between two requests");
        }
        assert!(Wire::default().turn().is_none(), "no rate, no waiting");
    }
}
