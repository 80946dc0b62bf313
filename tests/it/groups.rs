//! Deciding in groups of workloads.
//!
//! Goal: what is decided of a workload, and every figure of the company, is the same however many workloads are decided
//! together. Method: planted workloads and the sample company, decided whole and in groups; every relation of the one and every
//! publication of the other are compared row by row.

use arrow::array::{ArrayRef, RecordBatch, UInt32Array};
use arrow::compute::{concat_batches, take_record_batch};
use arrow::datatypes::DataType;
use arrow::row::{RowConverter, SortField};

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
#[test]
fn the_sample_publishes_the_same_rows_decided_whole_and_in_groups() {
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
    let mut compared = 0;
    for folder in ["out", "state/run_date=2026-11-21"] {
        let others = groups.files(folder, &["manifest"]);
        for ((name, bytes), (other_name, other)) in whole.files(folder, &["manifest"]).into_iter().zip(others) {
            assert_eq!(name, other_name);
            if OF_GROUPS.iter().any(|of| name.ends_with(&format!("{of}.parquet"))) {
                continue;
            }
            match name.ends_with(".parquet") {
                true => {
                    let (one, other) = (rows(bytes), rows(other));
                    assert_eq!(one.schema(), other.schema(), "{name}");
                    for (place, field) in one.schema().fields().iter().enumerate() {
                        assert_eq!(one.column(place), other.column(place), "{name}: {}", field.name());
                    }
                }
                false => assert_eq!(String::from_utf8_lossy(&bytes), String::from_utf8_lossy(&other), "{name}"),
            }
            compared += 1;
        }
    }
    assert!(compared > 120, "{compared} files");
}

/// All rows of a file in one order, as relations that are kept by group are not in that of their grain.
fn rows(bytes: Vec<u8>) -> RecordBatch {
    let (schema, batches) = trimtab::table_file::read_any(bytes.into()).expect("Parquet of ours");
    let whole = concat_batches(&schema, &batches).expect("one schema");
    let is_list = |column: &ArrayRef| matches!(column.data_type(), DataType::List(_));
    let keys: Vec<ArrayRef> = whole.columns().iter().filter(|column| !is_list(column)).cloned().collect();
    let fields = keys.iter().map(|key| SortField::new(key.data_type().clone())).collect();
    let keys = RowConverter::new(fields).and_then(|of| of.convert_columns(&keys)).expect("keys");
    let mut order: Vec<u32> = (0..whole.num_rows() as u32).collect();
    order.sort_by(|a, b| keys.row(*a as usize).cmp(&keys.row(*b as usize)));
    take_record_batch(&whole, &UInt32Array::from(order)).expect("rows")
}
