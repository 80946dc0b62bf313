//! The house is tidy: floors, forbidden words, headers, contracts, samples, and a project that speaks of itself alone.
//!
//! Every rule lists all its faults at once, with file and line, and says what to do about one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use arrow::datatypes::{DataType, TimeUnit};
use regex::Regex;
use trimtab::config::{Config, Overrides};
use trimtab::engine::Engine;
use trimtab::header::Header;
use trimtab::pipeline;
use trimtab::project::Project;
use trimtab::schema::Table;

use super::support::root;

/// Modules of `src` from the ground up: floor, name, and what it uses. `error` is the cellar: it uses nothing of ours.
const FLOORS: [(u8, &str, &str); 22] = [
    (0, "error", ""),
    (0, "wire", ""),
    (1, "config", "error wire"),
    (1, "header", ""),
    (1, "outcome", ""),
    (1, "requests", ""),
    (2, "reader", ""),
    (2, "schema", "error header"),
    (2, "store", "config error requests wire"),
    (3, "lock", "error requests store wire"),
    (3, "table_file", "error reader schema"),
    (4, "rows", "error table_file"),
    (4, "waiting", "error schema table_file"),
    (4, "project", "error header reader schema"),
    (5, "engine", "config error project schema store table_file"),
    (6, "ingest", "config engine error project reader schema store table_file waiting"),
    (6, "report", "config error outcome project rows"),
    (
        7,
        "pipeline",
        "config engine error ingest lock outcome project report requests rows schema store table_file waiting wire",
    ),
    (6, "prices", "error project reader"),
    (7, "cli", "config prices"),
    (8, "commands", "cli config engine error ingest lock pipeline prices project report schema store table_file"),
    (9, "main", "cli commands error"),
];

/// Queries above 120 lines, each with the reason why it is one file. A mapping spells out its contract: it may have 400.
const LONG_QUERIES: [(&str, &str); 9] = [
    ("queries/intermediate/int_measured_ratios.sql", "a ratio and its spread are one estimator"),
    ("queries/marts/savings_bridge.sql", "every effect is a difference of two costs that stand side by side"),
    ("queries/marts/savings_waterfall.sql", "every step is a difference of two levels that stand side by side"),
    ("queries/marts/decisions.sql", "one row says all that was decided of a workload"),
    ("queries/marts/headline.sql", "one row names every figure of the page"),
    ("queries/intermediate/int_bridge.sql", "the terms of one sum stand in one file, or nobody sees that they add up"),
    ("queries/daily/requests_priced.sql", "one pass over the requests resolves, attributes and prices a call"),
    ("queries/intermediate/int_bundle_actions.sql", "one case says in which order reasons come"),
    ("queries/intermediate/int_bundle_gates.sql", "every gate is one branch of the same shape"),
];

/// Floats of contracts that are no share, ratio or score.
const OTHER_FLOATS: [(&str, &str); 6] = [
    ("parameters.low", "a parameter of the method: a factor, a count or a share"),
    ("parameters.expected", "a parameter of the method: a factor, a count or a share"),
    ("parameters.high", "a parameter of the method: a factor, a count or a share"),
    ("parameters.least", "a bound of such a value"),
    ("parameters.most", "a bound of such a value"),
    ("team.capacity_hours", "hours that the owner states"),
];

/// Worked examples of the method whose figures are tests at this stage.
const PROMISED_EXAMPLES: [&str; 44] = [
    "0.1", "0.2", "1.1", "1.2", "2.1", "2.2", "2.3", "2.4", "2.5", "3.1", "3.2", "3.3", "3.4", "3.5", "3.6", "3.7",
    "4.1", "4.2", "5.1", "5.2", "5.3", "5.4", "5.5", "5.6", "5.7", "5.8", "5.9", "6.1", "6.2", "6.3", "6.4", "6.5",
    "6.6", "6.7", "6.8", "6.9", "7.1", "7.2", "7.3", "7.4", "9.1", "10.1", "10.2", "10.3",
];

#[test]
fn imports_go_down_only() {
    let mut faults = Vec::new();
    let floor_of: BTreeMap<&str, u8> = FLOORS.iter().map(|(floor, name, _)| (*name, *floor)).collect();
    let mut allowed = BTreeSet::new();
    for (floor, name, uses) in FLOORS {
        for used in uses.split_whitespace() {
            if floor_of[used] >= floor {
                faults.push(format!("the table lets `{name}` (floor {floor}) use `{used}` (floor {})", floor_of[used]));
            }
            allowed.insert((name.to_string(), used.to_string()));
        }
    }
    let edge = Regex::new(r"\bcrate::([a-z_]+)").unwrap();
    let edge_of_main = Regex::new(r"\btrimtab::([a-z_]+)").unwrap();
    let mut found = BTreeSet::new();
    for (path, line, text) in code() {
        let module = module_of(&path);
        let above_the_roof = if path.matches('/').count() == 1 { "super::" } else { "super::super::" };
        if text.contains("crate::{") || text.contains(above_the_roof) {
            faults.push(format!("{path}:{line}: name one module in a line, from `crate::`"));
        }
        let edges = if module == "main" { &edge_of_main } else { &edge };
        for used in edges.captures_iter(&text).map(|found| found[1].to_string()).filter(|used| *used != module) {
            if !allowed.contains(&(module.clone(), used.clone())) {
                faults.push(format!("{path}:{line}: `{module}` may not use `{used}`"));
            }
            found.insert((module.clone(), used));
        }
        if !floor_of.contains_key(module.as_str()) && module != "lib" {
            faults.push(format!("{path}: `{module}` stands on no floor"));
        }
    }
    faults.extend(
        allowed
            .difference(&found)
            .map(|(module, used)| format!("`{module}` no longer uses `{used}`: drop it from the table")),
    );
    none(faults, "imports go down only; the table of floors stands in this file");
}

#[test]
fn nothing_in_src_may_stop_the_program() {
    let word = Regex::new(r"\.unwrap\(\)|\.expect\(|\b(panic|todo|unimplemented|unreachable)!").unwrap();
    let faults = code()
        .into_iter()
        .filter_map(|(path, line, text)| word.find(&text).map(|found| format!("{path}:{line}: `{}`", found.as_str())));
    none(faults.collect(), "outside tests every failure is an `Error` with a kind");
}

#[test]
fn unsafe_stands_only_in_the_readers_core_and_is_proved() {
    let word = Regex::new(r"\bunsafe\b").unwrap();
    let found: Vec<(String, usize)> =
        code().into_iter().filter(|(_, _, text)| word.is_match(text)).map(|(path, line, _)| (path, line)).collect();
    assert_eq!(found.len(), 1, "one block is what the reader's search for quotes needs: {found:?}");
    let files: BTreeMap<String, String> = texts("src", "rs").into_iter().collect();
    let faults = found.into_iter().filter(|(path, line)| {
        let before: Vec<&str> = files[path].lines().take(line - 1).collect();
        let proof = before.iter().rev().take_while(|text| text.trim_start().starts_with("//"));
        path != "src/reader/scan.rs" || !proof.into_iter().any(|text| text.trim_start().starts_with("// SAFETY: "))
    });
    none(
        faults.map(|(path, line)| format!("{path}:{line}")).collect(),
        "a proof stands above the block, in the one file",
    );
}

#[test]
fn only_their_owners_know_the_command_line_the_templates_and_the_exit() {
    let owners: [(&str, &[&str], &str); 3] = [
        (r"\bclap\b", &["src/cli.rs", "src/commands/"], "the command line"),
        (r"\bminijinja\b", &["src/report/"], "templates"),
        (
            r#"\bexit\(|\bExitCode\b|\beprint(ln)?!|"error: "#,
            &["src/main.rs"],
            "printing errors and ending the process",
        ),
    ];
    let mut faults = Vec::new();
    for (pattern, homes, what) in owners {
        let pattern = Regex::new(pattern).unwrap();
        for (path, line, text) in code() {
            if pattern.is_match(&text) && !homes.iter().any(|home| path.starts_with(home)) {
                faults.push(format!("{path}:{line}: {what}: only in {}", homes.join(", ")));
            }
        }
    }
    none(faults, "one module knows each library at the edge");
}

#[test]
fn files_of_src_are_short() {
    let mut lines: BTreeMap<String, usize> = BTreeMap::new();
    for (path, _, _) in code() {
        *lines.entry(path).or_default() += 1;
    }
    let faults = lines
        .into_iter()
        .filter(|(_, lines)| *lines > 400)
        .map(|(path, lines)| format!("{path}: {lines} lines without tests"));
    none(faults.collect(), "a file near 300 lines is split along its subjects");
}

#[test]
fn queries_keep_their_form() {
    let forbidden = Regex::new(r"\bapprox_\w+|\b(random|now|uuid)\s*\(|\bcurrent_(date|time|timestamp)\b").unwrap();
    let capitals = Regex::new(r"\b[A-Z][A-Z_]+\b").unwrap();
    let bare_union = Regex::new(r"\bunion\b(\s+all\b)?").unwrap();
    let mut faults = Vec::new();
    for (path, text) in texts("queries", "sql") {
        let layer = path.split('/').nth(1).unwrap_or_default();
        let header = Header::parse(&text);
        let required: &[&str] = match layer {
            "staging" => &["grain", "tokens", "docs"],
            "levers" => &["grain", "title", "why_it_costs", "assumes", "wrong_when", "method"],
            "checks" => &["severity", "because"],
            _ => &["grain"],
        };
        for key in required.iter().filter(|key| header.get(key).is_none()) {
            faults.push(format!("{path}: the header lacks `{key}:`"));
        }
        let opens_well = text.strip_prefix("-- ").is_some_and(|rest| rest.starts_with(char::is_uppercase));
        if !opens_well || !header.summary.ends_with('.') {
            faults.push(format!("{path}:1: the file opens with a sentence that says what one row is"));
        }
        for (number, line) in without_comments_and_texts(&text).lines().enumerate() {
            let place = format!("{path}:{}", number + 1);
            for found in forbidden.find_iter(line) {
                faults.push(format!("{place}: `{}` depends on engine, chance or clock", found.as_str()));
            }
            for found in capitals.find_iter(line) {
                faults.push(format!("{place}: write `{}` in lower case", found.as_str()));
            }
        }
        let sql = without_comments_and_texts(&text);
        if bare_union.captures_iter(&sql).any(|found| found.get(1).is_none()) {
            faults.push(format!("{path}: `union` drops rows in silence; write `union all`"));
        }
        let (lines, listed) = (text.lines().count(), LONG_QUERIES.iter().any(|(long, _)| *long == path));
        let most = if path.starts_with("queries/staging/") { 400 } else { 120 };
        match (lines > most, listed) {
            (true, false) => faults.push(format!("{path}: {lines} lines; split it or list it here with its reason")),
            (false, true) => faults.push(format!("{path}: {lines} lines; it need not be listed as long")),
            _ => {}
        }
    }
    for (path, _) in LONG_QUERIES.iter().filter(|(path, _)| !root().join(path).exists()) {
        faults.push(format!("{path} is listed as long, but does not exist"));
    }
    none(faults, "queries keep one form");
}

#[test]
fn every_format_has_a_mapping_and_a_sample() {
    let mappings: Vec<String> = texts("queries/staging", "sql").into_iter().map(|(path, _)| stem(&path)).collect();
    let mut faults = Vec::new();
    for (path, _) in texts("schemas/sources", "sql") {
        let format = stem(&path);
        if !mappings.contains(&format) {
            faults.push(format!("{path}: write queries/staging/<contract>/{format}.sql"));
        }
        let sample = format!("sample_data/formats/{format}");
        let files = walk(&root().join(&sample));
        if !files.iter().any(|file| file.ends_with("/README.md")) {
            faults.push(format!("{path}: write {sample}/README.md, a line for each nasty case"));
        }
        if !files.iter().any(|file| !file.ends_with("README.md")) {
            faults.push(format!("{path}: put made-up records into {sample}"));
        }
    }
    let shapes: Vec<String> = texts("schemas/sources", "sql").into_iter().map(|(path, _)| stem(&path)).collect();
    faults.extend(
        mappings
            .iter()
            .filter(|format| !shapes.contains(format))
            .map(|format| format!("mapping of `{format}`: write schemas/sources/{format}.sql")),
    );
    none(faults, "a format is a raw shape, a mapping and a sample");
}

#[tokio::test]
async fn contracts_are_documented_and_published_types_are_plain() {
    let marts: BTreeMap<String, Header> =
        texts("queries/marts", "sql").into_iter().map(|(path, text)| (stem(&path), Header::parse(&text))).collect();
    let name = Regex::new("^[a-z][a-z0-9_]*$").unwrap();
    let mut faults = Vec::new();
    for (path, text) in texts("schemas/contracts", "sql") {
        let table = Table::parse(&text, &path).await.unwrap_or_else(|error| panic!("{path}: {error}"));
        let mart = marts.get(&table.name);
        for field in table.schema.fields() {
            let place = format!("{path}: `{}`", field.name());
            if field.metadata().get("description").is_none_or(|comment| comment.trim().is_empty()) {
                faults.push(format!("{place} has no `-- comment` behind it"));
            }
            // Files in the columns of FOCUS bear the names of FOCUS.
            if !name.is_match(field.name()) && !table.name.starts_with("focus_") {
                faults.push(format!("{place} is not snake_case"));
            }
            let is_decimal = matches!(field.data_type(), DataType::Decimal128(..));
            if ["_usd", "_cost"].iter().any(|end| field.name().ends_with(end)) && !is_decimal {
                faults.push(format!("{place} bears the name of money, which is decimal"));
            }
            let is_statistic = ["share", "ratio", "score"].iter().any(|word| field.name().contains(word));
            let is_listed =
                OTHER_FLOATS.iter().any(|(column, _)| *column == format!("{}.{}", table.name, field.name()));
            if *field.data_type() == DataType::Float64 && !is_statistic && !is_listed {
                faults.push(format!("{place} is a float, but no share, ratio or score"));
            }
            if mart.is_some() && !may_be_published(field.data_type()) {
                faults.push(format!("{place} is {}, which may not be published", field.data_type()));
            }
        }
        let Some(query) = mart else { continue };
        for key in ["version", "window"].iter().filter(|key| table.header.get(key).is_none()) {
            faults.push(format!("{path}: a published contract states its `{key}:`"));
        }
        if table.header.list("grain") != query.list("grain") {
            faults.push(format!("{path}: its grain is not the grain of its query"));
        }
    }
    none(faults, "contracts are the documentation of what is published");
}

#[test]
fn what_is_left_unsorted_is_grouped_by_its_grain() {
    let unsorted = texts("queries", "sql").into_iter().filter(|(_, text)| text.contains("\n-- unsorted:"));
    let is_grouped = |text: &str| text.rsplit("\nselect\n").next().is_some_and(|last| last.contains("\ngroup by\n"));
    let faults: Vec<String> = unsorted.filter(|(_, text)| !is_grouped(text)).map(|(path, _)| path).collect();
    none(faults, "nobody else sees to it that no row repeats");
}

#[test]
fn the_project_speaks_of_itself_alone() {
    // Cut in two, so that this file keeps its own rule.
    let rules = [
        (concat!(r"/wo", r"rk/"), "a path of the machine that it was written on", ""),
        (concat!(r"\.\./sha", r"red"), "a folder beside the project", ".ci/ tests/it/witness/"),
        (concat!(r"(?i)\bissues? ?#? ?", r"\d"), "a number in a tracker", ""),
        (concat!(r"(?i)\b(this|another|previous|next|last|my|our|agent) sess", r"ion\b"), "who wrote it", ""),
        (
            concat!(
                r"(?i)\((interf",
                r"aces|layout|anchors)\b|\b(interf",
                r"aces|layout|anchors|engine-notes)\.md|\binterf",
                r"aces section"
            ),
            "a plan that is no part of the project",
            "",
        ),
        (
            concat!(
                r"https?://[a-z0-9.-]+\.(inter",
                r"nal|lan|corp|intra)\b|https?://(10|192\.168|172\.(1[6-9]|2\d|3[01]))\.\d"
            ),
            "a host inside somebody's network",
            "",
        ),
    ];
    let mut faults = Vec::new();
    for (pattern, what, homes) in rules {
        let pattern = Regex::new(pattern).unwrap();
        for (path, text) in own_files() {
            if path == "Cargo.lock" || homes.split_whitespace().any(|home| path.starts_with(home)) {
                continue;
            }
            for (number, line) in text.lines().enumerate().filter(|(_, line)| pattern.is_match(line)) {
                faults.push(format!(
                    "{path}:{}: names {what}: {}",
                    number + 1,
                    line.trim().chars().take(100).collect::<String>()
                ));
            }
        }
    }
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).unwrap_or_default();
    let foreign = lock
        .lines()
        .filter(|line| line.starts_with("source = ") && !line.contains("https://github.com/rust-lang/crates.io-index"));
    faults.extend(foreign.map(|line| format!("Cargo.lock: {line}")));
    none(faults, "a stranger with a clone understands every word");
}

#[test]
fn worked_examples_of_the_method_are_tests() {
    let id = Regex::new(r"\bEX-(\d+\.\d+)").unwrap();
    let ids = |text: &str| id.captures_iter(text).map(|found| found[1].to_string()).collect::<Vec<_>>();
    let mut tested = BTreeSet::new();
    for folder in ["tests", "src"] {
        for path in walk(&root().join(folder)) {
            tested.extend(ids(&std::fs::read_to_string(root().join(path)).unwrap_or_default()));
        }
    }
    match std::env::var("WITNESS_DATA") {
        Ok(folder) => {
            let path = root().join(folder).join("method_check.py");
            let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let known: BTreeSet<String> = ids(&text).into_iter().collect();
            let missing: Vec<&str> = known.difference(&tested).map(String::as_str).collect();
            println!("worked examples without a test: {} of {}: {}", missing.len(), known.len(), missing.join(" "));
            let unknown = tested.difference(&known).map(|id| format!("{id} is no example of the method"));
            none(unknown.collect(), "tests name examples that exist");
        }
        Err(_) => {
            println!("not run: needs WITNESS_DATA (the list of all worked examples)");
            assert!(
                std::env::var("CI").as_deref() != Ok("true"),
                "CI needs WITNESS_DATA, the folder with method_check.py"
            );
        }
    }
    let missing =
        PROMISED_EXAMPLES.iter().filter(|id| !tested.contains(**id)).map(|id| format!("example {id} has no test"));
    none(missing.collect(), "the examples of this stage stand in tests/sql or beside the code");
}

/// What the page of hard questions promises is tested: a test of that name, or a file of tests/sql, or a check.
#[test]
fn every_answer_to_a_hard_question_names_a_test_that_exists() {
    let page = std::fs::read_to_string(root().join("docs/faq.md")).expect("docs/faq.md");
    let mut sources = String::new();
    for folder in ["tests", "src"] {
        for path in walk(&root().join(folder)).iter().filter(|path| path.ends_with(".rs")) {
            sources += &std::fs::read_to_string(root().join(path)).expect("a source file");
        }
    }
    let name = Regex::new("`([a-z0-9_.]+)`").unwrap();
    let mut faults = Vec::new();
    let mut questions = 0;
    for line in page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| question")) {
        questions += 1;
        let tests = line.trim_end_matches('|').rsplit('|').next().unwrap_or_default();
        let mut named = name.captures_iter(tests).map(|found| found[1].to_string()).peekable();
        if named.peek().is_none() {
            faults.push(format!("no test is named: {line}"));
        }
        faults.extend(
            named
                .filter(|test| match test.as_str() {
                    file if file.ends_with(".slt") => !root().join("tests/sql").join(file).exists(),
                    check if check.starts_with("check_") => {
                        !root().join(format!("queries/checks/{check}.sql")).exists()
                    }
                    test => !sources.contains(&format!("fn {test}(")),
                })
                .map(|test| format!("there is no test `{test}`")),
        );
    }
    assert_eq!(questions, 22, "one line for each");
    none(faults, "an answer to a hard question is a test");
}

/// Upper-case texts of the decision's queries that are no code: units, zones, states of pools, faults of bills.
const NO_CODES: [&str; 14] = [
    "ABCDEF",
    "CENTS",
    "MEMBER",
    "MODALITY_AUDIO",
    "NOT_OPENED",
    "NOT_PROVEN",
    "NO_RATE",
    "OPEN",
    "OUTSIDE",
    "RUNNING",
    "SERVED",
    "TOOLS_BUILT_IN",
    "UNIT",
    "UNREADABLE",
];

#[test]
fn every_code_can_be_explained() {
    let read = |path: &str| std::fs::read_to_string(root().join(path)).expect("a file of the project");
    let code = Regex::new("'([A-Z][A-Z0-9_]{3,}):?'").expect("an expression");
    let known: BTreeSet<String> = read("queries/seeds/codes.csv")
        .lines()
        .skip(1)
        .filter_map(|line| line.split(',').next().map(str::to_string))
        .collect();
    let mut faults = BTreeSet::new();
    let mut found = BTreeSet::new();
    for path in
        ["queries/intermediate", "queries/marts", "queries/levers"].iter().flat_map(|folder| walk(&root().join(folder)))
    {
        for text in code.captures_iter(&read(&path)).map(|capture| capture[1].to_string()) {
            if !known.contains(&text) && !NO_CODES.contains(&text.as_str()) {
                faults.insert(format!("{path}: {text} is not in queries/seeds/codes.csv"));
            }
            found.insert(text);
        }
    }
    let reasons = read("queries/seeds/decision_words.csv");
    found.extend(reasons.lines().skip(1).filter_map(|line| line.split(',').next().map(str::to_string)));
    faults.extend(known.iter().filter(|code| !found.contains(*code)).map(|code| format!("no query says {code}")));
    none(faults.into_iter().collect(), "a code means something, and what means something is said");
}

fn may_be_published(data_type: &DataType) -> bool {
    match data_type {
        DataType::Int64
        | DataType::Date32
        | DataType::Decimal128(..)
        | DataType::Utf8
        | DataType::Boolean
        | DataType::Float64 => true,
        DataType::Timestamp(TimeUnit::Microsecond, Some(zone)) => ["UTC", "+00:00"].contains(&zone.as_ref()),
        DataType::List(item) => *item.data_type() == DataType::Utf8,
        _ => false,
    }
}

fn none(faults: Vec<String>, rule: &str) {
    assert!(faults.is_empty(), "{rule}; {} faults:\n  {}", faults.len(), faults.join("\n  "));
}

fn stem(path: &str) -> String {
    path.rsplit('/').next().unwrap_or_default().split('.').next().unwrap_or_default().to_string()
}

/// The module of `src` that a file belongs to.
fn module_of(path: &str) -> String {
    path.trim_start_matches("src/").split(['/', '.']).next().unwrap_or_default().to_string()
}

/// Files below a folder by path from the root, ordered.
fn walk(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut pending = vec![folder.to_path_buf()];
    while let Some(next) = pending.pop() {
        for entry in std::fs::read_dir(&next).into_iter().flatten() {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                pending.push(path);
            } else {
                found.push(path.strip_prefix(root()).expect("below the root").to_string_lossy().into_owned());
            }
        }
    }
    found.sort();
    found
}

/// Text files below a folder whose name has an ending.
fn texts(folder: &str, ending: &str) -> Vec<(String, String)> {
    let paths = walk(&root().join(folder)).into_iter().filter(|path| path.ends_with(&format!(".{ending}")));
    paths.map(|path| (path.clone(), std::fs::read_to_string(root().join(&path)).expect("a text file"))).collect()
}

/// Every text file of the project: all but what `.gitignore` names and what is no text.
fn own_files() -> Vec<(String, String)> {
    let ignored = std::fs::read_to_string(root().join(".gitignore")).unwrap_or_default();
    let ignored: Vec<&str> =
        ignored.lines().map(|line| line.trim_matches('/')).filter(|line| !line.is_empty()).collect();
    let mut files = Vec::new();
    for entry in std::fs::read_dir(root()).expect("the root") {
        let (path, name) = {
            let entry = entry.expect("an entry");
            (entry.path(), entry.file_name().to_string_lossy().into_owned())
        };
        if name == ".git" || ignored.contains(&name.as_str()) {
            continue;
        }
        let paths = if path.is_dir() { walk(&path) } else { vec![name] };
        files.extend(paths.into_iter().filter_map(|path| {
            let text = std::fs::read_to_string(root().join(&path)).ok()?;
            Some((path, text))
        }));
    }
    files
}

/// Lines of `src` outside tests, with file and number; comments are empty lines.
fn code() -> Vec<(String, usize, String)> {
    let files = texts("src", "rs");
    let mut tests_only = BTreeSet::new();
    let mut lines = Vec::new();
    for (path, text) in &files {
        let all: Vec<&str> = text.lines().collect();
        let mut at = 0;
        while at < all.len() {
            if all[at].trim() != "#[cfg(test)]" {
                let is_comment = all[at].trim_start().starts_with("//");
                lines.push((path.clone(), at + 1, if is_comment { String::new() } else { all[at].to_string() }));
                at += 1;
                continue;
            }
            let indent = &all[at][..all[at].len() - all[at].trim_start().len()];
            at += 1;
            while all.get(at).is_some_and(|line| line.trim_start().starts_with("#[")) {
                at += 1;
            }
            let item = all.get(at).copied().unwrap_or_default().trim();
            if let Some(module) = item.strip_suffix(';').and_then(|item| item.rsplit(' ').next()) {
                let folder = path.rsplit_once('/').map_or("src", |(folder, _)| folder);
                tests_only.insert(format!("{folder}/{module}.rs"));
            } else if !item.ends_with('}') {
                let end = format!("{indent}}}");
                while at < all.len() && all[at].trim_end() != end {
                    at += 1;
                }
            }
            at += 1;
        }
    }
    lines.retain(|(path, _, _)| !tests_only.contains(path));
    lines
}

/// SQL without its comments, texts and quoted names; lines keep their numbers.
fn without_comments_and_texts(sql: &str) -> String {
    let mut bare = String::new();
    let mut letters = sql.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '-' if letters.peek() == Some(&'-') => {
                while letters.peek().is_some_and(|next| *next != '\n') {
                    letters.next();
                }
            }
            '\'' | '"' => {
                bare.push(' ');
                for inner in letters.by_ref() {
                    if inner == '\n' {
                        bare.push('\n');
                    }
                    if inner == letter {
                        break;
                    }
                }
            }
            other => bare.push(other),
        }
    }
    bare
}

/// A night plans no query of ours ahead: each one that ships is planned here, over declared schemas.
#[tokio::test]
async fn every_query_plans_and_fits_its_contract() {
    let project = Project::load(None).await.expect("the project");
    let text = trimtab::project::sample_run_file().expect("a run file");
    let config = Config::sample(&text, Path::new("."), &Overrides::default()).expect("the sample's run file");
    let engine = Engine::open(&config.engine).await.expect("an engine");
    pipeline::plan(&engine, &project, &config).await.expect("the run file fits the project");
    assert!(!project.has_foreign_sql);
    pipeline::plan_queries(&engine, &project).await.expect("every query plans");
}

#[test]
fn comments_and_texts_of_sql_are_no_sql() {
    let sql = "-- UNION of\nselect 'NOW()', \"A B\", a -- x\nfrom t\n";
    assert_eq!(without_comments_and_texts(sql), "\nselect  ,  , a \nfrom t\n");
}
