//! Laws that hold for any input: few generated cases, fixed seed, so that a failure comes back.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch, StringArray, UInt32Array, new_null_array};
use arrow::compute::{cast, take_record_batch};
use arrow::datatypes::{DataType, Int64Type};
use chrono::NaiveDate;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use trimtab::ingest::repeats::{Settling, originals, settle};
use trimtab::project::Project;
use trimtab::schema::Table;
use trimtab::waiting::Waiting;

fn runner(cases: u32) -> TestRunner {
    TestRunner::new_with_rng(
        Config { cases, failure_persistence: None, ..Config::default() },
        TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]),
    )
}

fn contract(name: &str) -> Table {
    let project =
        tokio::runtime::Runtime::new().expect("a runtime").block_on(Project::load(None)).expect("the project loads");
    project.contract(name).expect("a contract").clone()
}

/// (response id, source rank, object, line, input tokens, app)
type Call = (u8, u8, u8, u8, Option<u16>, Option<u8>);

fn calls() -> impl Strategy<Value = Vec<Call>> {
    proptest::collection::vec(
        (0_u8..12, 0_u8..3, 0_u8..4, 0_u8..40, proptest::option::of(any::<u16>()), proptest::option::of(0_u8..3)),
        1..40,
    )
    .prop_map(|mut calls| {
        // An object holds a line once.
        calls.sort_by_key(|call| (call.1, call.2, call.3));
        calls.dedup_by_key(|call| (call.1, call.2, call.3));
        calls
    })
}

fn batch(contract: &Table, calls: &[Call]) -> RecordBatch {
    let text = |values: Vec<Option<String>>| Arc::new(StringArray::from(values)) as ArrayRef;
    let number = |values: Vec<Option<i64>>| Arc::new(Int64Array::from(values)) as ArrayRef;
    let columns = contract.schema.fields().iter().filter(|field| field.name() != "event_date").map(|field| match field
        .name()
        .as_str()
    {
        // The third source knows no response id, only the request id that another source may have logged beside it.
        "gen_ai_response_id" => text(calls.iter().map(|c| (c.1 < 2).then(|| format!("id{}", c.0))).collect()),
        "x_request_id" => text(calls.iter().map(|c| (c.1 > 0).then(|| format!("r{}", c.0))).collect()),
        "gen_ai_provider_name" => text(vec![Some("openai".into()); calls.len()]),
        "x_source" => text(calls.iter().map(|c| Some(format!("s{}", c.1))).collect()),
        "x_object_key" => text(calls.iter().map(|c| Some(format!("o{}", c.2))).collect()),
        "x_app" => text(calls.iter().map(|c| c.5.map(|app| format!("app{app}"))).collect()),
        "x_source_format" | "x_record_id" | "x_status" => text(vec![Some(String::new()); calls.len()]),
        "x_source_rank" => number(calls.iter().map(|c| Some(c.1.into())).collect()),
        "x_line" => number(calls.iter().map(|c| Some(c.3.into())).collect()),
        "x_repeats" => number(vec![Some(0); calls.len()]),
        "gen_ai_usage_input_tokens" => number(calls.iter().map(|c| c.4.map(i64::from)).collect()),
        _ if !field.is_nullable() => cast(&number(vec![Some(0); calls.len()]), field.data_type()).expect("a default"),
        _ => new_null_array(field.data_type(), calls.len()),
    });
    let fields: Vec<_> =
        contract.schema.fields().iter().filter(|field| field.name() != "event_date").cloned().collect();
    RecordBatch::try_new(Arc::new(arrow::datatypes::Schema::new(fields)), columns.collect()).expect("rows")
}

#[test]
fn repeated_rows_are_settled_alike_in_any_order_and_every_row_is_counted() {
    let contract = contract("requests");
    let day = NaiveDate::default();
    let strategy = calls().prop_flat_map(|calls| {
        let places: Vec<u32> = (0..calls.len() as u32).collect();
        (Just(calls), Just(places).prop_shuffle(), any::<usize>(), any::<[bool; 3]>())
    });
    runner(48)
        .run(&strategy, |(calls, order, cut, is_packed)| {
            let rows = batch(&contract, &calls);
            let shuffled = take_record_batch(&rows, &UInt32Array::from(order)).expect("rows");
            // The same rows in three parts, some of which are packed.
            let mut waiting = Waiting::new(&rows.schema());
            let size = shuffled.num_rows().div_ceil(3);
            for (place, is_packed) in is_packed.into_iter().enumerate() {
                let begin = (place * size).min(shuffled.num_rows());
                waiting.push(&shuffled.slice(begin, size.min(shuffled.num_rows() - begin))).expect("rows");
                if is_packed {
                    waiting.pack().expect("packed");
                }
            }
            let a = settle(&contract, day, &rows).expect("settled");
            let b =
                Settling::of(&contract, day, &rows.schema(), waiting).expect("settled").settled().expect("gathered");
            prop_assert_eq!(&a.kept, &b.kept);
            prop_assert_eq!(&a.originals, &b.originals);
            prop_assert_eq!(&a.counts, &b.counts);
            let counted: i64 = a.counts.iter().map(|count| count.rows_kept + count.rows_repeated).sum();
            prop_assert_eq!(counted, calls.len() as i64);

            // Usage comes from one row, and a row with usage is kept before one without. A call of the third source is the
            // call of the second that bears its request id; without one, it stands by itself.
            let kept_usage = a.kept["gen_ai_usage_input_tokens"].as_primitive::<Int64Type>();
            let mut wanted: std::collections::BTreeMap<(u8, bool), bool> = Default::default();
            for call in &calls {
                let is_alone = call.1 == 2 && !calls.iter().any(|other| other.1 == 1 && other.0 == call.0);
                *wanted.entry((call.0, is_alone)).or_default() |= call.4.is_some();
            }
            prop_assert_eq!(a.kept.num_rows(), wanted.len());
            let with_usage = wanted.values().filter(|has_usage| **has_usage).count();
            prop_assert_eq!(a.kept.num_rows() - arrow::array::Array::null_count(kept_usage), with_usage);

            // Taking an object out again leaves what would have been settled without it.
            let gone = format!("o{}", cut % 4);
            let left = originals(&a.kept, &a.originals, |_, key| key == gone).expect("originals");
            let left = arrow::compute::concat_batches(&rows.schema(), &left).expect("rows");
            let rest: Vec<Call> = calls.iter().filter(|call| format!("o{}", call.2) != gone).copied().collect();
            let without = settle(&contract, day, &batch(&contract, &rest)).expect("settled");
            prop_assert_eq!(settle(&contract, day, &left).expect("settled").kept, without.kept);
            Ok(())
        })
        .expect("the law holds");
}

/// Prices of 2.1 in integers: micro-dollars times tokens is exact, whatever the engine does.
#[test]
fn a_call_costs_what_integers_say_and_a_price_of_zero_costs_zero() {
    use trimtab::engine::Engine;
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let tokens = proptest::collection::vec((0_i64..3_000_000, 0_i64..900_000, 0_i64..500_000, 0_i64..1_000_000), 1..20);
    let prices = (0_i64..100_000_000, 0_i64..100_000_000, 0_i64..100_000_000);
    runner(8)
        .run(&(tokens, prices), |(calls, (input, read, output))| {
            let costs = runtime.block_on(async {
                let engine = Engine::open(&Default::default()).await.expect("an engine");
                let project = Project::load(None).await.expect("the project");
                let text = "state = \"s\"\noutput = \"o\"\n[[sources]]\nname = \"a\"\nformat = \"litellm\"\nurl = \"x/\"\n";
                let config = trimtab::config::Config::sample(text, std::path::Path::new("."), &Default::default()).expect("a run file");
                trimtab::pipeline::relations::register(&engine, &project, &config, &Default::default()).expect("relations");
                let fill = |name: &'static str, select: String| {
                    let (engine, contract) = (engine.clone(), project.contract(name).expect("a contract").clone());
                    async move {
                        let (_, rows) = engine.select(&select).await.expect("rows");
                        let rows: Vec<RecordBatch> = rows
                            .iter()
                            .map(|batch| {
                                let columns = contract.schema.fields().iter().map(|field| match batch.column_by_name(field.name()) {
                                    Some(column) => cast(column, field.data_type()).expect("a cast"),
                                    None if field.is_nullable() => new_null_array(field.data_type(), batch.num_rows()),
                                    None if field.data_type() == &DataType::Utf8 => Arc::new(StringArray::from(vec!["x"; batch.num_rows()])),
                                    None if field.data_type() == &DataType::Boolean => Arc::new(arrow::array::BooleanArray::from(vec![false; batch.num_rows()])),
                                    None => cast(&cast(&Int64Array::from(vec![0; batch.num_rows()]), &DataType::Int32).expect("int"), field.data_type()).expect("a default"),
                                });
                                RecordBatch::try_new(contract.schema.clone(), columns.collect()).expect("rows")
                            })
                            .collect();
                        engine.register(name, contract.schema.clone(), rows).expect("registered");
                    }
                };
                fill("model_names", "select 'p' as provider, 'm' as name, 'm' as model_id".into()).await;
                let usd = |micros: i64| format!("cast('{}.{:06}' as decimal(18, 6))", micros / 1_000_000, micros % 1_000_000);
                fill("model_prices", format!(
                    "select 'p' as provider, 'm' as model_id, bucket, 'standard' as service_tier, 'global' as region_class, 'whole_request' as band_mode, usd as usd_per_mtok, date '2026-01-01' as valid_from \
                     from (select 'input' as bucket, {} as usd union all select 'cache_read', {} union all select 'output', {}) as prices",
                    usd(input), usd(read), usd(output)
                )).await;
                let calls_as_sql: Vec<String> = calls.iter().enumerate().map(|(row, (fresh, cached, visible, reasoning))| format!(
                    "select 'c{row:04}' as x_record_id, 'p' as gen_ai_provider_name, 'm' as gen_ai_response_model, 'ok' as x_status, {fresh} + {cached} as gen_ai_usage_input_tokens, \
                     {visible} + {reasoning} as gen_ai_usage_output_tokens, {fresh} as usage_input_uncached_tokens, {cached} as usage_cache_read_tokens, \
                     {visible} as usage_output_visible_tokens, {reasoning} as usage_output_reasoning_tokens, date '2026-11-20' as event_date"
                )).collect();
                fill("requests", calls_as_sql.join(" union all ")).await;
                let query = project.queries.iter().find(|query| query.name == "requests_priced").expect("the query");
                let rows = trimtab::pipeline::build::rows(&engine, &project, query).await.expect("priced");
                // `by_row:` promises that a part of the calls is priced as it is among all of them.
                let mut parts = Vec::new();
                for part in calls_as_sql.chunks(calls_as_sql.len().div_ceil(2)) {
                    fill("requests", part.join(" union all ")).await;
                    parts.push(trimtab::pipeline::build::rows(&engine, &project, query).await.expect("priced"));
                }
                assert_eq!(arrow::compute::concat_batches(&rows.schema(), &parts).expect("parts"), rows);
                let column = rows["cost_usd"].as_primitive::<arrow::datatypes::Decimal128Type>().clone();
                column.values().to_vec()
            });
            for ((fresh, cached, visible, reasoning), found) in calls.iter().zip(costs) {
                let wanted = i128::from(*fresh) * i128::from(input) + i128::from(*cached) * i128::from(read)
                    + i128::from(visible + reasoning) * i128::from(output);
                prop_assert_eq!(found, wanted, "tokens times micro-dollars per million are 10^-12 USD");
            }
            Ok(())
        })
        .expect("the law holds");
}
