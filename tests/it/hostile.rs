//! Hostile lines, the short form: every line is delivered or rejected, whatever stands in it. The long form with its
//! memory is `cargo run --profile bench --example prove -- hostile-lines`, figures in docs/reliability.md.

#[path = "../support/hostile/mod.rs"]
mod lines;

use trimtab::project::Project;

fn table(format: &str) -> trimtab::schema::Table {
    let project =
        tokio::runtime::Runtime::new().expect("a runtime").block_on(Project::load(None)).expect("the project loads");
    project.sources[format].clone()
}

#[test]
fn a_hundred_thousand_hostile_lines_are_all_accounted_for() {
    let account = lines::read(&table("litellm"), 100_000, 26);
    assert!(account.violations.is_empty(), "{:?}", account.violations);
    assert!(account.lines >= 100_000 && account.delivered > 10_000 && account.rejected > 50_000, "{account:?}");
    // The damage is in the lines, not in the objects: none hides what stands behind it.
    assert_eq!((account.faults, account.behind_faults), (0, 0), "{account:?}");
}

#[test]
fn a_line_of_100_mb_a_bomb_and_an_abyss_are_accounted_for() {
    let account = lines::large(&table("litellm"));
    assert!(account.violations.is_empty(), "{:?}", account.violations);
    // Rejected: the long line, the bomb's one line, the abyss. The bomb is a fault of its object as well.
    assert_eq!((account.delivered, account.rejected, account.faults), (4, 3, 1), "{account:?}");
}
