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
use super::groups::Groups;
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::project::{Project, Query, graph::Layer};
use crate::rows::Rows;
use crate::store::Store;
use crate::table_file::to_kept_parquet;

/// Queries that run at once, where the machine has as many cores. More would share the engine's memory in ever smaller parts.
const AT_ONCE: usize = 4;

/// Relations that wait to be written while others are built: their readers have them from memory.
const WAITING: usize = 8;

/// What all levers propose together.
pub const PROPOSALS: &str = "proposals";

/// The relation whose rows are the workloads.
pub const WORKLOADS: &str = "int_workloads";

/// What is built, and what becomes of it.
pub struct Plan<'a> {
    /// Relations that are built, in the order of the project.
    pub relations: Vec<&'a Query>,
    /// Relations that stay in the session, whoever reads them here.
    pub stay: BTreeSet<&'a str>,
    /// Where those that are not published are kept, below `run_date=D`, for `trimtab sql` and `trimtab whatif`. Relations by
    /// workload that are decided in groups are not: for one workload they are soon made again, and for all of them they are
    /// most of what a night would write.
    pub kept: Option<(Store, NaiveDate)>,
    /// Workloads that are decided together where there are more than twice as many.
    pub workloads_at_once: usize,
}

impl Plan<'_> {
    /// Where a relation is kept, if it is.
    fn keeps(&self, place: usize) -> Option<&(Store, NaiveDate)> {
        self.kept.as_ref().filter(|_| self.relations[place].layer != Layer::Mart)
    }
}

/// A relation that was built.
#[derive(Debug)]
pub struct Built {
    /// Its name.
    pub name: String,
    /// Its rows, in the order of its grain.
    pub rows: Rows,
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
    if !plan.relations.iter().any(|query| query.name == WORKLOADS) {
        graph.release();
    }
    let mut groups: Option<Groups> = None;
    loop {
        whole(engine, &project, plan, &mut graph, &mut built).await?;
        if graph.is_done() {
            return Ok(());
        }
        let ended = match &mut groups {
            None => {
                forget_kept(plan).await?;
                let (begun, empty) = Groups::begin(engine, &project, plan, &mut graph).await?;
                groups = Some(begun);
                empty
            }
            Some(groups) => groups.next(&graph).await?,
        };
        for (place, one) in ended {
            if let (Some((state, date)), Rows::Whole(rows)) = (plan.keeps(place), &one.rows) {
                state.put(&kept_key(*date, &one.name), to_kept_parquet(rows)?).await?;
            }
            forget_unread(engine, plan, graph.ended(place))?;
            built(one);
        }
    }
}

/// Builds the relations that may begin, several at once, until none is left.
async fn whole(
    engine: &Engine,
    project: &Arc<Project>,
    plan: &Plan<'_>,
    graph: &mut Graph,
    built: &mut impl FnMut(Built),
) -> Result<()> {
    let (mut running, mut writing) = (JoinSet::new(), JoinSet::new());
    // One is written at a time, as all that the lock guards: each write on its way may come after a pause of this run.
    let turn = Arc::new(Mutex::new(()));
    let mut proposals: BTreeMap<usize, RecordBatch> = BTreeMap::new();
    loop {
        while running.len() < at_once()
            && let Some(place) = graph.next()
        {
            let (engine, project) = (engine.clone(), project.clone());
            let query = plan.relations[place].clone();
            running.spawn(async move { (place, one(&engine, &project, &query).await) });
        }
        let Some(ended) = running.join_next().await else { break };
        let (place, result) = ended.map_err(|error| Error::engine("a relation came to no end").because(error))?;
        let (rows, took) = result?;
        let query = plan.relations[place];
        if let Some((state, date)) = plan.keeps(place) {
            let key = kept_key(*date, &query.name);
            writing.spawn(keep(state.clone(), turn.clone(), key, rows.clone()));
        }
        written(&mut writing, WAITING).await?;
        if query.layer == Layer::Lever {
            proposals.insert(place, rows.clone());
            if graph.is_last_lever(place) {
                engine.register(PROPOSALS, rows.schema(), std::mem::take(&mut proposals).into_values().collect())?;
            }
        }
        engine.register(&query.name, rows.schema(), vec![rows.clone()])?;
        if query.name == WORKLOADS && rows.num_rows() <= 2 * plan.workloads_at_once {
            graph.release();
        }
        forget_unread(engine, plan, graph.ended(place))?;
        built(Built { name: query.name.clone(), rows: Rows::Whole(rows), took });
    }
    written(&mut writing, 0).await
}

/// Takes relations out of the session that nobody reads any more.
fn forget_unread(engine: &Engine, plan: &Plan, unread: Vec<usize>) -> Result<()> {
    for place in unread {
        let query = plan.relations[place];
        let collected = if query.layer == Layer::Lever { PROPOSALS } else { &query.name };
        for name in [&query.name, collected] {
            if !plan.stay.contains(name) {
                engine.deregister(name)?;
            }
        }
    }
    Ok(())
}

/// How many queries run at once.
pub(super) fn at_once() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from).min(AT_ONCE)
}

/// Takes away what an earlier run of the date kept of relations that this one does not keep.
async fn forget_kept(plan: &Plan<'_>) -> Result<()> {
    let Some((state, date)) = &plan.kept else { return Ok(()) };
    let stale: BTreeSet<String> = plan
        .relations
        .iter()
        .filter(|query| query.is_by_workload() || query.layer == Layer::Mart)
        .map(|query| kept_key(*date, &query.name))
        .collect();
    for key in state.keys(&format!("run_date={date}")).await?.iter().filter(|key| stale.contains(*key)) {
        state.delete(key).await?;
    }
    Ok(())
}

/// Where a relation of a night is kept.
pub fn kept_key(date: NaiveDate, name: &str) -> String {
    format!("run_date={date}/{name}.parquet")
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

/// Writes a relation to the state.
async fn keep(state: Store, turn: Arc<Mutex<()>>, key: String, rows: RecordBatch) -> Result<()> {
    let bytes = to_kept_parquet(&rows)?;
    let _turn = turn.lock().await;
    state.put(&key, bytes).await
}

async fn one(engine: &Engine, project: &Project, query: &Query) -> Result<(RecordBatch, Duration)> {
    let begun = Instant::now();
    let rows = build::rows(engine, project, query).await?;
    Ok((rows, begun.elapsed()))
}

/// Which relations wait for which, by their places in the plan.
pub(super) struct Graph {
    /// Places that a place waits for, until they are built.
    waits: Vec<BTreeSet<usize>>,
    /// Places that read a place.
    readers: Vec<BTreeSet<usize>>,
    /// Relations one after the other that begin with a place: the longest way is begun first.
    length: Vec<usize>,
    /// Places that may begin.
    ready: BTreeSet<(Reverse<usize>, usize)>,
    levers: BTreeSet<usize>,
    is_built: Vec<bool>,
    /// Relations by workload, which wait until it is known how many workloads there are.
    held: BTreeSet<usize>,
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
        let held = (0..count).filter(|place| plan.relations[*place].is_by_workload()).collect();
        let mut graph =
            Graph { waits, readers, length, ready: BTreeSet::new(), levers, is_built: vec![false; count], held };
        for place in 0..count {
            graph.offer(place);
        }
        graph
    }

    /// Lets relations by workload begin as all others do.
    fn release(&mut self) {
        for place in std::mem::take(&mut self.held) {
            self.offer(place);
        }
    }

    /// Whether every relation is built.
    fn is_done(&self) -> bool {
        self.is_built.iter().all(|is_built| *is_built)
    }

    /// Whether a relation is built.
    pub(super) fn is_built(&self, place: usize) -> bool {
        self.is_built[place]
    }

    /// Notes that a relation stands before its turn.
    pub(super) fn stands(&mut self, place: usize) {
        self.is_built[place] = true;
    }

    /// What a relation waits for.
    pub(super) fn waits_for(&self, place: usize) -> impl Iterator<Item = usize> {
        self.waits[place].iter().copied().filter(|of| !self.is_built[*of])
    }

    /// Lets a place begin if it waits for nothing.
    fn offer(&mut self, place: usize) {
        if self.waits[place].is_empty() && !self.is_built[place] && !self.held.contains(&place) {
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
    pub(super) fn ended(&mut self, place: usize) -> Vec<usize> {
        self.is_built[place] = true;
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
        let plan =
            Plan { relations: queries.iter().collect(), stay: BTreeSet::new(), kept: None, workloads_at_once: 1 };
        let mut graph = Graph::of(&plan);
        graph.release();
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
        let relations = queries[..3].iter().collect();
        let mut plan = Plan { relations, stay: ["int_a"].into(), kept: None, workloads_at_once: 1 };
        let mut names = Vec::new();
        let mut sums = Vec::new();
        let note = |built: Built| {
            let rows = built.rows.whole().unwrap();
            sums.extend(rows.column(0).as_primitive_opt::<Int64Type>().map(|sum| sum.value(0)));
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
