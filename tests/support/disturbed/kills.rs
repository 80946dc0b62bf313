//! SIGKILL at drawn points of the company's nights; the next run finishes each of them.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use super::{Company, NIGHTS, Objects, breaches, differing, without_traces};
use crate::http::faults::Proxy;
use crate::shelves::Shelf;

/// The shortest that a run file may say: a killed run's successor waits for it on an object store.
const STALE_SECONDS: u64 = 3;
/// A kill comes up to so much after the request that it was drawn for, so that it hits what follows an answer, too.
const PAUSE_MICROSECONDS: u64 = 30_000;
/// How long a successor may be told that the killed run holds the lock.
const PATIENCE: Duration = Duration::from_secs(120);

/// What the kills came to.
#[derive(Debug, Default)]
pub struct Figures {
    /// Runs that were killed before they ended.
    pub kills: usize,
    /// Of them, those that had begun to write below `<out>`: their manifest said `publishing`.
    pub publishing: usize,
    /// Of them, those whose successor left what an undisturbed night leaves.
    pub repaired: usize,
    /// Runs that had ended before their kill; another one was drawn for each.
    pub too_late: usize,
    /// What broke the rules.
    pub violations: Vec<String>,
}

/// Draws numbers: the same ones for a seed.
struct Draws(u64);

impl Draws {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) % end.max(1)
    }
}

/// A night that nobody disturbs: what stood before it, what it leaves, and how long it is.
struct Calm<'a> {
    company: &'a Company<'a>,
    night: usize,
    date: &'static str,
    before: Objects,
    after: Objects,
    /// Requests, where a proxy counts them, else microseconds.
    length: u64,
}

/// Kills so many runs, spread over the nights, in lanes that run at once. Over a server the points are drawn among the
/// requests of a night, over folders in its time.
pub fn kills(shelf: &Shelf, count: usize, seed: u64, lanes: usize, say: &(dyn Fn(&str) + Sync)) -> Figures {
    let company = Company::new(shelf);
    let figures = Mutex::new(Figures::default());
    let mut before = Objects::new();
    for night in 0..NIGHTS {
        let calm = calm(shelf, &company, night, before);
        let mine = (0..count).filter(|kill| kill % NIGHTS == night).count();
        let taken = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for lane in 0..lanes {
                let (calm, figures, taken) = (&calm, &figures, &taken);
                let mut draws = Draws(seed + (night * lanes + lane) as u64);
                scope.spawn(move || {
                    while taken.fetch_add(1, Ordering::Relaxed) < mine {
                        // A run that ended before its kill proves nothing: another point is drawn.
                        let killed = (0..20).any(|_| kill(shelf, calm, lane, &mut draws, figures));
                        let mut figures = figures.lock().expect("a lock");
                        if !killed {
                            figures.violations.push(format!("night {night}: no kill came before the end"));
                        }
                        say(&format!(
                            "night {night}: {} kills, {} repaired, {} too late, {} violations",
                            figures.kills,
                            figures.repaired,
                            figures.too_late,
                            figures.violations.len()
                        ));
                    }
                });
            }
        });
        before = calm.after;
    }
    figures.into_inner().expect("a lock")
}

fn calm<'a>(shelf: &Shelf, company: &'a Company<'a>, night: usize, before: Objects) -> Calm<'a> {
    let date = company.deliver(night);
    let requests = std::sync::Arc::new(AtomicUsize::new(0));
    let count = requests.clone();
    let proxy = (shelf.port > 0).then(|| {
        Proxy::start(shelf.port, move |_, _| {
            count.fetch_add(1, Ordering::Relaxed);
            None
        })
    });
    let began = Instant::now();
    let run = company.start("calm", date, STALE_SECONDS, proxy.as_ref().map(|proxy| proxy.server.port()));
    let (code, err) = run.ended();
    assert_eq!(code, 0, "an undisturbed night: {err}");
    let length = match requests.load(Ordering::Relaxed) {
        0 => began.elapsed().as_micros() as u64,
        requests => requests as u64,
    };
    let after = company.objects("calm");
    Calm { company, night, date, before, after, length }
}

/// Kills a run at a point that is drawn. Gives false when it had ended well before.
fn kill(shelf: &Shelf, calm: &Calm<'_>, lane: usize, draws: &mut Draws, figures: &Mutex<Figures>) -> bool {
    let folder = format!("kill-{lane}");
    calm.company.clear(&folder);
    calm.company.restore(&folder, &calm.before);
    let (point, ended) = if shelf.port > 0 {
        killed_at_a_request(shelf, calm, &folder, draws)
    } else {
        killed_at_a_time(calm, &folder, draws)
    };
    let what = format!("night {}, killed {point}", calm.night);
    let mut note = figures.lock().expect("a lock");
    match ended {
        (-1, _) => note.kills += 1,
        (0, _) => {
            note.too_late += 1;
            return false;
        }
        (code, err) => {
            note.violations.push(format!("{what}: it had ended with {code}: {err}"));
            return true;
        }
    }
    drop(note);
    let left = calm.company.objects(&folder);
    let is_publishing = left.iter().any(|(key, bytes)| {
        key.ends_with("manifest.json") && String::from_utf8_lossy(bytes).contains("\"status\": \"publishing\"")
    });
    let mut wrong = breaches(&left, &calm.before, &calm.after);
    let (code, err) = next_run(calm, &folder);
    if code == 0 {
        let differ = differing(&without_traces(&calm.company.objects(&folder)), &without_traces(&calm.after));
        wrong.extend(differ.iter().map(|key| format!("after the next run {key} differs from an undisturbed night")));
    } else {
        wrong.push(format!("the next run ends with {code}: {err}"));
    }
    let mut note = figures.lock().expect("a lock");
    note.publishing += usize::from(is_publishing);
    note.repaired += usize::from(wrong.is_empty());
    note.violations.extend(wrong.into_iter().map(|breach| format!("{what}: {breach}")));
    true
}

/// The run that follows: on an object store it is told to wait until the killed one counts as dead.
fn next_run(calm: &Calm<'_>, folder: &str) -> (i32, String) {
    let began = Instant::now();
    loop {
        let (code, err) = calm.company.start(folder, calm.date, STALE_SECONDS, None).ended();
        if code != 75 || began.elapsed() > PATIENCE {
            return (code, err);
        }
        std::thread::sleep(Duration::from_millis(500));
    }
}

/// A run that is killed shortly after one of its requests came to the store.
fn killed_at_a_request(shelf: &Shelf, calm: &Calm<'_>, folder: &str, draws: &mut Draws) -> (String, (i32, String)) {
    let (request, pause) = (draws.below(calm.length), draws.below(PAUSE_MICROSECONDS));
    let (came, arrived) = mpsc::channel();
    let proxy = Proxy::start(shelf.port, move |asked, number| {
        if number as u64 == request {
            // Nobody listens any more to a run that has ended.
            let _ = came.send(format!("{} {}", asked.method, asked.path()));
        }
        None
    });
    let mut run = calm.company.start(folder, calm.date, STALE_SECONDS, Some(proxy.server.port()));
    let at = loop {
        match arrived.recv_timeout(Duration::from_millis(100)) {
            Ok(at) => break at,
            Err(_) if run.has_ended() => break "never".into(),
            Err(_) => {}
        }
    };
    std::thread::sleep(Duration::from_micros(pause));
    run.kill();
    (format!("{pause} microseconds after request {request} of {}, {at}", calm.length), run.ended())
}

/// A run that is killed after a part of the time that an undisturbed one takes. The points lie in the later four fifths:
/// before, nothing is written.
fn killed_at_a_time(calm: &Calm<'_>, folder: &str, draws: &mut Draws) -> (String, (i32, String)) {
    let point = calm.length / 5 + draws.below(calm.length * 4 / 5);
    let mut run = calm.company.start(folder, calm.date, STALE_SECONDS, None);
    std::thread::sleep(Duration::from_micros(point));
    run.kill();
    (format!("after {point} of {} microseconds", calm.length), run.ended())
}
