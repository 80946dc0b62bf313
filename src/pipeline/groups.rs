//! Relations by workload, decided in groups: most of what decides a workload is asked of that workload alone, and a large company
//! has millions of rows there. Its workloads are cut into groups in the order of their ids, and each group goes through all such
//! relations before its rows are let go.
//!
//! A relation that looks at all workloads, such as one of a pool of GPUs, parts the relations by workload into stages: those that it
//! reads come before it, and every other one as late as may be. What a later stage, such a relation, a check or a page reads is
//! packed; all else is gone with its group.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use arrow::datatypes::SchemaRef;
use bytes::Bytes;
use futures::TryStreamExt;
use tokio::task::JoinSet;

use super::build;
use super::cut::{WORKLOAD, bounds, parted};
use super::schedule::{Built, Graph, PROPOSALS, Plan, at_once};
use super::stages::{columns_read, stages};
use crate::engine::{Engine, Repeated, RowsOfRun};
use crate::error::{Error, Result};
use crate::project::{Project, Query, graph::Layer};
use crate::rows::{Packed, Rows};
use crate::table_file::{day_to_parquet, read_any, to_parquet};

/// How a company is decided in groups.
pub(super) struct Groups<'a> {
    engine: &'a Engine,
    project: Arc<Project>,
    plan: &'a Plan<'a>,
    /// The first workload of every group but the first.
    bounds: Arc<[String]>,
    queries: Arc<Repeated>,
    /// In which stage a relation by workload is built.
    stage_of: BTreeMap<usize, usize>,
    /// What groups read of relations that stand whole, by group or alike for all.
    inputs: BTreeMap<String, Input>,
    /// What groups of earlier stages left for later ones.
    held: BTreeMap<String, Arc<[Bytes]>>,
}

/// Rows that groups read.
#[derive(Clone)]
enum Input {
    Alike(Vec<RecordBatch>),
    ByGroup(Arc<[Bytes]>),
}

/// What becomes of a relation's rows.
#[derive(Clone)]
struct Left {
    name: String,
    /// The columns that someone reads later; all of them if `None`.
    columns: Option<BTreeSet<String>>,
    is_published: bool,
}

/// A relation of a group, packed.
struct Part {
    name: String,
    schema: SchemaRef,
    bytes: Bytes,
    rows: usize,
}

/// What a group made.
struct Made {
    parts: Vec<Part>,
    took: BTreeMap<String, (Duration, usize)>,
}

impl<'a> Groups<'a> {
    /// Cuts the workloads into groups of so many, and plans what is not built yet. Relations that look at all workloads and
    /// give no rows, such as those of pools where there are none, are built: they part nothing.
    pub(super) async fn begin(
        engine: &'a Engine,
        project: &Arc<Project>,
        plan: &'a Plan<'a>,
        graph: &mut Graph,
    ) -> Result<(Groups<'a>, Vec<(usize, Built)>)> {
        let bounds = bounds(engine, plan.workloads_at_once).await?;
        let unbuilt: Vec<usize> = (0..plan.relations.len()).filter(|place| !graph.is_built(*place)).collect();
        let names: BTreeSet<&str> = unbuilt.iter().map(|place| plan.relations[*place].name.as_str()).collect();
        let inputs = unbuilt.iter().flat_map(|place| plan.relations[*place].inputs.iter().map(String::as_str));
        let mut tables = BTreeMap::new();
        let mut rows = RowsOfRun::default();
        for name in inputs.filter(|name| !names.contains(name)).collect::<BTreeSet<_>>() {
            tables.insert(name.to_string(), engine.schema_of(name).await?);
            if name != PROPOSALS && engine.has_no_rows(name) {
                rows.put(name, &[]);
            }
        }
        let mut queries = Repeated::open(engine, tables.into_iter()).await?;
        let mut built = Vec::new();
        for place in unbuilt {
            let query = plan.relations[place];
            queries.plan(query, |planned| build::planned_schema(project, query, planned)).await?;
            if queries.gives_none(&query.name, &rows) {
                rows.put(&query.name, &[]);
                if let Some(schema) = queries.schema(&query.name).filter(|_| !query.is_by_workload()) {
                    let rows = build::gathered(project, query, schema.clone(), Vec::new())?;
                    engine.register(&query.name, rows.schema(), vec![rows.clone()])?;
                    graph.stands(place);
                    let rows = Rows::Whole(rows);
                    built.push((place, Built { name: query.name.clone(), rows, took: Duration::ZERO }));
                }
            }
        }
        let stage_of = stages(plan, graph);
        let (queries, inputs, held) = (Arc::new(queries), BTreeMap::new(), BTreeMap::new());
        Ok((Groups { engine, project: project.clone(), plan, bounds, queries, stage_of, inputs, held }, built))
    }

    /// Builds the relations of the next stage. Gives their places and rows.
    pub(super) async fn next(&mut self, graph: &Graph) -> Result<Vec<(usize, Built)>> {
        let left = self.stage_of.iter().filter(|(place, _)| !graph.is_built(**place));
        let Some(stage) = left.map(|(_, stage)| *stage).min() else {
            return Err(Error::engine("relations wait for each other"));
        };
        let places: BTreeSet<usize> =
            self.stage_of.iter().filter(|(_, of)| **of == stage).map(|(place, _)| *place).collect();
        if let Some(waiting) = places.iter().find(|place| graph.waits_for(**place).any(|of| !places.contains(&of))) {
            return Err(Error::engine(format!("`{}` waits for what is not built", self.plan.relations[*waiting].name)));
        }
        let members: Vec<Query> = places.iter().map(|place| self.plan.relations[*place].clone()).collect();
        let (alike, by_group) = self.read(&members, stage).await?;
        let left: Arc<Vec<Left>> = Arc::new(places.iter().flat_map(|place| self.left_of(*place, stage)).collect());
        let members = Arc::new(members);

        let mut waiting = (0..=self.bounds.len()).rev().collect::<Vec<_>>();
        let mut running = JoinSet::new();
        let mut made = BTreeMap::new();
        loop {
            while running.len() < at_once()
                && let Some(group) = waiting.pop()
            {
                let (members, left, queries) = (members.clone(), left.clone(), self.queries.clone());
                let (project, mut rows, by_group) = (self.project.clone(), alike.clone(), by_group.clone());
                running.spawn(async move {
                    for (name, parts) in by_group.iter() {
                        rows.put(name, &read_any(parts[group].clone())?.1);
                    }
                    Ok::<_, Error>((group, one(&project, &queries, &members, rows, &left).await?))
                });
            }
            let Some(ended) = running.join_next().await else { break };
            let (group, one) = ended.map_err(|error| Error::engine("a group came to no end").because(error))??;
            made.insert(group, one);
        }
        let built = self.gathered(&places, made.into_values().collect());
        self.forget(stage);
        built
    }

    /// Lets go what no later stage reads.
    fn forget(&mut self, stage: usize) {
        let later = self.stage_of.iter().filter(|(_, of)| **of > stage).map(|(place, _)| self.plan.relations[*place]);
        let read: BTreeSet<&String> = later.flat_map(|query| &query.inputs).collect();
        self.inputs.retain(|name, _| read.contains(name));
        self.held.retain(|name, _| read.contains(name));
    }

    /// What the members of a stage read that they do not build: alike for all groups, and by group.
    async fn read(
        &mut self,
        members: &[Query],
        stage: usize,
    ) -> Result<(RowsOfRun, Arc<BTreeMap<String, Arc<[Bytes]>>>)> {
        let own: BTreeSet<&str> = members.iter().map(|query| query.name.as_str()).collect();
        let has_levers = members.iter().any(|query| query.layer == Layer::Lever);
        let read: BTreeSet<&String> = members.iter().flat_map(|query| &query.inputs).collect();
        let read = read.into_iter().filter(|name| !(own.contains(name.as_str()) || has_levers && *name == PROPOSALS));
        let (whole, by_group): (Vec<&String>, Vec<&String>) = read.partition(|name| !self.held.contains_key(*name));
        let mut by_group: BTreeMap<String, Arc<[Bytes]>> =
            by_group.into_iter().filter_map(|name| Some((name.clone(), self.held.get(name)?.clone()))).collect();
        let mut waiting: Vec<&String> =
            whole.iter().filter(|name| !self.inputs.contains_key(**name)).copied().collect();
        let mut reading = JoinSet::new();
        loop {
            while reading.len() < at_once()
                && let Some(name) = waiting.pop()
            {
                let readers =
                    self.stage_of.iter().filter(|(_, of)| **of >= stage).map(|(place, _)| self.plan.relations[*place]);
                let (engine, bounds, wanted) = (self.engine.clone(), self.bounds.clone(), columns_read(name, readers));
                let name = name.clone();
                reading.spawn(async move { Ok::<_, Error>((input(&engine, &name, wanted, &bounds).await?, name)) });
            }
            let Some(ended) = reading.join_next().await else { break };
            let (input, name) = ended.map_err(|error| Error::engine("rows came to no end").because(error))??;
            self.inputs.insert(name, input);
        }
        let mut alike = RowsOfRun::default();
        for name in whole {
            match self.inputs.get(name) {
                Some(Input::Alike(rows)) => alike.put(name, rows),
                Some(Input::ByGroup(parts)) => drop(by_group.insert(name.clone(), parts.clone())),
                None => {}
            }
        }
        Ok((alike, Arc::new(by_group)))
    }

    /// What is left of a relation behind its stage.
    fn left_of(&self, place: usize, stage: usize) -> Vec<Left> {
        let query = self.plan.relations[place];
        let names = match query.layer {
            Layer::Lever => vec![query.name.as_str(), PROPOSALS],
            _ => vec![query.name.as_str()],
        };
        let left = |name: &str| {
            let is_later = |place: &usize| self.stage_of.get(place).is_none_or(|of| *of > stage);
            let queries = self.plan.relations.iter().enumerate().filter(|(place, _)| is_later(place));
            let mut readers =
                queries.map(|(_, query)| *query).filter(|query| query.inputs.iter().any(|of| of == name)).peekable();
            let is_published = query.layer == Layer::Mart;
            let is_whole = is_published || self.plan.stay.contains(name);
            let is_left = is_whole || readers.peek().is_some();
            let columns = if is_whole { None } else { columns_read(name, readers) };
            is_left.then(|| Left { name: name.to_string(), columns, is_published })
        };
        names.into_iter().filter_map(left).collect()
    }

    /// The relations of a stage from the parts of all groups, in their order.
    fn gathered(&mut self, new: &BTreeSet<usize>, made: Vec<Made>) -> Result<Vec<(usize, Built)>> {
        let mut packed: BTreeMap<String, (SchemaRef, Vec<Bytes>, usize)> = BTreeMap::new();
        let mut took: BTreeMap<String, (Duration, usize)> = BTreeMap::new();
        for one in made {
            for part in one.parts {
                let (_, parts, rows) = packed.entry(part.name).or_insert_with(|| (part.schema, Vec::new(), 0));
                parts.push(part.bytes);
                *rows += part.rows;
            }
            for (name, (time, rows)) in one.took {
                let sum = took.entry(name).or_default();
                *sum = (sum.0 + time, sum.1 + rows);
            }
        }
        for (name, (schema, parts, rows)) in &packed {
            let parts: Arc<[Bytes]> = parts.as_slice().into();
            self.engine.register_packed(name, schema, parts.clone(), *rows)?;
            self.held.insert(name.clone(), parts);
        }
        let mut built = Vec::new();
        for place in new {
            let name = &self.plan.relations[*place].name;
            let (took, rows) = took.get(name).copied().unwrap_or_default();
            let rows = match packed.remove(name) {
                Some((schema, parts, rows)) => Rows::Packed(Packed { schema, parts: parts.into(), rows }),
                None => Rows::Gone(rows),
            };
            built.push((*place, Built { name: name.clone(), rows, took }));
        }
        Ok(built)
    }
}

/// Reads a relation that stands whole, the columns that some relation by workload names.
async fn input(engine: &Engine, name: &str, wanted: Option<BTreeSet<String>>, bounds: &[String]) -> Result<Input> {
    let schema = engine.schema_of(name).await?;
    let is_wanted =
        |column: &&String| column.as_str() == WORKLOAD || wanted.as_ref().is_none_or(|of| of.contains(*column));
    let columns: Vec<&str> =
        schema.fields().iter().map(|field| field.name()).filter(is_wanted).map(String::as_str).collect();
    let stream = engine.stream(name, &columns).await?;
    match schema.index_of(WORKLOAD) {
        Err(_) => Ok(Input::Alike(stream.try_collect().await?)),
        Ok(_) => Ok(Input::ByGroup(parted(stream, bounds).await?)),
    }
}

/// Takes one group through the relations of a stage.
async fn one(
    project: &Project,
    queries: &Repeated,
    members: &[Query],
    mut rows: RowsOfRun,
    left: &[Left],
) -> Result<Made> {
    let mut made = Made { parts: Vec::new(), took: BTreeMap::new() };
    let mut levers = members.iter().filter(|query| query.layer == Layer::Lever).count();
    let mut proposals = Vec::new();
    for (place, query) in members.iter().enumerate() {
        let begun = Instant::now();
        let (schema, batches) = queries.run(&query.name, &rows).await?;
        let whole = build::gathered(project, query, schema, batches)?;
        made.took.insert(query.name.clone(), (begun.elapsed(), whole.num_rows()));
        rows.put(&query.name, std::slice::from_ref(&whole));
        if let Some(left) = left.iter().find(|left| left.name == query.name) {
            made.parts.push(pack(left, &whole)?);
        }
        if query.layer == Layer::Lever {
            proposals.push(whole);
            levers -= 1;
            if levers == 0 {
                if let (Some(left), Some(first)) = (left.iter().find(|left| left.name == PROPOSALS), proposals.first())
                {
                    made.parts.push(pack(left, &concat_batches(&first.schema(), &proposals)?)?);
                }
                rows.put(PROPOSALS, &std::mem::take(&mut proposals));
            }
        }
        let behind = &members[place + 1..];
        for name in query.inputs.iter().chain([&query.name]).filter(|name| *name != PROPOSALS || levers == 0) {
            if !behind.iter().any(|reader| reader.inputs.contains(name)) {
                rows.drop(name);
            }
        }
    }
    Ok(made)
}

/// Rows of a relation as Parquet: those that are published as they will be, others in less time.
fn pack(left: &Left, rows: &RecordBatch) -> Result<Part> {
    let rows = match &left.columns {
        None => rows.clone(),
        Some(columns) => {
            let schema = rows.schema();
            let is_left = |name: &String| name == WORKLOAD || columns.contains(name);
            let places = (0..schema.fields().len()).filter(|place| is_left(schema.field(*place).name()));
            rows.project(&places.collect::<Vec<_>>())?
        }
    };
    let bytes = match left.is_published {
        true => to_parquet(&rows)?,
        false => day_to_parquet(&rows.schema(), rows.num_rows(), &|column, range| {
            Ok(rows.column(column).slice(range.start, range.len()))
        })?,
    };
    Ok(Part { name: left.name.clone(), schema: rows.schema(), bytes, rows: rows.num_rows() })
}
