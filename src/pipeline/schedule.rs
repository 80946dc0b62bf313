//! Relations above the daily ones: each is built as soon as all that it reads is there, several at once, and leaves the
//! session when nobody reads it any more. What each gives does not depend on who runs beside it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow::array::RecordBatch;
use chrono::NaiveDate;
use tokio::sync::Mutex;
use tokio::task::JoinSet;

use super::build;
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::project::{Project, Query, graph::Layer};
use crate::store::Store;
use crate::table_file::to_kept_parquet;

/// Queries that run at once, where the machine has as many cores. More would share the engine's memory in ever smaller parts.
const AT_ONCE: usize = 4;

/// Relations that wait to be written while others are built: their readers have them from memory.
const WAITING: usize = 8;

/// What all levers propose together.
const PROPOSALS: &str = "proposals";

/// What is built, and what becomes of it.
pub struct Plan<'a> {
    /// Relations that are built, in the order of the project.
    pub relations: Vec<&'a Query>,
    /// Relations that stay in the session, whoever reads them here.
    pub stay: BTreeSet<&'a str>,
    /// Where they are kept, below `run_date=D`.
    pub kept: Option<(Store, NaiveDate)>,
}

/// A relation that was built.
#[derive(Debug)]
pub struct Built {
    /// Its name.
    pub name: String,
    /// Its rows, in the order of its grain.
    pub rows: RecordBatch,
    /// Time that it took.
    pub took: Duration,
}

/// Builds relations and tells of each one.
///
/// # Errors
/// As [`build::rows`], and `Storage` when one cannot be written; the others are given up. All are written when it returns.
pub async fn run(engine: &Engine, project: &Project, plan: &Plan<'_>, mut built: impl FnMut(Built)) -> Result<()> {
    let project = Arc::new(project.clone());
    let mut graph = Graph::of(plan);
    let at_once = std::thread::available_parallelism().map_or(1, usize::from).min(AT_ONCE);
    let (mut running, mut writing) = (JoinSet::new(), JoinSet::new());
    // One is written at a time, as all that the lock guards: each write on its way may come after a pause of this run.
    let turn = Arc::new(Mutex::new(()));
    let mut proposals: BTreeMap<usize, RecordBatch> = BTreeMap::new();
    loop {
        while running.len() < at_once
            && let Some(place) = graph.next()
        {
            let (engine, project) = (engine.clone(), project.clone());
            let query = plan.relations[place].clone();
            running.spawn(async move { (place, one(&engine, &project, &query).await) });
        }
        let Some(ended) = running.join_next().await else { break };
        let (place, result) = ended.map_err(|error| Error::engine("a relation came to no end").because(error))?;
        let one = result?;
        let query = plan.relations[place];
        if let Some((state, date)) = &plan.kept {
            writing.spawn(keep(state.clone(), turn.clone(), *date, one.name.clone(), one.rows.clone()));
        }
        written(&mut writing, WAITING).await?;
        if query.layer == Layer::Lever {
            proposals.insert(place, one.rows.clone());
            if graph.is_last_lever(place) {
                let schema = one.rows.schema();
                engine.register(PROPOSALS, schema, std::mem::take(&mut proposals).into_values().collect())?;
            }
        }
        engine.register(&query.name, one.rows.schema(), vec![one.rows.clone()])?;
        for unread in graph.ended(place) {
            let query = plan.relations[unread];
            let collected = if query.layer == Layer::Lever { PROPOSALS } else { &query.name };
            for name in [&query.name, collected] {
                if !plan.stay.contains(name) {
                    engine.deregister(name)?;
                }
            }
        }
        built(one);
    }
    written(&mut writing, 0).await
}

/// Waits until at most so many relations are still to be written.
async fn written(writing: &mut JoinSet<Result<()>>, most: usize) -> Result<()> {
    while writing.len() > most
        && let Some(ended) = writing.join_next().await
    {
        ended.map_err(|error| Error::engine("a relation was not written").because(error))??;
    }
    Ok(())
}

/// Writes a relation below `run_date=D` of the state.
async fn keep(state: Store, turn: Arc<Mutex<()>>, date: NaiveDate, name: String, rows: RecordBatch) -> Result<()> {
    let bytes = to_kept_parquet(&rows)?;
    let _turn = turn.lock().await;
    state.put(&format!("run_date={date}/{name}.parquet"), bytes).await
}

async fn one(engine: &Engine, project: &Project, query: &Query) -> Result<Built> {
    let begun = Instant::now();
    let rows = build::rows(engine, project, query).await?;
    Ok(Built { name: query.name.clone(), rows, took: begun.elapsed() })
}

/// Which relations wait for which, by their places in the plan.
struct Graph {
    /// Places that a place waits for, until they are built.
    waits: Vec<BTreeSet<usize>>,
    /// Places that read a place.
    readers: Vec<BTreeSet<usize>>,
    /// Relations one after the other that begin with a place: the longest way is begun first.
    length: Vec<usize>,
    /// Places that may begin.
    ready: BTreeSet<(Reverse<usize>, usize)>,
    levers: BTreeSet<usize>,
}

impl Graph {
    fn of(plan: &Plan) -> Graph {
        let relations = plan.relations.iter().enumerate();
        let places: BTreeMap<&str, usize> =
            relations.clone().map(|(place, query)| (query.name.as_str(), place)).collect();
        let levers: BTreeSet<usize> =
            relations.filter(|(_, query)| query.layer == Layer::Lever).map(|(place, _)| place).collect();
        let waits: Vec<BTreeSet<usize>> = plan
            .relations
            .iter()
            .map(|query| {
                let mut waits: BTreeSet<usize> =
                    query.inputs.iter().filter_map(|name| places.get(name.as_str())).copied().collect();
                if query.inputs.iter().any(|name| name == PROPOSALS) {
                    waits.extend(&levers);
                }
                waits
            })
            .collect();
        let count = plan.relations.len();
        let mut readers = vec![BTreeSet::new(); count];
        let mut length = vec![0; count];
        // Readers come after what they read, so that their lengths are known.
        for place in (0..count).rev() {
            length[place] += 1;
            for input in &waits[place] {
                readers[*input].insert(place);
                length[*input] = length[*input].max(length[place]);
            }
        }
        let mut graph = Graph { waits, readers, length, ready: BTreeSet::new(), levers };
        for place in 0..count {
            graph.offer(place);
        }
        graph
    }

    /// Lets a place begin if it waits for nothing.
    fn offer(&mut self, place: usize) {
        if self.waits[place].is_empty() {
            self.ready.insert((Reverse(self.length[place]), place));
        }
    }

    /// The next one to begin.
    fn next(&mut self) -> Option<usize> {
        self.ready.pop_first().map(|(_, place)| place)
    }

    fn is_last_lever(&mut self, place: usize) -> bool {
        self.levers.remove(&place) && self.levers.is_empty()
    }

    /// Notes that a relation is built, and names those that nobody reads from now on.
    fn ended(&mut self, place: usize) -> Vec<usize> {
        for reader in self.readers[place].clone() {
            self.waits[reader].remove(&place);
            self.offer(reader);
        }
        let mut unread = Vec::new();
        for (input, readers) in self.readers.iter_mut().enumerate() {
            if readers.remove(&place) && readers.is_empty() {
                unread.push(input);
            }
        }
        unread
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::AsArray;
    use arrow::datatypes::Int64Type;

    use super::*;
    use crate::project::graph;

    fn query(path: &str, sql: &str) -> Query {
        let header = "-- grain: a\n-- title: t\n-- why_it_costs: w\n-- assumes: a\n-- wrong_when: w\n-- method: M\n";
        graph::query(&format!("queries/{path}.sql"), &format!("{header}{sql}")).unwrap()
    }

    #[test]
    fn the_longest_way_begins_first_and_what_reads_proposals_waits_for_every_lever() {
        let queries = [
            query("intermediate/int_a", "select 1 as a"),
            query("intermediate/int_b", "select 1 as a"),
            query("levers/lever_x", "select a from int_b"),
            query("levers/lever_y", "select 2 as a"),
            query("intermediate/int_c", "select a from proposals"),
            query("marts/d", "select a from int_c cross join int_a"),
        ];
        let plan = Plan { relations: queries.iter().collect(), stay: BTreeSet::new(), kept: None };
        let mut graph = Graph::of(&plan);
        assert_eq!([graph.next(), graph.next(), graph.next(), graph.next()], [Some(1), Some(3), Some(0), None]);
        assert!(graph.ended(3).is_empty() && !graph.is_last_lever(3));
        assert_eq!((graph.ended(1), graph.next()), (vec![], Some(2)));
        assert!(graph.is_last_lever(2));
        assert_eq!((graph.ended(2), graph.next()), (vec![1], Some(4)));
        // Both levers are read by what reads proposals.
        assert_eq!((graph.ended(4), graph.next()), (vec![2, 3], None));
        assert_eq!((graph.ended(0), graph.next()), (vec![], Some(5)));
        assert_eq!((graph.ended(5), graph.next()), (vec![0, 4], None));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_nobody_reads_any_more_leaves_the_session_and_an_error_ends_the_rest() {
        let engine = Engine::open(&Default::default()).await.unwrap();
        let project = Project::load(None).await.unwrap();
        let queries = [
            query("intermediate/int_a", "select 1 as a union all select 2"),
            query("intermediate/int_b", "select a + 1 as a from int_a"),
            query("marts/c", "select sum(a) as a from int_b"),
            query("intermediate/int_wrong", "select 1 as a from int_b group by no_such_column"),
        ];
        let mut plan = Plan { relations: queries[..3].iter().collect(), stay: ["int_a"].into(), kept: None };
        let mut names = Vec::new();
        let mut sums = Vec::new();
        let note = |built: Built| {
            sums.extend(built.rows.column(0).as_primitive_opt::<Int64Type>().map(|sum| sum.value(0)));
            names.push(built.name);
        };
        run(&engine, &project, &plan, note).await.unwrap();
        assert_eq!((names, sums), (vec!["int_a".into(), "int_b".into(), "c".to_string()], vec![1, 2, 5]));
        assert!(engine.select("select * from int_a").await.is_ok() && engine.select("select * from c").await.is_ok());
        assert!(engine.select("select * from int_b").await.is_err());

        plan.relations = queries.iter().collect();
        let error = run(&engine, &project, &plan, |_| {}).await.unwrap_err();
        assert!(error.to_string().contains("`int_wrong` does not plan"), "{error}");
    }
}
