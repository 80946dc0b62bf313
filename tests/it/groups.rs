//! Deciding in groups of workloads.
//!
//! Goal: what is decided of a workload, and every figure of the company, is the same however many workloads are decided
//! together. Method: planted workloads and the sample company, decided whole and in groups; every relation of the one and every
//! publication of the other are compared row by row.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{ArrayRef, RecordBatch, UInt32Array};
use arrow::compute::{concat_batches, take_record_batch};
use arrow::datatypes::{DataType, SchemaRef};
use arrow::row::{RowConverter, SortField};
use trimtab::cli::PlaceArgs;
use trimtab::commands;

use crate::support::{Place, root};

use super::truth::planted_truth::{Population, decide};

/// Relations whose rows name no workload: what a group needs of them repeats from group to group.
const OF_GROUPS: [&str; 3] = ["int_cash_months", "int_pair_ratios", "int_split_rules"];

#[tokio::test]
async fn every_relation_is_the_same_decided_whole_and_in_groups() {
    let population = Population { workloads: 60, keeps: true, ..Population::default() };
    let whole = decide(population).await.expect("decisions").decided.kept;
    assert!(whole.len() > 100, "{} relations", whole.len());
    assert!(!whole["int_commitment_heirs"].is_empty(), "a commitment with an heir");
    for at_once in [7, 20] {
        let groups = decide(Population { at_once, ..population }).await.expect("decisions").decided.kept;
        assert_eq!(whole.keys().collect::<Vec<_>>(), groups.keys().collect::<Vec<_>>());
        for (name, rows) in whole.iter().filter(|(name, _)| !OF_GROUPS.contains(&name.as_str())) {
            for (one, other) in rows.iter().zip(&groups[name]) {
                assert_eq!(one, other, "{name} in groups of {at_once}");
            }
            assert_eq!(rows.len(), groups[name].len(), "{name} in groups of {at_once}");
        }
    }
}

/// The sample has pools, routers, benefits and items with tokens, which planted workloads have not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sample_publishes_the_same_rows_decided_whole_and_in_groups() {
    let text = std::fs::read_to_string(root().join("sample_data/trimtab.toml")).expect("the sample's run file");
    let sources = format!("url = \"{}/", root().join("sample_data/company").display());
    let text = text.replace("url = \"company/", &sources);
    let run = |groups: &str| {
        let place = Place::new();
        place.write("trimtab.toml", format!("{text}\n[engine]\n{groups}\n"));
        let said = place.trimtab(&["run", "--config", "trimtab.toml"]);
        assert_eq!(said.code, 0, "{}", said.err);
        place
    };
    let (whole, groups) = (run(""), run("workloads_at_once = 3"));
    let (one, other) = (whole.files("out", &["manifest"]), groups.files("out", &["manifest"]));
    assert_eq!(
        one.iter().map(|(name, _)| name).collect::<Vec<_>>(),
        other.iter().map(|(name, _)| name).collect::<Vec<_>>()
    );
    for ((name, one), (_, other)) in one.into_iter().zip(other) {
        match name.ends_with(".parquet") {
            true => assert_same(&name, &file(one), &file(other)),
            false => assert_eq!(String::from_utf8_lossy(&one), String::from_utf8_lossy(&other), "{name}"),
        }
    }

    // What was decided in groups is not kept, and made again for one workload.
    let kept = |place: &Place| -> BTreeMap<String, Vec<u8>> {
        let files = place.files("state/run_date=2026-11-21", &[]).into_iter();
        files
            .filter_map(|(name, bytes)| Some((name.strip_suffix(".parquet")?.rsplit('/').next()?.into(), bytes)))
            .collect()
    };
    let (all, some) = (kept(&whole), kept(&groups));
    let unkept: Vec<&String> = all.keys().filter(|name| !some.contains_key(*name)).collect();
    assert!(unkept.len() > 50 && some.len() > 60, "{} kept, {} not", some.len(), unkept.len());
    let opened = |place: &Place| PlaceArgs { config: Some(place.path("trimtab.toml")), ..PlaceArgs::default() };
    for workload in ["ticket-triage", "claims-summary", "nightly-tagging"] {
        let one = commands::opened(&opened(&groups)).await.expect("what was published");
        assert_eq!(one.unkept.iter().collect::<BTreeSet<_>>(), unkept.iter().copied().collect());
        one.only(workload).await.expect("its relations");
        let kept = commands::opened(&opened(&whole)).await.expect("what was published");
        kept.only(workload).await.expect("its relations");
        for name in all.keys() {
            let select = format!("select * from {name}");
            let (expected, found) = (kept.engine.select(&select).await, one.engine.select(&select).await);
            let rows = |(schema, batches): (SchemaRef, Vec<RecordBatch>)| {
                in_order(concat_batches(&schema, &batches).expect("one schema"))
            };
            assert_same(&format!("{name} of {workload}"), &rows(expected.expect(name)), &rows(found.expect(name)));
        }
    }
    for ask in [&["explain", "ticket-triage"][..], &["whatif", "--workload", "nightly-tagging", "--to", "gpt-5.6-luna"]]
    {
        let ask = |place: &Place| place.trimtab(&[ask, &["--config", "trimtab.toml"]].concat());
        let (one, other) = (ask(&whole), ask(&groups));
        assert_eq!((one.code, &one.out), (0, &other.out), "{}{}", one.err, other.err);
    }
    for place in [&whole, &groups] {
        let said = place.trimtab(&["backtest", "--config", "trimtab.toml"]);
        assert!(said.code == 2 && said.err.contains("no evaluated item has a call"), "{}", said.err);
    }
    let unmade = groups.trimtab(&["sql", "select * from int_bundle_costs", "--config", "trimtab.toml"]);
    assert!(unmade.code == 2 && unmade.err.contains("--workload W makes it again"), "{}", unmade.err);
    assert!(!groups.sql_with("select * from int_bundle_costs", &["--workload", "ticket-triage"]).is_empty());
}

fn assert_same(name: &str, one: &RecordBatch, other: &RecordBatch) {
    assert_eq!(one.num_rows(), other.num_rows(), "{name}");
    for (place, field) in one.schema().fields().iter().enumerate() {
        assert_eq!(field.as_ref(), other.schema().field(place), "{name}");
        assert_eq!(one.column(place), other.column(place), "{name}: {}", field.name());
    }
}

/// The rows of a file.
fn file(bytes: Vec<u8>) -> RecordBatch {
    let (schema, batches) = trimtab::table_file::read_any(bytes.into()).expect("Parquet of ours");
    concat_batches(&schema, &batches).expect("one schema")
}

/// All rows in one order.
fn in_order(whole: RecordBatch) -> RecordBatch {
    let is_list = |column: &ArrayRef| matches!(column.data_type(), DataType::List(_));
    let keys: Vec<ArrayRef> = whole.columns().iter().filter(|column| !is_list(column)).cloned().collect();
    let fields = keys.iter().map(|key| SortField::new(key.data_type().clone())).collect();
    let keys = RowConverter::new(fields).and_then(|of| of.convert_columns(&keys)).expect("keys");
    let mut order: Vec<u32> = (0..whole.num_rows() as u32).collect();
    order.sort_by(|a, b| keys.row(*a as usize).cmp(&keys.row(*b as usize)));
    take_record_batch(&whole, &UInt32Array::from(order)).expect("rows")
}
