//! The last look before a write goes out: a run may have been paused since it looked.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use super::{Held, Lock};
use crate::wire::Gate;

/// A moment by two clocks: one that is never set and stands still while the machine sleeps, and one that is the other way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment(Instant, SystemTime);

impl Moment {
    pub(super) fn now() -> Moment {
        Moment(Instant::now(), SystemTime::now())
    }

    /// Whether either clock says that so much time has passed, or the second one that time ran backwards.
    fn is_older_than(self, age: Duration) -> bool {
        self.0.elapsed() >= age || self.1.elapsed().map_or(true, |passed| passed >= age)
    }
}

impl Lock {
    /// What is asked before each try of a write: the record is read again when it was last seen to be one's own longer
    /// ago than a third of the stale time. Nobody takes over sooner, because the heart beats as often.
    #[must_use]
    pub fn gate(&self) -> Gate {
        let held = self.held.clone();
        Arc::new(move || {
            let held: Arc<Held> = held.clone();
            Box::pin(async move {
                let proven = *held.proven.lock().unwrap_or_else(PoisonError::into_inner);
                if held.is_lost() || proven.is_older_than(held.stale_after / 3) {
                    held.prove().await?;
                }
                Ok(())
            })
        })
    }
}
