//! What each query reads, which edges are allowed, and the order that follows.

use std::collections::{BTreeMap, BTreeSet};

use datafusion::sql::parser::{DFParserBuilder, Statement};
use datafusion::sql::resolve::resolve_table_references;
use datafusion::sql::sqlparser::dialect::DuckDbDialect;
use petgraph::graph::{DiGraph, NodeIndex};

use super::Query;
use crate::error::{Error, Result};
use crate::header::Header;

/// Folder of a query.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// `staging/<contract>`: one source's raw table to a contract.
    Staging(String),
    /// `daily`: rows of one day.
    Daily,
    /// `intermediate`: over the cube and seeds.
    Intermediate,
    /// `levers`: proposals.
    Lever,
    /// `marts`: what is published.
    Mart,
    /// `checks`: rows that break a rule.
    Check,
    /// `backtest`: decisions of a part of the evaluations, held against the rest; built by its command only.
    Backtest,
}

impl Layer {
    /// Whether a night builds it whole, above the daily relations.
    pub fn is_decided(&self) -> bool {
        matches!(self, Layer::Intermediate | Layer::Lever | Layer::Mart)
    }
}

/// Collected relations: folders of Parquet that several queries feed, without a query of their own.
pub const COLLECTED: [&str; 4] = ["requests", "charges", "evaluations", "proposals"];

/// Relations that the program registers.
pub const RUNTIME: [&str; 16] = [
    "settings",
    "sources",
    "size_buckets",
    "workload_facts",
    "workload_candidates",
    "commitments",
    "contract_terms",
    "gpu_pools",
    "quotas",
    "benefits",
    "team",
    "ledger",
    "repeats",
    "quarantine",
    "decision_ledger",
    "published_decisions",
];

/// Header key of relations by workload, with the value `yes`.
pub const BY_WORKLOAD: &str = "by_workload";

/// Header key of a relation whose rows stay in the order in which its query gives them, with the reason.
pub const UNSORTED: &str = "unsorted";

/// Seed relations, one CSV each.
pub const SEEDS: [&str; 9] = [
    "model_prices",
    "price_hours",
    "currency_rates",
    "models",
    "model_names",
    "provider_names",
    "parameters",
    "lever_pairs",
    "decision_words",
];

/// Reads one query file: its layer, header and inputs.
///
/// # Errors
/// `Project`, naming file and line, for a wrong folder, a missing header key, SQL that does not parse, a qualified table
/// name or a CTE that hides a relation.
pub fn query(path: &str, text: &str) -> Result<Query> {
    let wrong = |message: String| Error::project(message).at(format!("at {path}"));
    let parts: Vec<&str> = path.trim_start_matches("queries/").trim_end_matches(".sql").split('/').collect();
    let (layer, name) = match parts.as_slice() {
        ["staging", contract, format] => (Layer::Staging((*contract).into()), format!("{contract}__{format}")),
        ["daily", name] => (Layer::Daily, (*name).into()),
        ["intermediate", name] if name.starts_with("int_") => (Layer::Intermediate, (*name).into()),
        ["levers", name] if name.starts_with("lever_") => (Layer::Lever, (*name).into()),
        ["marts", name] => (Layer::Mart, (*name).into()),
        ["checks", name] if name.starts_with("check_") => (Layer::Check, (*name).into()),
        ["backtest", name] if name.starts_with("backtest_") => (Layer::Backtest, (*name).into()),
        _ => {
            return Err(wrong("the file stands in no layer, or its name lacks the layer's prefix".into())
                .hint("layers are staging/<contract>, daily, intermediate/int_, levers/lever_, marts, checks/check_, backtest/backtest_"));
        }
    };
    let header = Header::parse(text);
    let required: &[&str] = match layer {
        Layer::Staging(_) => &["grain", "tokens", "docs"],
        Layer::Lever => &["grain", "title", "why_it_costs", "assumes", "wrong_when", "method"],
        Layer::Check => &["severity", "because"],
        _ => &["grain"],
    };
    if let Some(key) = required.iter().find(|key| header.get(key).is_none()) {
        return Err(wrong(format!("the header has no `{key}:`")).hint(format!(
            "add `-- {key}: …` to the comment at the top (the layer asks for {})",
            required.join(", ")
        )));
    }
    if let Some(word) = header.get("severity").filter(|word| !["error", "warn"].contains(word)) {
        return Err(wrong(format!("severity `{word}` does not exist")).hint("write error or warn"));
    }
    if let Some(word) = header.get(BY_WORKLOAD) {
        if word != "yes" || !layer.is_decided() || layer == Layer::Lever {
            return Err(wrong(format!("`{BY_WORKLOAD}: {word}` cannot be"))
                .hint("a query of intermediate or marts may say yes; a lever is by workload without a word"));
        }
        if layer == Layer::Mart && header.list("grain").first().is_none_or(|first| first != "workload_id") {
            return Err(wrong("a mart by workload is not in the order of workloads".into())
                .hint("begin its grain with workload_id: groups of workloads follow each other in the file"));
        }
    }
    if header.get(UNSORTED).is_some() && layer != Layer::Intermediate {
        return Err(wrong(format!("a query of this layer may not say `{UNSORTED}:`"))
            .hint("only rows that nobody reads but other queries may stay in the order in which they come"));
    }
    let statement = parse(text).map_err(|error| error.at(format!("at {path}")))?;
    let (relations, ctes) = resolve_table_references(&statement, true)?;
    let mut inputs = Vec::new();
    for relation in relations {
        if relation.schema().is_some() || relation.table().contains(['.', '/']) {
            return Err(
                wrong(format!("`{relation}` is a qualified name or a file")).hint("read relations by their plain name")
            );
        }
        if relation.table() != "generate_series" {
            inputs.push(relation.table().to_string());
        }
    }
    if let Some(hidden) = ctes.iter().find(|cte| inputs.contains(&cte.table().to_string())) {
        return Err(wrong(format!("the CTE `{hidden}` bears the name of a relation")).hint("rename the CTE"));
    }
    inputs.sort();
    inputs.dedup();
    Ok(Query { name, layer, path: path.into(), sql: text.into(), statement, header, inputs })
}

/// Parses one statement in the dialect of queries, which has lambdas.
///
/// # Errors
/// `Project` with line and column when it does not parse or is not exactly one statement.
pub fn parse(sql: &str) -> Result<Statement> {
    let mut statements = DFParserBuilder::new(sql)
        .with_dialect(&DuckDbDialect {})
        .build()
        .and_then(|mut parser| parser.parse_statements())
        .map_err(|error| Error::project("the SQL does not parse").at(error.strip_backtrace()).hint("mend the SQL"))?;
    match (statements.pop_front(), statements.is_empty()) {
        (Some(statement), true) => Ok(statement),
        _ => Err(Error::project("the file holds no, or more than one, statement").hint("one file is one select")),
    }
}

/// What a layer may read.
fn may_read(reader: &Layer, read: &str, layer_of: &BTreeMap<String, Layer>) -> bool {
    let is_seed = SEEDS.contains(&read);
    let is_runtime = RUNTIME.contains(&read);
    let layer = layer_of.get(read);
    match reader {
        Layer::Staging(_) => false,
        Layer::Daily => {
            is_seed
                || ["size_buckets", "settings"].contains(&read)
                || ["requests", "charges", "evaluations"].contains(&read)
                || layer == Some(&Layer::Daily)
        }
        Layer::Intermediate => {
            is_seed
                || is_runtime
                || ["proposals", "evaluations", "charges"].contains(&read)
                || matches!(layer, Some(Layer::Daily | Layer::Intermediate))
        }
        Layer::Lever => is_seed || is_runtime || matches!(layer, Some(Layer::Daily | Layer::Intermediate)),
        Layer::Mart => {
            is_seed
                || is_runtime
                || read == "charges"
                || matches!(layer, Some(Layer::Daily | Layer::Intermediate | Layer::Mart))
        }
        Layer::Check | Layer::Backtest => true,
    }
}

/// Orders queries so that each comes after what it reads; ties by name.
///
/// # Errors
/// `Project` for a relation defined twice, an unknown relation, a forbidden edge (both files named) or a cycle (all
/// files on it named).
pub fn order(queries: Vec<Query>, contracts: &BTreeSet<String>) -> Result<Vec<Query>> {
    let mut by_name: BTreeMap<String, Query> = BTreeMap::new();
    for query in queries {
        let known = COLLECTED.contains(&query.name.as_str())
            || RUNTIME.contains(&query.name.as_str())
            || SEEDS.contains(&query.name.as_str());
        if known || by_name.contains_key(&query.name) {
            return Err(Error::project(format!("relation `{}` is defined twice", query.name))
                .at(format!("at {}", query.path))
                .hint("rename the file: its stem is the relation's name"));
        }
        by_name.insert(query.name.clone(), query);
    }
    let layer_of: BTreeMap<String, Layer> = by_name.values().map(|q| (q.name.clone(), q.layer.clone())).collect();
    let mut graph = DiGraph::<&str, ()>::new();
    let nodes: BTreeMap<&str, NodeIndex> = by_name.keys().map(|name| (name.as_str(), graph.add_node(name))).collect();
    for query in by_name.values() {
        for input in &query.inputs {
            if let Layer::Staging(contract) = &query.layer {
                if *input != query.name.trim_start_matches(&format!("{contract}__")) {
                    return Err(Error::project(format!("mapping `{}` reads `{input}`", query.name))
                        .at(format!("at {}", query.path))
                        .hint("a mapping reads its own raw table only"));
                }
                continue;
            }
            let known = layer_of.contains_key(input) || contracts.contains(input);
            if !known {
                return Err(Error::project(format!("query `{}` reads `{input}`, which does not exist", query.name))
                    .at(format!("at {}:{}", query.path, line_of(&query.sql, input)))
                    .hint("`trimtab list queries` shows every relation"));
            }
            if !may_read(&query.layer, input, &layer_of) {
                let other = by_name.get(input).map_or_else(|| format!("relation `{input}`"), |q| q.path.clone());
                return Err(Error::project(format!("query `{}` may not read `{input}`", query.name))
                    .at(format!("at {}:{}", query.path, line_of(&query.sql, input)))
                    .at(format!("reads {other}"))
                    .hint("docs/architecture.md shows which layer reads which"));
            }
            let of_groups = by_name.get(input).filter(|of| of.is_by_workload() && !names_workloads(of));
            if let Some(of) = of_groups.filter(|_| query.layer.is_decided() && !query.is_by_workload()) {
                return Err(Error::project(format!(
                    "query `{}` looks at all workloads and reads `{input}`",
                    query.name
                ))
                .at(format!("at {}", query.path))
                .at(format!("reads {}, whose rows name no workload and repeat from group to group", of.path))
                .hint("read a relation that names workloads"));
            }
            if let Some(from) = nodes.get(input.as_str()) {
                graph.add_edge(*from, nodes[query.name.as_str()], ());
            } else if input == "proposals" {
                for lever in by_name.values().filter(|q| q.layer == Layer::Lever) {
                    graph.add_edge(nodes[lever.name.as_str()], nodes[query.name.as_str()], ());
                }
            }
        }
    }
    let order = sorted(&graph).map_err(|cycle| {
        let mut error = Error::project("queries read each other in a cycle");
        for name in &cycle {
            error = error.at(format!("at {}", by_name[*name].path));
        }
        error.hint("move what they share into a query of its own")
    })?;
    let order: Vec<String> = order.into_iter().map(str::to_string).collect();
    Ok(order.iter().filter_map(|name| by_name.remove(name)).collect())
}

/// Whether each row of a relation by workload tells which workload it is about.
fn names_workloads(query: &Query) -> bool {
    query.header.list("grain").iter().any(|column| ["workload_id", "recommendation_id"].contains(&column.as_str()))
}

/// Kahn's algorithm with the smallest name first, so that the order is one and the same everywhere.
fn sorted<'a>(graph: &DiGraph<&'a str, ()>) -> Result<Vec<&'a str>, Vec<&'a str>> {
    let mut waiting: BTreeMap<NodeIndex, usize> = graph
        .node_indices()
        .map(|node| (node, graph.neighbors_directed(node, petgraph::Direction::Incoming).count()))
        .collect();
    let mut order = Vec::new();
    loop {
        let next =
            waiting.iter().filter(|(_, open)| **open == 0).map(|(node, _)| *node).min_by_key(|node| graph[*node]);
        let Some(node) = next else { break };
        waiting.remove(&node);
        order.push(graph[node]);
        for after in graph.neighbors(node) {
            if let Some(open) = waiting.get_mut(&after) {
                *open -= 1;
            }
        }
    }
    if waiting.is_empty() {
        return Ok(order);
    }
    let cycles = petgraph::algo::tarjan_scc(graph)
        .into_iter()
        .filter(|group| group.len() > 1 || graph.contains_edge(group[0], group[0]));
    let mut cycle: Vec<&str> = cycles.flatten().map(|node| graph[node]).collect();
    cycle.sort_unstable();
    Err(cycle)
}

fn line_of(sql: &str, word: &str) -> usize {
    sql.lines().position(|line| !line.trim_start().starts_with("--") && line.contains(word)).map_or(1, |line| line + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mart(name: &str, sql: &str) -> Query {
        query(&format!("queries/marts/{name}.sql"), &format!("-- x\n-- grain: a\n{sql}")).unwrap()
    }

    #[test]
    fn table_references_are_found_everywhere_but_ctes_are_not() {
        let found = mart(
            "m",
            "with own as (select a from int_x where exists (select 1 from int_y where int_y.a = int_x.a)),\n\
             more as (select * from own)\nselect a, (select max(b) from int_z) from more where a in (select a from int_w)",
        );
        assert_eq!(found.inputs, ["int_w", "int_x", "int_y", "int_z"]);
    }

    #[test]
    fn a_cte_may_not_hide_a_relation() {
        let text = "-- x\n-- grain: a\nwith requests as (select * from requests) select a from requests";
        assert!(query("queries/marts/m.sql", text).unwrap_err().to_string().contains("CTE"));
    }

    #[test]
    fn order_follows_reads_and_a_cycle_names_its_files() {
        let queries =
            vec![mart("b", "select a from c"), mart("a", "select a from b"), mart("c", "select a from settings")];
        let known = BTreeSet::from(["settings".to_string()]);
        let names: Vec<_> = order(queries, &known).unwrap().into_iter().map(|q| q.name).collect();
        assert_eq!(names, ["c", "b", "a"]);
        let error = order(vec![mart("b", "select a from c"), mart("c", "select a from b")], &known).unwrap_err();
        assert!(error.to_string().contains("queries/marts/b.sql") && error.to_string().contains("queries/marts/c.sql"));
    }

    #[test]
    fn forbidden_and_unknown_edges_name_both_sides() {
        let known = BTreeSet::from(["requests".to_string()]);
        let error = order(vec![mart("m", "select a\nfrom requests")], &known).unwrap_err().to_string();
        assert!(error.contains("may not read `requests`") && error.contains("m.sql:4"), "{error}");
        let error = order(vec![mart("m", "select a from nothing")], &known).unwrap_err().to_string();
        assert!(error.contains("does not exist"), "{error}");
    }
}
