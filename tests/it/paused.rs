//! A run that the system stops and continues (SIGSTOP, SIGCONT), as suspended machines and starved containers do.
//!
//! Goal: a run that was paused past the stale time and overtaken ends with 75 and changes nothing, wherever it was paused;
//! on a folder, whose lock is the system's, nobody overtakes it. Method: real processes over the GCS stub, paused by a
//! proxy at a request, and over files.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use super::disturbed::{Company, Objects, Run};
use super::http::Request;
use super::http::faults::{Fault, Proxy};
use super::shelves::{Shelf, wait};

/// The shortest that a run file may say.
const STALE_SECONDS: u64 = 3;

/// A run that stands still at the first request of a kind. What becomes of the request is the fault's.
fn paused(company: &Company<'_>, shelf: &Shelf, date: &str, at: &'static str, fault: Option<Fault>) -> (Run, Proxy) {
    let (came, arrived) = mpsc::channel();
    let (go, may_go) = mpsc::channel::<()>();
    let (may_go, is_over) = (Mutex::new(may_go), AtomicBool::new(false));
    let hits = move |request: &Request| request.method == "PUT" && request.path().contains(at);
    let proxy = Proxy::start(shelf.port, move |request, _| {
        if !hits(request) || is_over.swap(true, Ordering::SeqCst) {
            return None;
        }
        came.send(()).expect("the test listens");
        may_go.lock().expect("a lock").recv().expect("the test says when");
        fault
    });
    let run = company.start("night", date, STALE_SECONDS, Some(proxy.server.port()));
    arrived.recv_timeout(Duration::from_secs(300)).unwrap_or_else(|_| panic!("no request for {at}"));
    run.signal("STOP");
    go.send(()).expect("the proxy waits");
    (run, proxy)
}

/// Waits until a run holds the lock of its folder: the file alone may stand before it is locked.
fn has_its_lock(shelf: &Shelf, folder: &str) {
    let store = shelf.store(folder);
    // Only the lock is read: other files come and go while the run begins.
    let is_held = || {
        let record = wait(store.get_if_exists("state/lock.json"));
        matches!(record, Ok(Some(record)) if !record.is_empty())
    };
    while !is_held() {
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Runs until the silent holder is stale.
fn overtaken(company: &Company<'_>, date: &str) {
    for _ in 0..200 {
        let (code, err) = company.start("night", date, STALE_SECONDS, None).ended();
        if code != 75 {
            assert_eq!(code, 0, "{err}");
            return;
        }
        assert!(err.contains("takes over 3 seconds after its last heartbeat"), "{err}");
        std::thread::sleep(Duration::from_millis(300));
    }
    panic!("nobody takes over");
}

fn published(objects: &Objects) -> Objects {
    let published = objects.iter().filter(|(key, _)| key.starts_with("out/"));
    published.map(|(key, bytes)| (key.clone(), bytes.clone())).collect()
}

#[test]
fn a_run_that_is_paused_overtaken_and_continued_changes_nothing() {
    let shelf = Shelf::gcs_stub();
    let company = Company::new(&shelf);
    for (at, fault) in [
        ("night/state/run_date=", None),
        // The write is on its way; its answer is lost, and the client would send it again.
        ("night/out/decisions/", Some(Fault::ResetBefore)),
        ("night/out/decisions/", Some(Fault::Unavailable)),
    ] {
        let what = format!("paused at {at}, {fault:?}");
        company.clear("night");
        shelf.clear("sources/");
        let date = company.deliver(0);
        let (run, _proxy) = paused(&company, &shelf, date, at, fault);
        // The other run sees more, so that its bytes are others.
        company.deliver(1);
        overtaken(&company, date);
        let left = company.objects("night");
        run.signal("CONT");
        let (code, err) = run.ended();
        assert_eq!(code, 75, "{what}: {err}");
        for part in ["another run took over the lock", "last heartbeat", "hint: nothing more was written"] {
            assert!(err.contains(part), "{what}: lacks `{part}`: {err}");
        }
        assert!(company.objects("night") == left, "{what}: the run that was overtaken changed something");
        let (code, err) = company.start("night", date, STALE_SECONDS, None).ended();
        assert_eq!(code, 0, "{what}: {err}");
        assert!(published(&company.objects("night")) == published(&left), "{what}: the next night finds nothing to do");
    }
}

/// On a folder the lock belongs to the process, paused or not: whoever comes is refused, and the run goes on where it stood.
#[test]
fn a_run_over_files_that_is_paused_is_not_overtaken_and_goes_on() {
    let shelf = Shelf::folder();
    let company = Company::new(&shelf);
    let date = company.deliver(0);
    let (code, err) = company.start("calm", date, STALE_SECONDS, None).ended();
    assert_eq!(code, 0, "{err}");
    let run = company.start("night", date, STALE_SECONDS, None);
    has_its_lock(&shelf, "night/");
    run.signal("STOP");
    std::thread::sleep(Duration::from_secs(STALE_SECONDS + 1));
    let left = company.objects("night");
    // A run that is refused leaves the holder's record to the next one.
    for _ in 0..2 {
        let (code, err) = company.start("night", date, STALE_SECONDS, None).ended();
        assert_eq!(code, 75, "{err}");
        for part in ["another run holds the lock", "held by run", "the lock goes with its process"] {
            assert!(err.contains(part), "lacks `{part}`: {err}");
        }
    }
    assert!(company.objects("night") == left, "nothing is written");
    run.signal("CONT");
    let (code, err) = run.ended();
    assert_eq!(code, 0, "{err}");
    assert!(published(&company.objects("night")) == published(&company.objects("calm")), "it went on where it stood");
}

/// Whether this process, and so those that it starts, ignores a signal.
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & (1 << (signal - 1)) != 0)
}

/// A polite signal ends a run as a rude one does: at once. The next run takes over and finishes.
#[test]
fn a_run_that_is_told_to_end_is_finished_by_the_next_one() {
    use std::os::unix::process::ExitStatusExt;

    let shelf = Shelf::folder();
    let company = Company::new(&shelf);
    let date = company.deliver(0);
    let (code, err) = company.start("calm", date, STALE_SECONDS, None).ended();
    assert_eq!(code, 0, "{err}");
    for (name, number) in [("TERM", 15), ("INT", 2)] {
        let folder = format!("night-{name}");
        let run = company.start(&folder, date, STALE_SECONDS, None);
        has_its_lock(&shelf, &format!("{folder}/"));
        run.signal(name);
        // A shell without job control starts what runs behind it with SIGINT ignored; so it is for the run, then.
        let ended = if is_ignored(number) { (Some(0), None) } else { (None, Some(number)) };
        let status = run.status();
        assert_eq!((status.code(), status.signal()), ended, "a shell shows {}", 128 + number);
        let (code, err) = company.start(&folder, date, STALE_SECONDS, None).ended();
        assert_eq!(code, 0, "{name}: {err}");
        assert!(
            published(&company.objects(&folder)) == published(&company.objects("calm")),
            "{name}: another publication"
        );
    }
}
