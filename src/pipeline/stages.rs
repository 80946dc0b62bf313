//! In which order relations by workload and those that look at all workloads follow each other, and what one reads of another.

use std::collections::{BTreeMap, BTreeSet};

use super::schedule::{Graph, Plan};
use crate::project::{Query, graph::Layer};

/// In which stage each relation by workload is built that is not built yet: as late as those that read it allow.
pub(super) fn stages(plan: &Plan, graph: &Graph) -> BTreeMap<usize, usize> {
    let unbuilt: Vec<usize> = (0..plan.relations.len()).filter(|place| !graph.is_built(*place)).collect();
    // Relations that look at all workloads come between two stages: behind what they read, in front of what reads them.
    let mut earliest: BTreeMap<usize, usize> = BTreeMap::new();
    for place in &unbuilt {
        let is_whole = !plan.relations[*place].is_by_workload();
        let after = |of: usize| earliest[&of] + usize::from(is_whole && plan.relations[of].is_by_workload());
        let stage = graph.waits_for(*place).map(after).max().unwrap_or_default();
        earliest.insert(*place, stage);
    }
    let last =
        unbuilt.iter().filter(|place| plan.relations[**place].is_by_workload()).map(|place| earliest[place]).max();
    let last = last.unwrap_or_default();
    let mut latest: BTreeMap<usize, usize> =
        unbuilt.iter().map(|place| (*place, last + usize::from(!plan.relations[*place].is_by_workload()))).collect();
    loop {
        let before = latest.clone();
        for place in unbuilt.iter().rev() {
            for of in graph.waits_for(*place) {
                let is_parted = !plan.relations[*place].is_by_workload() && plan.relations[of].is_by_workload();
                let most = latest[place] - usize::from(is_parted);
                latest.entry(of).and_modify(|stage| *stage = most.min(*stage));
            }
        }
        // What all levers propose is one relation.
        let levers = unbuilt.iter().filter(|place| plan.relations[**place].layer == Layer::Lever);
        if let Some(first) = levers.clone().map(|place| latest[place]).min() {
            latest.extend(levers.map(|place| (*place, first)));
        }
        if latest == before {
            break;
        }
    }
    latest.into_iter().filter(|(place, _)| plan.relations[*place].is_by_workload()).collect()
}

/// The columns of a relation that queries name; `None` when one of them asks for all.
pub(super) fn columns_read<'q>(name: &str, readers: impl Iterator<Item = &'q Query>) -> Option<BTreeSet<String>> {
    let mut columns = BTreeSet::new();
    for reader in readers.filter(|reader| reader.inputs.iter().any(|of| of == name)) {
        let mut last = "";
        for word in words(&reader.sql) {
            // `select *`, `a.*` and `a, *` ask for all; a product follows a column, and `count(*)` a bracket.
            if word == "*" && ["select", "distinct", ".", ","].contains(&last) {
                return None;
            }
            columns.insert(word.to_string());
            last = word;
        }
    }
    Some(columns)
}

/// Names and marks of a text without its comments.
fn words(sql: &str) -> impl Iterator<Item = &str> {
    let lines = sql.lines().map(|line| line.split("--").next().unwrap_or_default());
    lines.flat_map(|line| {
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let mut rest = line;
        std::iter::from_fn(move || {
            rest = rest.trim_start();
            let first = rest.chars().next()?;
            let end = match is_part(first) {
                true => rest.find(|c| !is_part(c)).unwrap_or(rest.len()),
                false => first.len_utf8(),
            };
            let (word, behind) = rest.split_at(end);
            rest = behind;
            Some(word)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::graph;

    fn columns(sql: &str) -> Option<Vec<String>> {
        let query = graph::query("queries/marts/m.sql", &format!("-- x\n-- grain: a\n{sql}")).unwrap();
        let columns = columns_read("int_b", std::iter::once(&query))?;
        Some(["a", "b", "c"].iter().map(|name| name.to_string()).filter(|name| columns.contains(name)).collect())
    }

    #[test]
    fn columns_that_a_query_names_are_read_and_a_star_asks_for_all() {
        let some = |names: &[&str]| Some(names.iter().map(|name| name.to_string()).collect());
        assert_eq!(columns("select a * 2 as d, count(*) as e from int_b where c > 1 -- and b"), some(&["a", "c"]));
        for all in [
            "select * from int_b",
            "select distinct * from int_b",
            "select int_b.* from int_b",
            "select a,\n* from int_b",
        ] {
            assert_eq!(columns(all), None, "{all}");
        }
        // What another relation is asked for says nothing of this one.
        assert_eq!(columns("select * from int_c"), some(&[]));
    }
}
