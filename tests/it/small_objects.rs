//! Gateways write one object a call: thousands are listed and read with bounded memory, each once.
//!
//! Goal: requests grow by one for each object and by one for each page of the listing, nothing else; a second night reads
//! nothing; memory does not hold the bodies. Method: 2,000 objects, or as many as `TRIMTAB_SMALL_OBJECTS` says; the figures
//! go to standard error, by hand into docs/reliability.md.

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::time::Instant;

use serde_json::{Value, json};

use crate::shelves::Shelf;
use crate::support::Place;

const DAYS: [&str; 4] = ["2026-11-17", "2026-11-18", "2026-11-19", "2026-11-20"];

/// What a night took.
struct Night {
    rows: u64,
    gets: u64,
    lists: u64,
    requests: u64,
    seconds: f64,
    peak_mib: u64,
}

fn objects(count: usize) -> Vec<(String, Vec<u8>)> {
    let noon = 1_795_003_200;
    (0..count)
        .map(|n| {
            let day = n % DAYS.len();
            // 2026-11-17 to 20, spread over half a day.
            let start = (noon - 86_400 * 5 / 2 + day as i64 * 86_400 + (n as i64 * 7) % 43_200) as f64 - 43_200.0;
            let id = format!("chatcmpl-{n:08}");
            let call = json!({
                "id": id, "litellm_call_id": format!("0a0a0a0a-0000-4000-8000-{n:012}"), "call_type": "acompletion",
                "status": "success", "custom_llm_provider": "openai", "startTime": start, "endTime": start + 2.0,
                "model": "gpt-5.4", "model_group": "gpt-5.4", "metadata": {
                    "user_api_key_alias": "small", "usage_object": {
                        "prompt_tokens": 1_000 + n % 500, "completion_tokens": 100, "total_tokens": 1_100 + n % 500}},
                "total_tokens": 1_100 + n % 500, "prompt_tokens": 1_000 + n % 500, "completion_tokens": 100,
                "request_tags": [format!("app:small-{}", n % 20)], "messages": "redacted-by-litellm",
                "response": {"id": id, "model": "gpt-5.4", "choices": [{"finish_reason": "stop"}]},
            });
            (format!("{}/time-{n:08}_{id}.json", DAYS[day]), call.to_string().into_bytes())
        })
        .collect()
}

/// Runs a night and watches its memory, which the system counts as VmHWM.
fn night(place: &Place, shelf: &Shelf, options: &str) -> Night {
    let begun = Instant::now();
    let mut run = Command::new(env!("CARGO_BIN_EXE_trimtab"))
        .args(["run", "--config", "trimtab.toml", "--log-format", "json"])
        .current_dir(place.path(""))
        .envs(shelf.environment.iter().cloned())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let status = format!("/proc/{}/status", run.id());
    let mut said = run.stderr.take().expect("a pipe");
    let listener = std::thread::spawn(move || {
        let mut text = String::new();
        said.read_to_string(&mut text).map(|_| text).expect("text")
    });
    let mut peak_mib = 0;
    let code = loop {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
        peak_mib = peak_mib.max(kib.unwrap_or_default() / 1_024);
        if let Some(code) = run.try_wait().expect("a child") {
            break code;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    };
    let text = listener.join().expect("a thread");
    assert!(code.success(), "{}: {options}\n{text}", shelf.name);
    let last: Value = serde_json::from_str(text.lines().last().unwrap_or_default()).expect("a line of JSON");
    let number = |name: &str| last[name].as_u64().unwrap_or_else(|| panic!("no {name} in {last}"));
    let read = text.lines().find_map(|line| {
        let message = serde_json::from_str::<Value>(line).ok()?["message"].as_str()?.to_string();
        message.strip_prefix("calls: ").map(str::to_string)
    });
    let records = read.as_deref().and_then(|line| line.split(", ").nth(1)?.split(' ').next()?.parse().ok());
    Night {
        rows: records.unwrap_or_else(|| panic!("no count of records in\n{text}")),
        gets: number("gets"),
        lists: number("lists"),
        requests: number("requests"),
        seconds: begun.elapsed().as_secs_f64(),
        peak_mib,
    }
}

/// The proof over a place; what it took is said.
pub fn each_object_is_read_once(shelf: &Shelf) {
    let count = std::env::var("TRIMTAB_SMALL_OBJECTS").ok().and_then(|text| text.parse().ok()).unwrap_or(2_000);
    let filling = Instant::now();
    shelf.fill("calls/", &objects(count));
    let filled = filling.elapsed().as_secs_f64();
    let place = Place::new();
    let options = if shelf.options.is_empty() { String::new() } else { shelf.run_file_lines(&shelf.options) };
    // State and output are local, so that every request is one of the source.
    place.run_file("2026-11-21", &[("calls", "litellm", &format!("{}calls/", shelf.url))], &options);
    let first = night(&place, shelf, "first");
    let second = night(&place, shelf, "second");
    for (name, night) in [("first night", &first), ("second night", &second)] {
        let line = format!(
            "{}, {count} one-record objects, {name}: {:.1} s, peak {} MiB, {} requests ({} gets, {} pages){}\n",
            shelf.name,
            night.seconds,
            night.peak_mib,
            night.requests,
            night.gets,
            night.lists,
            if name == "first night" { format!(", filled in {filled:.0} s") } else { String::new() }
        );
        let _ = std::io::stderr().write_all(line.as_bytes());
    }
    assert_eq!((first.rows, second.rows), (count as u64, 0), "each object is read once");
    // A look into the state needs no source.
    place.run_file("2026-11-21", &[("calls", "litellm", "nowhere/")], "");
    assert_eq!(place.sql("select count(*) as n from requests")[0]["n"], count.to_string());
    if shelf.port > 0 {
        let pages = count as u64 / 1_000 + 2;
        assert_eq!((first.gets, second.gets), (count as u64, 0));
        assert!(first.lists <= pages, "{} pages", first.lists);
        // The second night looks into the folders of the days one by one, at the top first.
        assert!(second.lists <= pages + DAYS.len() as u64, "{} pages", second.lists);
        assert_eq!(first.requests, first.gets + first.lists, "nothing else is asked");
    }
    assert!(
        first.peak_mib > 0 && second.peak_mib <= first.peak_mib + 64,
        "a night that reads nothing needs no more memory"
    );
}

#[test]
fn one_record_objects_in_folders_are_each_read_once() {
    each_object_is_read_once(&Shelf::folder());
}

#[test]
fn one_record_objects_in_a_bucket_are_each_read_once() {
    each_object_is_read_once(&Shelf::gcs_stub());
}
