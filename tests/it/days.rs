//! Days that go through the daily relations beside others.
//!
//! Goal: what a day gives does not depend on which days go with it. Method: the days of the sample are built again one by one,
//! in the state of a run that built them together; every file of every daily relation is the same.

use std::path::Path;

use trimtab::config::{Config, Overrides, Stores};
use trimtab::engine::Engine;
use trimtab::ingest::ledger::Ledger;
use trimtab::pipeline::{daily, relations, versions::Versions};
use trimtab::project::{Project, graph::Layer};
use trimtab::store::Store;
use url::Url;

use crate::support::{Place, root};

#[tokio::test]
async fn days_one_by_one_give_the_files_of_days_together() {
    let place = Place::new();
    let said = place.trimtab(&["run"]);
    assert_eq!(said.code, 0, "{}", said.err);
    let state_folder = place.path("trimtab-out/state");
    let project = Project::load(None).await.expect("the project");
    let text = std::fs::read_to_string(root().join("sample_data/trimtab.toml")).expect("the sample's run file");
    let config = Config::sample(&text, Path::new("."), &Overrides::default()).expect("a run file");
    let state = Url::from_directory_path(&state_folder).expect("a folder");
    let state = Store::open(&state, &Stores::default()).expect("the state");
    let engine = Engine::open(&config.engine).await.expect("an engine");
    engine.mount(&state);
    let ledger = Ledger::load(&state, false).await.expect("the ledger");
    relations::register(&engine, &project, &config, &ledger).expect("relations");

    let names: Vec<String> = project.layer(Layer::Daily).map(|query| query.name.clone()).collect();
    // A relation without rows has no folder.
    let with_rows = |name: &&String| state_folder.join(name).exists();
    let files = || -> Vec<Vec<(String, Vec<u8>)>> {
        names.iter().filter(with_rows).map(|name| place.files(&format!("trimtab-out/state/{name}"), &[])).collect()
    };
    let together = files();
    assert!(names.len() > 5 && together.iter().map(Vec::len).sum::<usize>() > 300, "{} relations", names.len());
    for name in names.iter().filter(with_rows) {
        std::fs::remove_dir_all(state_folder.join(name)).expect("a folder of days");
    }
    let known = ledger.days_of("requests", false);
    let mut versions = Versions::default();
    for day in &known {
        let days = daily::Days { changed: [*day].into(), open: [*day].into(), known: known.clone() };
        let mut built = Vec::new();
        daily::build(&engine, &project, &state, &days, &mut versions, |_, of| built.push(of.days.len()))
            .await
            .expect("a day");
        assert!(built.len() == names.len() && built.iter().all(|count| *count == 1), "{day}: {built:?}");
    }
    assert!(files() == together, "the same files");
}
