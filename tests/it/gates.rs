//! Checks of the data, as the run file sets them: a warning is on the page and in coverage, an error keeps yesterday's
//! publication, and the next good night publishes.
//!
//! Goal: each check fires just beyond its limit and not at it, for either severity. Method: the program over made-up calls of
//! five weeks, nights with and without a defect.

use std::fmt::Write as _;

use super::support::{Place, Said};

const RUN: [&str; 3] = ["run", "--config", "trimtab.toml"];

/// Calls of a day, in an object of its own.
fn day(place: &Place, source: &str, day: &str, calls: usize) {
    write(place, source, day, calls, "gpt-5.4-mini", "\"workload\":\"triage\",");
}

fn write(place: &Place, source: &str, day: &str, calls: usize, model: &str, workload: &str) {
    let mut text = String::new();
    for n in 0..calls {
        let id = format!("{source}-{day}-{n}");
        let _ = writeln!(
            text,
            "{{\"ts\":\"{day}T08:{:02}:00.000Z\",{workload}\"request_id\":\"{id}\",\"request\":{{\"model\":\"{model}\"}},\
             \"response\":{{\"id\":\"chatcmpl-{id}\",\"object\":\"chat.completion\",\"model\":\"{model}\",\
             \"usage\":{{\"prompt_tokens\":1000,\"completion_tokens\":100}}}}}}",
            n % 60
        );
    }
    place.write(&format!("{source}/{day}.jsonl"), text);
}

fn run(place: &Place, date: &str, more: &str) -> Said {
    place.run_file(date, &[("apps", "openai_envelope", "apps/")], more);
    place.trimtab(&RUN)
}

/// A night that publishes and warns of a check on its page, or does not.
fn publishes(said: &Said, check: &str, warns: bool) {
    assert_eq!(said.code, 0, "{}", said.err);
    assert_eq!(said.out.contains(check), warns, "{check}:\n{}", said.out);
}

/// A night that a check of severity error ends: what was published stays, byte for byte.
fn is_kept_back(place: &Place, date: &str, more: &str, words: &[&str]) {
    let before = place.files("out", &["state"]);
    let said = run(place, date, more);
    assert_eq!(said.code, 5, "{}", said.err);
    for word in [&["error: a check failed, so nothing was published", "hint: "], words].concat() {
        assert!(said.err.contains(word), "lacks `{word}`: {}", said.err);
    }
    assert!(place.files("out", &["state"]) == before, "yesterday's publication stays");
}

/// What coverage says of the source.
fn note(place: &Place) -> String {
    place.sql("select coalesce(note, 'nothing') as note from coverage where event_date is null")[0]["note"].clone()
}

const DROPPED: &str = "check_rows_dropped";

#[test]
fn a_day_with_less_than_half_of_its_weekday_warns_or_keeps_back() {
    let place = Place::new();
    // Weekdays differ: Tuesdays have ten calls, other days four. 2026-10-06 is a Tuesday.
    let first: chrono::NaiveDate = "2026-09-08".parse().expect("a day");
    for back in 0..28 {
        let on = first + chrono::Days::new(back);
        day(&place, "apps", &on.to_string(), if back % 7 == 0 { 10 } else { 4 });
    }
    publishes(&run(&place, "2026-10-06", ""), DROPPED, false);
    let error = "[checks.check_rows_dropped]\nseverity = \"error\"\n";

    // Half is enough; less is not, although other days have less.
    day(&place, "apps", "2026-10-06", 5);
    publishes(&run(&place, "2026-10-07", error), DROPPED, false);
    assert_eq!(note(&place), "nothing");
    day(&place, "apps", "2026-10-06", 4);
    is_kept_back(&place, "2026-10-07", error, &[DROPPED, "source=apps day=2026-10-06 rows_of_day=4 usual_rows=10.0"]);
    publishes(&run(&place, "2026-10-07", ""), DROPPED, true);
    assert_eq!(note(&place), "dropped: 4 rows on 2026-10-06, where that weekday has 10");
    let mild = "[checks.check_rows_dropped]\nseverity = \"error\"\nlimit = 0.4\n";
    publishes(&run(&place, "2026-10-07", mild), DROPPED, false);

    // A day without any row is the largest drop; a day that may come late is not asked for yet.
    is_kept_back(&place, "2026-10-08", error, &["day=2026-10-07 rows_of_day=0 usual_rows=4.0"]);
    let late = "late_days = 1\n[checks.check_rows_dropped]\nseverity = \"error\"\nlimit = 0.4\n";
    publishes(&run(&place, "2026-10-08", late), DROPPED, false);
    // What was missing came: the next good night publishes.
    day(&place, "apps", "2026-10-07", 4);
    publishes(&run(&place, "2026-10-08", error), DROPPED, false);
}

#[test]
fn a_source_without_a_history_has_no_usual_day() {
    let place = Place::new();
    for (on, calls) in [("2026-09-22", 10), ("2026-09-29", 1), ("2026-10-06", 4)] {
        day(&place, "apps", on, calls);
    }
    let error = "[checks.check_rows_dropped]\nseverity = \"error\"\n";
    publishes(&run(&place, "2026-09-30", error), DROPPED, false);
    // Two earlier weeks are a habit: their median is 5.5.
    publishes(&run(&place, "2026-10-07", error), DROPPED, false);
    day(&place, "apps", "2026-10-06", 2);
    is_kept_back(&place, "2026-10-07", error, &["rows_of_day=2 usual_rows=5.5"]);
}

const STALE: &str = "check_stale_sources";

#[test]
fn a_source_that_fell_silent_warns_or_keeps_back_by_the_run_date() {
    let place = Place::new();
    day(&place, "apps", "2026-10-03", 3);
    // Three days after the end of its last day: 72 hours are allowed, by no clock.
    publishes(&run(&place, "2026-10-07", ""), STALE, false);
    publishes(&run(&place, "2026-10-08", ""), STALE, true);
    assert_eq!(note(&place), "stale: no rows since 2026-10-03, and 72 hours are allowed");
    let own = "stale_after_hours = 96\n[checks.check_stale_sources]\nseverity = \"error\"\nlimit = 24\n";
    publishes(&run(&place, "2026-10-08", own), STALE, false);
    is_kept_back(
        &place,
        "2026-10-09",
        own,
        &[STALE, "latest_event_date=2026-10-03 silent_hours=120 stale_after_hours=96"],
    );
    let all = "[checks.check_stale_sources]\nseverity = \"error\"\nlimit = 24\n";
    is_kept_back(&place, "2026-10-09", all, &["silent_hours=120 stale_after_hours=24"]);
    // A row of the future is no sign of life.
    day(&place, "apps", "2026-10-09", 1);
    is_kept_back(&place, "2026-10-09", all, &["latest_event_date=2026-10-03"]);
    day(&place, "apps", "2026-10-07", 1);
    publishes(&run(&place, "2026-10-09", all), STALE, false);
}

#[test]
fn shares_without_price_or_workload_have_limits_and_severities() {
    let place = Place::new();
    write(&place, "apps", "2026-10-05", 3, "gpt-5.4-mini", "\"workload\":\"triage\",");
    write(&place, "apps", "2026-10-06", 1, "gpt-5.4-mini", "");
    publishes(&run(&place, "2026-10-07", ""), "check_unattributed_share", true);
    let limit = |check: &str, limit: f64| format!("[checks.{check}]\nseverity = \"error\"\nlimit = {limit}\n");
    // One call of four.
    publishes(&run(&place, "2026-10-07", &limit("check_unattributed_share", 0.25)), "check_unattributed_share", false);
    let strict = limit("check_unattributed_share", 0.249);
    is_kept_back(&place, "2026-10-07", &strict, &["check_unattributed_share", "unattributed_usd="]);

    write(&place, "apps", "2026-10-06", 1, "no-such-model", "\"workload\":\"triage\",");
    publishes(&run(&place, "2026-10-07", &limit("check_unpriced_usage", 0.25)), "check_unpriced_usage", false);
    let strict = limit("check_unpriced_usage", 0.2);
    is_kept_back(&place, "2026-10-07", &strict, &["check_unpriced_usage", "billed_model_id=no-such-model"]);
    publishes(&run(&place, "2026-10-07", ""), "check_unpriced_usage", true);
    write(&place, "apps", "2026-10-06", 1, "gpt-5.4-mini", "\"workload\":\"triage\",");
    publishes(&run(&place, "2026-10-07", &strict), "check_unpriced_usage", false);
}

#[test]
fn a_bill_that_is_not_explained_keeps_back_when_the_run_file_says_so() {
    let place = Place::new();
    day(&place, "apps", "2026-10-05", 3);
    let bill =
        std::fs::read_to_string(super::support::root().join("sample_data/formats/focus/own/llm_spend_2026-10.csv"));
    place.write("bill/2026-10.csv", bill.expect("the sample of the format"));
    let sources = [("apps", "openai_envelope", "apps/"), ("bill", "focus", "bill/")];
    place.run_file("2026-10-20", &sources, "");
    publishes(&place.trimtab(&RUN), "check_reconciliation", true);
    let before = place.files("out", &["state"]);
    place.run_file("2026-10-20", &sources, "[checks.check_reconciliation]\nseverity = \"error\"\n");
    let said = place.trimtab(&RUN);
    assert_eq!(said.code, 5, "{}", said.err);
    assert!(said.err.contains("check_reconciliation") && said.err.contains("status=UNRECONCILED"), "{}", said.err);
    assert!(place.files("out", &["state"]) == before, "what was published stays");
}

#[test]
fn explain_says_what_the_run_file_makes_of_a_check() {
    let place = Place::new();
    place.run_file(
        "2026-10-07",
        &[("apps", "openai_envelope", "apps/")],
        "[checks.check_stale_sources]\nseverity = \"error\"\n",
    );
    let said = place.trimtab(&["explain", "check_stale_sources", "--config", "trimtab.toml"]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(
        said.out.contains("severity: warn") && said.out.contains("in the run file: severity error, limit as above"),
        "{}",
        said.out
    );
}

#[test]
fn what_no_check_can_be_is_refused() {
    let place = Place::new();
    day(&place, "apps", "2026-10-05", 1);
    for (more, words) in [
        ("[checks.check_nothing]\nlimit = 1\n", ["check `check_nothing` does not exist", "known: check_"]),
        ("[checks.check_reconciliation]\nlimit = 1\n", ["`check_reconciliation` has no limit", "severity may be set"]),
        ("[checks.check_rows_add_up]\nseverity = \"warn\"\n", ["`check_rows_add_up` cannot be a warning", "be wrong"]),
        ("[checks.check_stale_sources]\nlimit = -1\n", ["has the limit -1", "from 0 on"]),
        ("[checks.check_stale_sources]\nseverity = \"fatal\"\n", ["trimtab.toml:", "fatal"]),
        (
            "[checks.check_rejected_share]\nlimit = 0.5\n[[parameters]]\nparameter_id = \"C-01\"\n\
             name = \"max_rejected_share\"\nexpected = 1.0\n",
            ["`check_rejected_share` is set twice", "[[parameters]]"],
        ),
    ] {
        place.run_file("2026-10-07", &[("apps", "openai_envelope", "apps/")], more);
        let said = place.trimtab(&["check", "--config", "trimtab.toml"]);
        assert_eq!(said.code, 2, "{more}: {}", said.err);
        for word in words {
            assert!(said.err.contains(word), "lacks `{word}`: {}", said.err);
        }
    }
}

/// Money that nobody owes, days in the wrong order, names that the catalog does not have, parameters beyond their bounds.
#[test]
fn what_no_fact_can_be_is_refused() {
    let place = Place::new();
    day(&place, "apps", "2026-10-05", 1);
    let commitment = |lines: &str| {
        let usual = [
            ("id", "\"c\""),
            ("provider", "\"openai\""),
            ("usd_per_month", "\"100\""),
            ("starts_on", "\"2026-01-01\""),
            ("ends_on", "\"2027-01-01\""),
        ];
        let usual =
            usual.iter().filter(|(key, _)| !lines.starts_with(key)).map(|(key, value)| format!("{key} = {value}\n"));
        format!("[[commitments]]\n{}{lines}\n", usual.collect::<String>())
    };
    let terms = |pct: &str, model: &str| {
        format!(
            "[[contract_terms]]\nprovider = \"openai\"\ndiscount_pct = \"{pct}\"\nvalid_from = \"2026-01-01\"\n{model}"
        )
    };
    let parameter = |name: &str, value: &str| {
        format!("[[parameters]]\nparameter_id = \"P\"\nname = \"{name}\"\nexpected = {value}\n")
    };
    let quota = |model: &str, tokens: i64| format!("[[quotas]]\nmodel = \"{model}\"\ntokens_per_minute = {tokens}\n");
    let run = |more: &str| {
        place.run_file("2026-10-07", &[("apps", "openai_envelope", "apps/")], more);
        place.trimtab(&["check", "--config", "trimtab.toml"])
    };
    for (more, words) in [
        (commitment("ends_on = \"2025-12-31\""), ["[[commitments]] `c`", "before it starts"]),
        (commitment("usd_per_month = \"-5\""), ["usd_per_month cannot be `-5`", "not negative"]),
        (commitment("usd_per_month = \"a lot\""), ["usd_per_month cannot be `a lot`", "as text"]),
        (commitment("provider = \"opnai\""), ["no provider `opnai`", "known: "]),
        (commitment("usd_per_month = \"2e3\""), ["usd_per_month cannot be `2e3`", "not negative"]),
        (commitment("reassignable_to = \"w\""), ["is not reassignable", "[[commitments]] `c`"]),
        (commitment("") + &commitment(""), ["states it twice", "[[commitments]] `c`"]),
        (terms("10", "") + &terms("20", ""), ["states it twice", "`openai`, all models, from 2026-01-01"]),
        (terms("0.10", ""), ["a discount of `0.10` percent", "\"15\" is 15 %"]),
        (terms("150", ""), ["a discount of `150` percent", "percent off list"]),
        (terms("-10", ""), ["a discount of `-10` percent", "[[contract_terms]]"]),
        (terms("10", "model_id = \"gpt-0\"\n"), ["no model `gpt-0` of `openai`", "trimtab list models"]),
        (quota("openai/gpt-0", 1), ["no model `gpt-0` of `openai`", "[[quotas]] of model `openai/gpt-0`"]),
        (quota("gpt-5.4", 1), ["`gpt-5.4` names no model", "provider/model_id"]),
        (quota("openai/gpt-5.4", 0), ["tokens_per_minute cannot be 0", "input and output together"]),
        (quota("openai/gpt-5.4", 1) + &quota("openai/gpt-5.4", 2), ["states it twice", "[[quotas]]"]),
        ("[candidates]\nproviders = [\"nobody\"]\n".into(), ["no provider `nobody`", "[candidates]"]),
        ("[workloads.triage]\ncandidates = [\"openai/gpt-0\"]\n".into(), ["no model `gpt-0`", "[workloads.triage]"]),
        ("[team]\ncapacity_hours = -3.0\n".into(), ["a team of -3 hours", "capacity_hours"]),
        (
            "[[benefits]]\nworkload = \"w\"\nkind = \"fame\"\nusd_per_month = \"1\"\n".into(),
            ["kind `fame` does not exist", "time or revenue"],
        ),
        (
            "[[benefits]]\nworkload = \"w\"\nkind = \"cash\"\nusd_per_month = \"1\"\n".into(),
            ["kind `cash` does not exist", "what the bill goes down by"],
        ),
        (parameter("horizon_months", "0"), ["`horizon_months` is 1 to 120", "has 0 to 0"]),
        (parameter("nu", "-1.0"), ["`nu` is 0.001 to 1000", "has -1 to -1"]),
        (parameter("alpha", "2.0"), ["`alpha` is 0.0001 to 0.5", "has 2 to 2"]),
        (parameter("discount_rate", "-5.0"), ["`discount_rate` is 0 to 10", "has -5 to -5"]),
        (parameter("maintenance_hours_none", "-1.0"), ["is at least 0", "has -1 to -1"]),
        (parameter("nu", "inf"), ["`nu` is 0.001 to 1000", "has inf"]),
        (parameter("nu", "nan"), ["`nu` is not low <= expected <= high", "[[parameters]]"]),
        (parameter("nux", "1.0"), ["parameter `nux` does not exist", "known: "]),
        (
            parameter("alpha", "0.1\nscope = \"pair\""),
            ["`alpha` cannot be set for the scope `pair`", "scopes of `alpha`: all, workload"],
        ),
        (
            parameter("nu", "1.1\nscope = \"workloads\""),
            ["`nu` cannot be set for the scope `workloads`", "all, workload, pair"],
        ),
        (
            parameter("nu", "1.1\nscope = \"workload\""),
            ["`nu` has the scope `workload` and the key ``", "the workload's id"],
        ),
        (parameter("nu", "1.1\nscope = \"pair\"\nkey = \"a\""), ["the key `a`", "provider/model for the others"]),
        (parameter("nu", "1.1\nkey = \"w\""), ["has no key", "name its scope"]),
    ] {
        let said = run(&more);
        assert_eq!(said.code, 2, "{more}: {}", said.err);
        for word in words {
            assert!(said.err.contains(word), "{more} lacks `{word}`: {}", said.err);
        }
    }
    let said = run(&(commitment("") + &terms("0", "") + &parameter("nu", "1.1\nscope = \"pair\"\nkey = \"a/b>c/d\"")));
    assert_eq!(said.code, 0, "{}", said.err);
}

/// A page is one page however many workloads there are: what weighs most, and how many more there are of each reason.
#[test]
fn a_page_of_many_workloads_lists_the_largest_and_counts_the_rest() {
    let place = Place::new();
    for n in 0..25 {
        let source = format!("apps/{n:02}");
        write(&place, &source, "2026-10-05", n + 1, "gpt-5.4-mini", &format!("\"workload\":\"w{n:02}\","));
    }
    let said = run(&place, "2026-10-07", "");
    assert_eq!(said.code, 0, "{}", said.err);
    for (page, row) in [("summary.md", "| w"), ("summary.html", "<tr><td>w")] {
        let text = place.read(&format!("out/summary/run_date=2026-10-07/{page}"));
        let stays = text
            .split("Stays, and why")
            .nth(1)
            .and_then(|rest| rest.split("From the naive").next())
            .unwrap_or_default();
        assert_eq!(
            stays.lines().filter(|line| line.starts_with(row) && line.contains("VOLUME")).count(),
            20,
            "{stays}"
        );
        assert!(stays.contains("w24") && !stays.contains("w04"), "{stays}");
        assert!(stays.contains("And 5 more, which") && stays.contains("of all 25: 25 "), "{stays}");
    }
}
