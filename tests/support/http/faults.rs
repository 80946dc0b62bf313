//! A proxy in front of a store that breaks what a plan says: answers, connections, bodies, listings.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::{Answer, How, Request, Server, send};

/// What happens to a request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fault {
    /// 503 with `SlowDown`; the store never sees the request.
    Unavailable,
    /// 403: no right to do it; the store never sees the request.
    Forbidden,
    /// The connection ends before the store sees the request.
    ResetBefore,
    /// The store does it, the answer is lost.
    ResetAfter,
    /// The body ends after so many bytes, fewer than announced.
    Cut(usize),
    /// The body is shorter than the object, and the announced length fits it: a lie.
    Short(usize),
    /// So many bytes of body at a time, with a pause of 20 ms before each.
    Slow(usize),
    /// The answer that the same request had the first time.
    Stale,
}

/// A proxy and how often it broke something.
pub struct Proxy {
    pub server: Server,
    broken: Arc<AtomicUsize>,
}

impl Proxy {
    /// A proxy before a port. `plan` gives the fault of a request, by the request and its number, from 0, among those for
    /// which the plan was asked.
    pub fn start(port: u16, plan: impl Fn(&Request, usize) -> Option<Fault> + Send + Sync + 'static) -> Proxy {
        let (broken, asked) = (Arc::new(AtomicUsize::new(0)), AtomicUsize::new(0));
        let firsts: Mutex<HashMap<String, Answer>> = Mutex::default();
        let count = broken.clone();
        let server = Server::start(move |request| {
            let fault = plan(request, asked.fetch_add(1, Ordering::Relaxed));
            if fault.is_some() {
                count.fetch_add(1, Ordering::Relaxed);
            }
            let nothing = || Answer { how: How::Nothing, ..Answer::default() };
            match fault {
                Some(Fault::Unavailable) => {
                    return Answer::new(503, "<Error><Code>SlowDown</Code><Message>slow down</Message></Error>");
                }
                Some(Fault::Forbidden) => {
                    return Answer::new(
                        403,
                        "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>",
                    );
                }
                Some(Fault::ResetBefore) => return nothing(),
                _ => {}
            }
            let Some(answer) = send(port, request) else { return nothing() };
            let mut firsts = firsts.lock().unwrap_or_else(PoisonError::into_inner);
            let first = firsts.entry(format!("{} {}", request.method, request.target));
            let first = if request.is_list() { Some(first.or_insert_with(|| answer.clone()).clone()) } else { None };
            drop(firsts);
            match fault {
                Some(Fault::ResetAfter) => nothing(),
                Some(Fault::Cut(length)) => Answer { how: How::Cut(length), ..answer },
                Some(Fault::Slow(size)) => Answer { how: How::Slow(size, Duration::from_millis(20)), ..answer },
                Some(Fault::Short(length)) if answer.body.len() > length => {
                    let mut answer = answer;
                    answer.body.truncate(length);
                    answer.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("content-length"));
                    answer
                }
                Some(Fault::Stale) => first.unwrap_or(answer),
                _ => answer,
            }
        });
        Proxy { server, broken }
    }

    /// How many requests were broken so far.
    pub fn broken(&self) -> usize {
        self.broken.load(Ordering::Relaxed)
    }
}
