//! A proxy between the program and its store breaks things: the night ends right, or with a clear error; never wrong.
//!
//! Goal: 503s, connections that end before and after the effect of a put, cut, slow and stale answers. Method: the
//! sample's night over a store behind the proxy, held to the bytes of an undisturbed night; and single calls whose
//! outcome is known.

use std::collections::{BTreeMap, HashSet};
use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;
use trimtab::wire::Limits;

use crate::http::faults::{Fault, Proxy};
use crate::http::{Answer, Request, Server};
use crate::shelves::{Shelf, wait};
use crate::stores::{expected, published, run, run_file, same_bytes, sample_objects, untraced};
use crate::support::{Place, Said};

/// Few retries with a short memory, so that a hopeless store is given up soon.
const IMPATIENT: &str =
    "[engine]\nretries = 2\nretry_seconds = 20\nrequest_timeout_seconds = 5\nconnect_timeout_seconds = 2\n";

fn impatient() -> Limits {
    Limits {
        retries: 2,
        retry_for: Duration::from_secs(20),
        request: Duration::from_secs(5),
        connect: Duration::from_secs(2),
        ..Limits::default()
    }
}

/// A night of the sample over a shelf, behind a proxy.
pub fn night(shelf: &Shelf, proxy: &Proxy, more: &str) -> Said {
    let lines = shelf.run_file_lines(&shelf.through(proxy.server.port()));
    let text = run_file(&format!("{}sample/", shelf.url), &shelf.url, &format!("{lines}{more}"));
    run(&Place::new(), &text, &shelf.environment, &["--quiet"])
}

/// Every so many requests one is broken, in turn by each fault of a list; the same request is not broken twice.
fn now_and_then(every: usize, faults: &'static [Fault]) -> impl Fn(&Request, usize) -> Option<Fault> + Send + Sync {
    let broken: Mutex<HashSet<String>> = Mutex::default();
    move |request, number| {
        let fault = faults[(number / every) % faults.len()];
        let fits = match fault {
            Fault::ResetAfter => request.method == "PUT",
            Fault::Cut(_) | Fault::Slow(_) => request.method == "GET",
            Fault::Stale => request.is_list(),
            _ => true,
        };
        let name = format!("{} {}", request.method, request.target);
        (number % every == 0 && fits && broken.lock().expect("a lock").insert(name)).then_some(fault)
    }
}

pub const PASSING: &[Fault] =
    &[Fault::Unavailable, Fault::ResetBefore, Fault::ResetAfter, Fault::Cut(40), Fault::Slow(4_096)];

/// What passes is retried: the night ends with the bytes of an undisturbed one.
pub fn passing_faults_change_nothing(shelf: &Shelf) {
    shelf.fill("sample/", &sample_objects());
    let proxy = Proxy::start(shelf.port, now_and_then(7, PASSING));
    let night = night(shelf, &proxy, "");
    assert_eq!(night.code, 0, "{}: {}", shelf.name, night.err);
    assert!(proxy.broken() > 50, "{}: {} requests were broken", shelf.name, proxy.broken());
    same_bytes(shelf, &published(shelf));
}

#[test]
fn a_night_over_a_bad_line_gives_the_same_bytes() {
    passing_faults_change_nothing(&Shelf::gcs_stub());
}

/// A kind of request that never works ends the night with exit code 3, the place and a remedy; then a repaired line
/// brings the undisturbed bytes.
#[test]
fn a_night_over_a_broken_line_fails_clearly_and_the_next_one_is_right() {
    type Hits = fn(&Request) -> bool;
    let cases: [(&str, Fault, Hits, &str); 5] = [
        ("listings", Fault::Unavailable, |r| r.is_list() && r.target.contains("litellm"), "answers 503"),
        ("days", Fault::ResetBefore, |r| r.method == "PUT" && r.path().contains("event_date="), "connection broke"),
        ("sources", Fault::Cut(40), |r| r.method == "GET" && r.path().contains("company/openai/"), "connection broke"),
        ("slow bills", Fault::Slow(1), |r| r.method == "GET" && r.path().contains("company/focus/"), "in time"),
        ("marts", Fault::Unavailable, |r| r.method == "PUT" && r.path().contains("out/alternatives/"), "answers 503"),
    ];
    let shelf = Shelf::gcs_stub();
    shelf.fill("sample/", &sample_objects());
    for (what, fault, hits, reason) in cases {
        // What an earlier case read stays read; each one begins anew.
        shelf.clear("out/");
        let proxy = Proxy::start(shelf.port, move |request, _| hits(request).then_some(fault));
        let night = night(&shelf, &proxy, IMPATIENT);
        assert!(proxy.broken() > 0, "{what}: nothing was broken");
        assert_eq!(night.code, 3, "{what}: {}", night.err);
        assert!(night.err.contains("gs://bucket/") && night.err.contains("hint: "), "{what}: {}", night.err);
        assert!(night.err.contains(reason), "{what}: {}", night.err);
        let manifest = wait(shelf.store("out/").get_if_exists("manifest/run_date=2026-11-21/manifest.json")).unwrap();
        let is_complete = |bytes: Bytes| String::from_utf8_lossy(&bytes).contains("\"complete\"");
        assert!(!manifest.is_some_and(is_complete), "{what}: a night that failed is not complete");
    }
    let proxy = Proxy::start(shelf.port, |_, _| None);
    let night = night(&shelf, &proxy, "");
    assert_eq!(night.code, 0, "{}", night.err);
    same_bytes(&shelf, &published(&shelf));
}

/// A listing that lags behind hides new objects for a night; the next night with a true listing finds them all.
#[test]
fn a_stale_listing_delays_and_loses_nothing() {
    let shelf = Shelf::gcs_stub();
    // Objects come late for every day of the sample: no folder is too old to look into.
    let all = "[listing]\nlookback_days = 100\n";
    let objects = sample_objects();
    let (early, late): (Vec<_>, Vec<_>) = objects.into_iter().enumerate().partition(|(number, _)| number % 9 != 4);
    let bare =
        |objects: Vec<(usize, (String, Vec<u8>))>| objects.into_iter().map(|(_, object)| object).collect::<Vec<_>>();
    shelf.fill("sample/", &bare(early));
    let is_source = |request: &Request| request.is_list() && request.target.contains("sample");
    let proxy = Proxy::start(shelf.port, move |request, _| is_source(request).then_some(Fault::Stale));
    let first = night(&shelf, &proxy, all);
    assert!([0, 5].contains(&first.code), "{}", first.err);
    // The second night lists recent folders only: what it sees, the third sees again.
    assert_eq!(night(&shelf, &proxy, all).code, first.code);
    shelf.fill("sample/", &bare(late));
    let before = untraced(&shelf);
    let stale = night(&shelf, &proxy, all);
    assert_eq!(stale.code, first.code, "{}", stale.err);
    let after = untraced(&shelf);
    let changed: Vec<_> =
        after.iter().filter(|(key, bytes)| before.get(*key) != Some(*bytes)).map(|(key, _)| key).collect();
    assert!(changed.is_empty(), "what is not seen changes nothing: {changed:?}");
    let proxy = Proxy::start(shelf.port, |_, _| None);
    let night = night(&shelf, &proxy, all);
    assert_eq!(night.code, 0, "{}", night.err);
    // What is published is the same; the state remembers in which order rows came.
    let is_published = |key: &String| !key.starts_with("state/");
    let found: BTreeMap<_, _> = published(&shelf).into_iter().filter(|(key, _)| is_published(key)).collect();
    let wanted: BTreeMap<_, _> = expected().clone().into_iter().filter(|(key, _)| is_published(key)).collect();
    assert!(found == wanted, "every late object counts in the end");
}

/// Single calls through a proxy that breaks the first request, or all.
pub fn single_calls(shelf: &Shelf) {
    let through = |plan: fn(&Request, usize) -> Option<Fault>| {
        let proxy = Proxy::start(shelf.port, plan);
        let stores = shelf.stores_with(shelf.through(proxy.server.port()), impatient());
        (shelf.store_with("calls/", &stores), proxy, stores)
    };
    wait(async {
        // The answer to a put of one's own is lost: the client tries again, meets its own object, and knows it.
        let (store, proxy, _) = through(|_, number| (number == 0).then_some(Fault::ResetAfter));
        let version = store.put_new("lock", Bytes::from_static(b"ours 1")).await.unwrap().expect("our own put");
        assert_eq!(proxy.broken(), 1);
        let (store, _proxy, _) = through(|_, number| (number == 0).then_some(Fault::ResetAfter));
        let version = store.put_if_unchanged("lock", Bytes::from_static(b"ours 2"), &version).await.unwrap();
        let version = version.expect("our own replacement");
        // The same with somebody else's object: it is not taken for ours.
        let (store, _proxy, _) = through(|_, number| (number == 0).then_some(Fault::ResetBefore));
        assert!(store.put_new("lock", Bytes::from_static(b"theirs")).await.unwrap().is_none());
        // Nothing gets through: an error, never a guess.
        let (store, _proxy, _) = through(|request, _| (request.method == "PUT").then_some(Fault::ResetAfter));
        let put = store.put_if_unchanged("lock", Bytes::from_static(b"ours 3"), &version).await;
        assert!(put.unwrap().is_some(), "every answer is lost, but what stands there is ours");
        let (store, _proxy, _) = through(|_, _| Some(Fault::ResetBefore));
        assert_eq!(store.put_new("other", Bytes::from_static(b"x")).await.unwrap_err().kind().exit_code(), 3);
        // A body that is shorter than announced is fetched again; one that is short by a lie is found out.
        let body = Bytes::from(vec![b'x'; 50_000]);
        store_direct(shelf).put("body", body.clone()).await.unwrap();
        let (store, proxy, stores) = through(|_, number| (number == 0).then_some(Fault::Cut(700)));
        assert_eq!(store.get("body").await.unwrap(), body);
        assert_eq!((proxy.broken(), stores.wire.counts().gets), (1, 2), "the rest was asked for");
        let listed = store.list().await.unwrap().into_iter().find(|object| object.key == "body").unwrap();
        let (store, _proxy, _) = through(|request, _| (request.method == "GET").then_some(Fault::Short(700)));
        let error = store.get_listed(&listed).await.unwrap_err();
        assert!(error.to_string().contains("700 bytes came, 50000 were announced"), "{error}");
        // Requests that were answered with "later" are counted.
        let (store, _proxy, stores) = through(|_, number| (number < 2).then_some(Fault::Unavailable));
        assert_eq!(store.get("body").await.unwrap(), body);
        assert_eq!((stores.wire.counts().gets, stores.wire.counts().failed), (3, 2));
    });
}

fn store_direct(shelf: &Shelf) -> trimtab::store::Store {
    shelf.store("calls/")
}

#[test]
fn lost_answers_are_recognised_and_cut_bodies_are_found_out() {
    single_calls(&Shelf::gcs_stub());
}

// ---- refusals: what a person reads

/// A bucket whose server answers everything in one way, with a canary where secrets stand.
fn refusing(handler: impl Fn(&Request) -> Answer + Send + Sync + 'static, url: &str, options: &str) -> Said {
    let server = Server::start(handler);
    let place = Place::new();
    let options = options.replace("SERVER", &server.url());
    let sources = "[[sources]]\nname = \"a\"\nformat = \"litellm\"\n";
    place.write("logs/a.json", "{}");
    let text = format!(
        "date = \"2026-11-21\"\nstate = \"out/state/\"\noutput = \"out/\"\n{sources}url = \"{url}\"\n{IMPATIENT}{options}"
    );
    let environment = [
        ("AWS_ACCESS_KEY_ID", "CANARYKEYID"),
        ("AWS_SECRET_ACCESS_KEY", CANARY),
        ("AWS_SESSION_TOKEN", CANARY),
        ("AZURE_STORAGE_TOKEN", CANARY),
        ("AZURE_STORAGE_ACCOUNT_NAME", "account"),
        ("CANARY", CANARY),
        ("RUST_LOG", "trace"),
    ];
    let environment = environment.map(|(name, value)| (name.to_string(), value.to_string()));
    let said = run(&place, &text, &environment, &[]);
    let whole = format!("{}{}", said.out, said.err);
    assert!(!whole.contains(CANARY), "a secret is said:\n{}", around(&whole, CANARY));
    said
}

const CANARY: &str = "c4n4ry-0123456789-c4n4ry";
const S3: &str =
    "[[stores]]\nurl = \"s3://logs\"\noptions = { aws_endpoint = \"SERVER\", aws_allow_http = \"true\" }\n";

fn around(text: &str, word: &str) -> String {
    text.lines()
        .filter(|line| line.contains(word))
        .map(|line| line.chars().take(300).collect::<String>() + "\n")
        .collect()
}

/// An answer that repeats all that was asked, as some servers do.
fn echo(status: u16, code: &str) -> impl Fn(&Request) -> Answer + Send + Sync + use<> {
    let code = code.to_string();
    move |request| {
        let headers: String = request.headers.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
        let message =
            format!("<Message>bad token {}</Message>", request.header("x-amz-security-token").unwrap_or("none"));
        Answer::new(
            status,
            format!("<Error><Code>{code}</Code>{message}<CanonicalRequest>{headers}</CanonicalRequest></Error>"),
        )
    }
}

#[test]
fn every_refusal_says_where_why_and_what_to_do_and_no_secret() {
    let cases = [
        (403, "AccessDenied", "access is refused", "docs/deployment.md"),
        (403, "SignatureDoesNotMatch", "does not know these credentials", "AWS_*"),
        (404, "NoSuchBucket", "the bucket does not exist", "create it"),
        (400, "AuthorizationHeaderMalformed", "another region", "AWS_REGION"),
        (301, "PermanentRedirect", "another region", "aws_region"),
        (503, "SlowDown", "answers 503", "concurrency"),
    ];
    for (status, code, reason, remedy) in cases {
        let said = refusing(echo(status, code), "s3://logs/litellm/", S3);
        assert_eq!(said.code, 3, "{code}: {}", said.err);
        for words in ["s3://logs/litellm/", "source `a`", reason, remedy] {
            assert!(said.err.contains(words), "{code}: no `{words}` in\n{}", last_lines(&said.err));
        }
        // A redirection's body is not read.
        let is_told = status == 301 || said.err.contains("bad token [secret]");
        assert!(is_told, "{code}: the server did repeat the secret: {}", said.err);
    }
}

fn last_lines(text: &str) -> String {
    text.split("\nerror: ").last().unwrap_or_default().to_string()
}

#[test]
fn azure_and_google_say_no_secret_either() {
    let azure =
        "[[stores]]\nurl = \"az://logs\"\noptions = { azure_endpoint = \"SERVER\", azure_allow_http = \"true\" }\n";
    let said = refusing(echo(403, "AuthorizationFailure"), "az://logs/litellm/", azure);
    assert_eq!(said.code, 3, "{}", last_lines(&said.err));
    assert!(said.err.contains("access is refused"), "{}", last_lines(&said.err));
    let sas = "[[stores]]\nurl = \"az://logs\"\noptions = { azure_endpoint = \"SERVER\", azure_allow_http = \"true\", \
               azure_storage_sas_key = \"${CANARY}\" }\n";
    let said = refusing(echo(403, "AuthorizationFailure"), "az://logs/litellm/", sas);
    assert!([2, 3].contains(&said.code), "{}", last_lines(&said.err));
    let google = "[[stores]]\nurl = \"gs://logs\"\noptions = { google_base_url = \"SERVER\", allow_http = \"true\", \
                  google_service_account_key = \"${CANARY}\" }\n";
    let said = refusing(echo(403, "AccessDenied"), "gs://logs/litellm/", google);
    assert_eq!(said.code, 3, "{}", last_lines(&said.err));
}

#[test]
fn a_name_that_is_not_known_and_a_server_that_is_silent_are_told_apart() {
    let options = "[[stores]]\nurl = \"s3://logs\"\n\
                   options = { aws_endpoint = \"http://no-such-host.invalid\", aws_allow_http = \"true\" }\n";
    let said = refusing(echo(200, ""), "s3://logs/litellm/", options);
    assert_eq!(said.code, 3, "{}", last_lines(&said.err));
    assert!(said.err.contains("name is not known") || said.err.contains("no connection"), "{}", last_lines(&said.err));
    assert!(said.err.contains("no-such-host.invalid"), "{}", last_lines(&said.err));
    let silent = |_: &Request| {
        std::thread::sleep(Duration::from_secs(7));
        Answer::new(200, "")
    };
    let said = refusing(silent, "s3://logs/litellm/", S3);
    assert_eq!(said.code, 3, "{}", last_lines(&said.err));
    assert!(said.err.contains("did not answer in time"), "{}", last_lines(&said.err));
    assert!(said.err.contains("request_timeout_seconds"), "{}", last_lines(&said.err));
}

#[test]
fn http_reads_one_object_and_writes_nothing() {
    let bytes = b"{\"id\":1}
"
    .to_vec();
    let length = bytes.len();
    let handler = move |request: &Request| match (request.method.as_str(), request.path().as_str()) {
        ("GET" | "HEAD", "files/a b.json") => {
            let answer = Answer::new(200, if request.method == "GET" { bytes.clone() } else { Vec::new() });
            answer.with("content-length", bytes.len()).with("last-modified", "Sat, 21 Nov 2026 00:00:00 +0000")
        }
        ("GET" | "HEAD", _) => Answer::new(404, ""),
        _ => Answer::new(405, ""),
    };
    let server = Server::start(handler);
    let open = |path: &str| {
        let url = url::Url::parse(&format!("{}/{path}", server.url())).expect("a URL");
        trimtab::store::Store::open(&url, &trimtab::config::Stores::default()).expect("a store")
    };
    wait(async {
        let one = open("files/a%20b.json");
        let listed = one.list().await.unwrap();
        assert_eq!((listed.len(), listed[0].key.as_str(), listed[0].size), (1, "a b.json", length as i64));
        assert_eq!(one.get_listed(&listed[0]).await.unwrap().len(), length);
        for error in [one.put("x", Bytes::new()).await.unwrap_err(), one.delete("x").await.unwrap_err()] {
            assert_eq!(error.kind().exit_code(), 3);
            assert!(error.to_string().contains("plain HTTP is read only"), "{error}");
        }
        let error = open("files/").list().await.unwrap_err();
        assert!(error.hint_text().unwrap_or_default().contains("name one object"), "{error}");
        let error = open("files/absent.json").list().await.unwrap_err();
        assert!(error.to_string().contains("there is no such object"), "{error}");
    });
}
