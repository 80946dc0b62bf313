//! A simulated year: night after night over logs of the invented company, some of which come late.
//!
//! Each night gets the calls of one day; about a tenth of the objects comes one to five nights later. The project is the real
//! one as far as it keeps state: reading, settling, the daily relations, `coverage` and `spend_by_model`; what only reads
//! them is left out, because it costs the same every night. After each night the state's files and bytes are counted.

use std::collections::BTreeMap;
use std::path::Path as FilePath;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use futures::TryStreamExt;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt};
use serde_json::Value;
use trimtab::config::{Config, Overrides};
use trimtab::lock::Owner;
use trimtab::pipeline;
use trimtab::project::Project;
use trimtab::project::graph::Layer;
use trimtab::store::mount;

use super::company::{Company, Fault, Format, Prices};

/// A simulation.
pub struct Simulation {
    /// Also the name of its stores.
    pub name: &'static str,
    pub nights: u64,
    pub requests_a_night: u64,
    /// First day of events.
    pub start: NaiveDate,
    /// `[windows]` and `[retention]` of the run file.
    pub keeps: &'static str,
}

/// What a night left.
#[derive(Debug, Clone, Copy)]
#[allow(dead_code, reason = "the short form looks at a part of it")]
pub struct Left {
    pub night: u64,
    pub files: u64,
    pub bytes: u64,
    pub seconds: f64,
    /// Requests to stores, of all kinds.
    pub requests: u64,
    /// Rows that came too late.
    pub late: u64,
}

/// What a simulation found.
pub struct Found {
    pub nights: Vec<Left>,
    /// Keys of the last run date that a run over everything publishes otherwise.
    pub differing: Vec<String>,
}

impl Found {
    /// The most that was left in a span of nights.
    pub fn most(&self, nights: std::ops::RangeInclusive<u64>, of: impl Fn(&Left) -> f64) -> f64 {
        self.nights.iter().filter(|left| nights.contains(&left.night)).map(of).fold(0.0, f64::max)
    }

    /// The middle of a span of nights.
    #[allow(dead_code, reason = "the short form compares no times")]
    pub fn middle(&self, nights: std::ops::RangeInclusive<u64>, of: impl Fn(&Left) -> f64) -> f64 {
        let mut values: Vec<f64> = self.nights.iter().filter(|left| nights.contains(&left.night)).map(of).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or_default()
    }
}

/// Runs the nights, each handed over as it ends, then compares the last one with a run over everything.
pub async fn run(simulation: &Simulation, mut heard: impl FnMut(&Left)) -> Result<Found, String> {
    let mut world = World::new(simulation).await?;
    let mut nights = Vec::new();
    for night in 1..=simulation.nights {
        world.deliver(night).await?;
        let begun = Instant::now();
        world.night(night, &world.state.clone(), false).await?;
        let left = world.left(night, begun.elapsed().as_secs_f64()).await?;
        heard(&left);
        nights.push(left);
    }
    let fresh = Arc::new(InMemory::new());
    world.night(simulation.nights, &fresh, true).await?;
    let date = format!("run_date={}/", world.date(simulation.nights));
    let (usual, whole) = (published(&world.state, &date).await?, published(&fresh, &date).await?);
    let keys = usual.keys().chain(whole.keys()).filter(|key| usual.get(*key) != whole.get(*key));
    let mut differing: Vec<String> = keys.cloned().collect();
    differing.sort();
    differing.dedup();
    if usual.is_empty() {
        differing.push("nothing was published".into());
    }
    Ok(Found { nights, differing })
}

struct World<'a> {
    simulation: &'a Simulation,
    project: Project,
    prices: Prices,
    logs: Arc<InMemory>,
    state: Arc<InMemory>,
    folder: tempfile::TempDir,
    /// Objects that come later, by night.
    late: BTreeMap<u64, Vec<(String, Bytes)>>,
    clock: Arc<Mutex<DateTime<Utc>>>,
}

const FORMATS: [Format; 2] = [Format::Litellm, Format::Bedrock];

impl World<'_> {
    async fn new(simulation: &Simulation) -> Result<World<'_>, String> {
        let mut project = Project::load(None).await.map_err(|error| error.to_string())?;
        let wanted = [
            "int_parameters",
            "int_limits",
            "int_source_days",
            "int_source_freshness",
            "coverage",
            "spend_by_model",
            "check_rows_add_up",
        ];
        let formats = FORMATS.map(Format::name);
        project.queries.retain(|query| match &query.layer {
            Layer::Daily => true,
            Layer::Staging(_) => formats.iter().any(|format| query.path.ends_with(&format!("/{format}.sql"))),
            _ => wanted.contains(&query.name.as_str()),
        });
        project.sources.retain(|name, _| formats.contains(&name.as_str()));
        let page = "{% for row in marts.spend_by_model %}{{ row.event_date }} {{ row.requests }}\n{% endfor %}";
        project.templates = [("summary.md.j2".to_string(), page.to_string())].into();
        let seed = FilePath::new(env!("CARGO_MANIFEST_DIR")).join("queries/seeds/model_prices.csv");
        Ok(World {
            simulation,
            project,
            prices: Prices::read(&seed).map_err(|fault| fault.to_string())?,
            logs: Arc::default(),
            state: Arc::default(),
            folder: tempfile::tempdir().map_err(|error| error.to_string())?,
            late: BTreeMap::new(),
            clock: Arc::default(),
        })
    }

    fn date(&self, night: u64) -> NaiveDate {
        self.simulation.start + Days::new(night)
    }

    /// Puts what a night finds new into the bucket: most of the calls of the day before, and what was late until now.
    async fn deliver(&mut self, night: u64) -> Result<(), String> {
        let mut company = Company::sample();
        company.keep_formats(&FORMATS);
        company.start = self.date(night - 1);
        company.days = 1;
        company.requests_per_night = Some(self.simulation.requests_a_night);
        company.calls_per_batch = Some((self.simulation.requests_a_night / 8).max(1) as usize);
        let mut objects = self.late.remove(&night).unwrap_or_default();
        let late = &mut self.late;
        let mut count = night;
        company
            .write(&self.prices, &mut |key, bytes| {
                let object = (key.to_string(), Bytes::copy_from_slice(bytes));
                count += 1;
                match (key.contains('/'), count % 10) {
                    (false, _) => {}
                    (true, 0) => late.entry(night + 1 + count % 5).or_default().push(object),
                    (true, _) => objects.push(object),
                }
                Ok::<(), Fault>(())
            })
            .map_err(|fault| fault.to_string())?;
        for (key, bytes) in objects {
            self.logs.put(&Path::from(key), bytes.into()).await.map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    async fn night(&self, night: u64, state: &Arc<InMemory>, is_full: bool) -> Result<(), String> {
        let (name, date) = (self.simulation.name, self.date(night));
        mount(name, state.clone());
        mount(&format!("{name}-logs"), self.logs.clone());
        let mut text = format!(
            "date = \"{date}\"\nstate = \"memory://{name}/state/\"\noutput = \"memory://{name}/out/\"\n{}",
            self.simulation.keeps
        );
        for format in FORMATS {
            let (source, format, folder) = (format.source(), format.name(), format.folder());
            text += &format!(
                "[[sources]]\nname = \"{source}\"\nformat = \"{format}\"\nurl = \"memory://{name}-logs/{folder}/\"\n"
            );
        }
        let file = self.folder.path().join("trimtab.toml");
        std::fs::write(&file, text).map_err(|error| error.to_string())?;
        let overrides = Overrides { full: is_full, ..Overrides::default() };
        let config = Config::load(&file, &overrides).map_err(|error| error.to_string())?;
        *self.clock.lock().unwrap_or_else(PoisonError::into_inner) = date.and_time(NaiveTime::MIN).and_utc();
        let clock = self.clock.clone();
        let owner = Owner::with_clock(Arc::new(move || *clock.lock().unwrap_or_else(PoisonError::into_inner)))
            .map_err(|error| error.to_string())?;
        let ran = pipeline::run(&self.project, &config, &owner, &|_| {}).await;
        ran.map(drop).map_err(|error| format!("night {night}: {error}"))
    }

    /// Counts the state.
    async fn left(&self, night: u64, seconds: f64) -> Result<Left, String> {
        let prefix = Path::from("state");
        let listed: Vec<ObjectMeta> =
            self.state.list(Some(&prefix)).try_collect().await.map_err(|error| error.to_string())?;
        let runs = listed.iter().map(|meta| meta.location.clone()).filter(|at| at.as_ref().starts_with("state/runs/"));
        let last = runs.max().ok_or("no record of a run")?;
        let record = self.state.get(&last).await.map_err(|error| error.to_string())?;
        let record = record.bytes().await.map_err(|error| error.to_string())?;
        let record: Value = serde_json::from_slice(&record).map_err(|error| error.to_string())?;
        let requests = record["requests"].as_object().map_or(0, |kinds| kinds.values().filter_map(Value::as_u64).sum());
        let warnings = record["first_warnings"].as_array().cloned().unwrap_or_default();
        let late = warnings.iter().filter(|text| text.as_str().is_some_and(|text| text.contains("too late"))).count();
        let (files, bytes) = (listed.len() as u64, listed.iter().map(|meta| meta.size).sum());
        Ok(Left { night, files, bytes, seconds, requests, late: late as u64 })
    }
}

async fn published(store: &Arc<InMemory>, date: &str) -> Result<BTreeMap<String, Bytes>, String> {
    let prefix = Path::from("out");
    let listed: Vec<ObjectMeta> = store.list(Some(&prefix)).try_collect().await.map_err(|error| error.to_string())?;
    let mut objects = BTreeMap::new();
    for meta in listed.into_iter().filter(|meta| meta.location.as_ref().contains(date)) {
        let got = store.get(&meta.location).await.map_err(|error| error.to_string())?;
        objects.insert(meta.location.to_string(), got.bytes().await.map_err(|error| error.to_string())?);
    }
    Ok(objects)
}
