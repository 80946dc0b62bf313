//! What docs/deployment.md tells people to copy: the run file passes, JSON parses, options exist, Python compiles.

use std::process::Command;

use crate::support::{Place, root};

/// Blocks of a language, in order.
fn blocks(language: &str) -> Vec<String> {
    let text = std::fs::read_to_string(root().join("docs/deployment.md")).expect("docs/deployment.md");
    let parts = text.split("\n```").collect::<Vec<_>>();
    // Fences open and close in turn: every second part is inside.
    let inside = parts.iter().skip(1).step_by(2);
    inside.filter_map(|part| part.strip_prefix(&format!("{language}\n")).map(str::to_string)).collect()
}

#[test]
fn the_run_file_passes_check() {
    let [text] = &blocks("toml")[..] else { panic!("one run file") };
    let place = Place::new();
    place.write("trimtab.toml", text);
    let said = place.trimtab(&["check", "--config", "trimtab.toml"]);
    assert_eq!(said.code, 0, "{}", said.err);
}

#[test]
fn policies_are_json_and_give_what_a_run_needs() {
    let policies = blocks("json");
    assert_eq!(policies.len(), 5, "S3, two for Azure, two for GCS");
    for policy in &policies {
        serde_json::from_str::<serde_json::Value>(policy).unwrap_or_else(|error| panic!("{error}\n{policy}"));
    }
    for (policy, needs) in policies.iter().zip([
        &["s3:ListBucket", "s3:GetObject", "s3:PutObject", "s3:DeleteObject"][..],
        &["blobs/read"],
        &["blobs/read", "blobs/write", "blobs/delete"],
        &["storage.objects.get", "storage.objects.list"],
        &["storage.objects.create", "storage.objects.delete", "storage.objects.get", "storage.objects.list"],
    ]) {
        for need in needs {
            assert!(policy.contains(need), "{need} in\n{policy}");
        }
        assert!(!policy.contains("\"*\"") && !policy.contains("s3:*"), "nothing is given that is not needed\n{policy}");
    }
}

#[test]
fn every_option_of_the_examples_exists() {
    let place = Place::new();
    let help = place.trimtab(&["run", "--help"]).out;
    let mut seen = 0;
    for language in ["sh", "ini", "yaml", "python"] {
        for block in blocks(language) {
            let words = block.split(|letter: char| letter.is_whitespace() || "\",[]".contains(letter));
            for option in words.filter(|word| word.starts_with("--") && block.contains("--config")) {
                assert!(help.contains(option), "`trimtab run` has no {option}:\n{block}");
                seen += 1;
            }
        }
    }
    assert!(seen >= 9, "four schedulers with two options and more; found {seen}");
}

#[test]
fn every_limit_of_the_page_is_a_key_with_its_default() {
    let page = std::fs::read_to_string(root().join("docs/deployment.md")).expect("docs/deployment.md");
    let example = std::fs::read_to_string(root().join("src/commands/init.toml")).expect("the example run file");
    let keys = ["concurrency", "requests_per_second", "connect_timeout_seconds", "request_timeout_seconds"];
    for key in keys.iter().chain(&["retries", "retry_seconds"]) {
        let line = example.lines().find_map(|line| line.strip_prefix(&format!("# {key} = ")));
        let default =
            line.and_then(|line| line.split_whitespace().next()).unwrap_or_else(|| panic!("{key} in init.toml"));
        assert!(page.contains(&format!("| `{key}` | {default} |")), "{key} = {default} on the page");
        let place = Place::new();
        place.run_file("2026-11-21", &[("a", "litellm", "logs/")], &format!("[engine]\n{key} = {default}\n"));
        let said = place.trimtab(&["check", "--config", "trimtab.toml"]);
        assert_eq!(said.code, 0, "{}", said.err);
    }
}

#[test]
fn the_airflow_example_is_python() {
    let [text] = &blocks("python")[..] else { panic!("one example") };
    let place = Place::new();
    let file = place.write("dag.py", text);
    let Ok(said) = Command::new("python3").args(["-m", "py_compile"]).arg(file).output() else {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "not run: needs python3");
        return eprintln!("not run: needs python3");
    };
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
}
