//! What the product gets to see of planted workloads: rows of its daily relations, evaluations, and the run file.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Int64Array, RecordBatch, StringArray, new_null_array,
};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use chrono::NaiveDate;
use trimtab::schema::Table;

use super::catalog::Model;
use super::oracle::money;
use super::workload::{CLUSTER, Class, Criticality, Fault, Style, WEEKS, Workload};

pub const RUN_DATE: &str = "2026-11-21";

/// Edges of the size buckets, with the stratum that each lies in.
pub struct Sizes(pub Vec<(i64, i64)>);

impl Sizes {
    fn of(&self, size: i64) -> (i64, i64) {
        self.0[self.0.partition_point(|(upto, _)| *upto < size)]
    }
}

type Columns = Vec<(&'static str, ArrayRef)>;

fn text<T: AsRef<str>>(values: impl Iterator<Item = Option<T>>) -> ArrayRef {
    Arc::new(values.collect::<StringArray>())
}

fn count(values: impl Iterator<Item = i64>) -> ArrayRef {
    Arc::new(values.map(Some).collect::<Int64Array>())
}

fn flag(values: impl Iterator<Item = bool>) -> ArrayRef {
    Arc::new(values.map(Some).collect::<BooleanArray>())
}

fn money(values: impl Iterator<Item = i128>) -> ArrayRef {
    let amounts = Decimal128Array::from_iter_values(values).with_precision_and_scale(38, 12);
    Arc::new(amounts.expect("amounts of 38 digits"))
}

fn days_ago(values: impl Iterator<Item = i64>) -> ArrayRef {
    let run = RUN_DATE.parse::<NaiveDate>().expect("a day") - NaiveDate::default();
    Arc::new(values.map(|ago| Some((run.num_days() - ago) as i32)).collect::<Date32Array>())
}

/// Rows of a contract; what is not given is null, or nothing where the contract wants a value.
fn rows(contract: &Table, columns: Columns) -> RecordBatch {
    let length = columns.first().map_or(0, |(_, column)| column.len());
    let filled = contract.schema.fields().iter().map(|field| {
        let wanted = field.data_type();
        let given = columns.iter().find(|(name, _)| name == field.name()).map(|(_, column)| column.clone());
        let column = given.unwrap_or_else(|| match (field.is_nullable(), wanted) {
            (true, _) => new_null_array(wanted, length),
            (false, DataType::Utf8) => Arc::new(StringArray::from(vec![""; length])),
            (false, DataType::Boolean) => Arc::new(BooleanArray::from(vec![false; length])),
            (false, _) => Arc::new(Int64Array::from(vec![0; length])),
        });
        cast(&column, wanted).expect("a column of the contract's type")
    });
    let filled = filled.collect();
    RecordBatch::try_new(contract.schema.clone(), filled).expect("rows of the contract")
}

/// Calls of one class on one day.
struct Part<'a> {
    workload: &'a Workload,
    class: &'a Class,
    ago: i64,
    requests: i64,
}

/// Weeks of thirteen months.
const LONG: usize = 56;

fn parts(workloads: &[Workload], weeks: usize) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    for workload in workloads {
        for class in &workload.classes {
            for week in 0..weeks {
                let days = workload.days_a_week;
                for day in 0..days {
                    // Every second day, what is left over on the first one.
                    let calls = class.weeks[week.min(WEEKS - 1)];
                    let left = if day == 0 { calls % days } else { 0 };
                    let requests = calls / days + left;
                    if requests > 0 {
                        parts.push(Part { workload, class, ago: 7 * week as i64 + 2 * day + 1, requests });
                    }
                }
            }
        }
        // The very first call.
        parts.push(Part { workload, class: &workload.classes[0], ago: workload.age, requests: 1 });
    }
    parts
}

pub fn cube(contract: &Table, workloads: &[Workload], models: &[Model], sizes: &Sizes, is_long: bool) -> RecordBatch {
    let parts = parts(workloads, if is_long { LONG } else { WEEKS });
    let each = || parts.iter();
    let from = |part: &Part<'_>| &models[part.workload.from];
    let requests = || count(each().map(|part| part.requests));
    let input = |part: &Part<'_>| part.class.input;
    let output = |part: &Part<'_>| part.class.visible + part.class.reasoning;
    rows(
        contract,
        vec![
            ("workload_id", text(each().map(|part| Some(&part.workload.id)))),
            ("provider", text(each().map(|part| Some(&from(part).provider)))),
            ("region_class", text(each().map(|_| Some("global")))),
            ("requested_model_id", text(each().map(|part| Some(&from(part).id)))),
            ("billed_model_id", text(each().map(|part| Some(&from(part).id)))),
            ("service_tier", text(each().map(|_| Some("standard")))),
            ("input_stratum", count(each().map(|part| sizes.of(part.class.input).1))),
            ("has_tools", flag(each().map(|part| part.class.has_tools))),
            ("has_image", flag(each().map(|part| part.class.has_image))),
            ("has_audio", flag(each().map(|_| false))),
            ("has_schema", flag(each().map(|part| part.class.has_schema))),
            ("workload_source", text(each().map(|_| Some("tag")))),
            ("requests", requests()),
            ("logical_requests", requests()),
            ("attempts", requests()),
            ("usage_input_uncached_tokens", count(each().map(|part| part.requests * input(part)))),
            ("usage_output_visible_tokens", count(each().map(|part| part.requests * part.class.visible))),
            ("usage_output_reasoning_tokens", count(each().map(|part| part.requests * part.class.reasoning))),
            (
                "cost_usd",
                money(each().map(|part| {
                    let price = from(part);
                    let unit = i128::from(input(part)) * price.input
                        + i128::from(output(part)) * price.output.unwrap_or_default();
                    i128::from(part.requests) * unit
                })),
            ),
            ("min_input_tokens", count(each().map(input))),
            ("max_input_tokens", count(each().map(input))),
            ("min_output_tokens", count(each().map(output))),
            ("max_output_tokens", count(each().map(output))),
            ("event_date", days_ago(each().map(|part| part.ago))),
        ],
    )
}

pub fn size_counts(contract: &Table, workloads: &[Workload], models: &[Model], sizes: &Sizes) -> RecordBatch {
    let parts = parts(workloads, WEEKS);
    let each = || parts.iter().flat_map(|part| [(part, "input"), (part, "output")]);
    let size = |part: &Part<'_>, dimension| match dimension {
        "input" => part.class.input,
        _ => part.class.visible + part.class.reasoning,
    };
    rows(
        contract,
        vec![
            ("workload_id", text(each().map(|(part, _)| Some(&part.workload.id)))),
            ("billed_model_id", text(each().map(|(part, _)| Some(&models[part.workload.from].id)))),
            ("dimension", text(each().map(|(_, dimension)| Some(dimension)))),
            ("bucket", count(each().map(|(part, dimension)| sizes.of(size(part, dimension)).0))),
            ("requests", count(each().map(|(part, _)| part.requests))),
            ("event_date", days_ago(each().map(|(part, _)| part.ago))),
        ],
    )
}

/// As many prompt versions as are planted, each with its share of the calls.
pub fn prefixes(contract: &Table, workloads: &[Workload]) -> RecordBatch {
    let each = || workloads.iter().flat_map(|workload| (0..workload.templates).map(move |place| (workload, place)));
    rows(
        contract,
        vec![
            ("workload_id", text(each().map(|(workload, _)| Some(&workload.id)))),
            ("template_id", text(each().map(|(_, place)| Some(format!("t{place}"))))),
            ("requests", count(each().map(|(workload, _)| workload.requests() / workload.templates))),
            ("event_date", days_ago(each().map(|_| 1))),
        ],
    )
}

/// Signals of a canary: the model in use fails once in a hundred calls, a worse candidate six times.
pub fn signals(contract: &Table, workloads: &[Workload], models: &[Model]) -> RecordBatch {
    let each = || {
        workloads.iter().filter_map(|workload| Some((workload, workload.canary?))).flat_map(|(workload, is_worse)| {
            let errors = if is_worse { 60 } else { 10 };
            [(workload, workload.from, 20_000, 200), (workload, workload.candidates[0].model, 1_000, errors)]
        })
    };
    rows(
        contract,
        vec![
            ("workload_id", text(each().map(|(workload, ..)| Some(&workload.id)))),
            ("billed_model_id", text(each().map(|(_, model, ..)| Some(&models[model].id)))),
            ("requests", count(each().map(|(_, _, requests, _)| requests))),
            ("errors", count(each().map(|(_, _, _, errors)| errors))),
            ("event_date", days_ago(each().map(|_| 1))),
        ],
    )
}

/// One scored answer, or the total of a run.
struct Score<'a> {
    workload: &'a Workload,
    model: &'a Model,
    method: &'static str,
    rule: &'a str,
    item: Option<usize>,
    is_right: bool,
    total: Option<(i64, i64)>,
    is_vendor_made: bool,
}

fn scores<'a>(workload: &'a Workload, models: &'a [Model]) -> Vec<Score<'a>> {
    let mut scores = Vec::new();
    let in_use = &models[workload.from];
    let mut rules = BTreeSet::new();
    for candidate in &workload.candidates {
        let Some(shown) = &candidate.shown else { continue };
        let (model, rule) = (&models[candidate.model], shown.rule.as_str());
        let method = match (shown.fault, workload.style) {
            (Some(Fault::Mismatched), Style::Judge) => "human",
            (Some(Fault::Mismatched), _) => "llm_judge",
            _ => workload.method,
        };
        let mut put = |model, method, item, is_right, total, is_vendor_made| {
            scores.push(Score { workload, model, method, rule, item, is_right, total, is_vendor_made });
        };
        let is_vendor_made = shown.fault == Some(Fault::VendorMade);
        let is_first = rules.insert(rule);
        if workload.style == Style::Unpaired {
            if is_first {
                put(in_use, workload.method, None, false, Some((workload.sampled, workload.sampled_right)), false);
            }
            put(model, method, None, false, Some((workload.sampled, shown.right)), is_vendor_made);
            continue;
        }
        for (item, is_right) in workload.items.iter().enumerate().filter(|_| is_first) {
            put(in_use, workload.method, Some(item), *is_right, None, false);
        }
        let missing = if shown.fault == Some(Fault::Missing) { shown.answers.len() / 8 } else { 0 };
        for (item, is_right) in shown.answers.iter().enumerate().skip(missing) {
            put(model, method, Some(item), *is_right, None, is_vendor_made);
        }
        if shown.fault == Some(Fault::Contradicted) {
            put(model, method, Some(0), !shown.answers[0], None, false);
        }
    }
    scores
}

pub fn evaluations(contract: &Table, workloads: &[Workload], models: &[Model]) -> RecordBatch {
    let scores: Vec<Score<'_>> = workloads.iter().flat_map(|workload| scores(workload, models)).collect();
    let each = || scores.iter();
    let ago = |score: &Score<'_>| if score.workload.style == Style::Old { 220 } else { 30 };
    let day = NaiveDate::default();
    let micros = |score: &Score<'_>| {
        let run = RUN_DATE.parse::<NaiveDate>().expect("a day");
        ((run - day).num_days() - ago(score)) * 86_400_000_000
    };
    let is_item = |score: &Score<'_>| score.item.is_some();
    let right: BooleanArray = each().map(|score| is_item(score).then_some(score.is_right)).collect();
    let n: Int64Array = each().map(|score| score.total.map(|(n, _)| n)).collect();
    let n_correct: Int64Array = each().map(|score| score.total.map(|(_, right)| right)).collect();
    rows(
        contract,
        vec![
            ("provider", text(each().map(|score| Some(&score.model.provider)))),
            ("model_id", text(each().map(|score| Some(&score.model.id)))),
            ("workload_id", text(each().map(|score| Some(&score.workload.id)))),
            ("eval_set", text(each().map(|_| Some("set")))),
            ("method", text(each().map(|score| Some(score.method)))),
            ("run_id", text(each().map(|_| Some("r1")))),
            ("item_id", text(each().map(|score| score.item.map(|item| format!("i{item}"))))),
            ("is_correct", Arc::new(right)),
            ("n", Arc::new(n)),
            ("n_correct", Arc::new(n_correct)),
            (
                "cluster_id",
                text(each().map(|score| {
                    score
                        .item
                        .filter(|_| score.workload.style == Style::Clustered)
                        .map(|item| format!("c{}", item / CLUSTER))
                })),
            ),
            ("split_rule", text(each().map(|score| (!score.rule.is_empty()).then_some(score.rule)))),
            ("scored_at", count(each().map(micros))),
            ("is_vendor_made", flag(each().map(|score| score.is_vendor_made))),
            ("event_date", days_ago(each().map(ago))),
        ],
    )
}

/// The run file: what owners say of their workloads, commitments and the contract.
/// `heir` names a workload that every commitment may be reassigned to.
pub fn run_file(workloads: &[Workload], models: &[Model], has_lists: bool, heir: Option<&str>) -> String {
    let heir = heir.map(|id| format!("is_reassignable = true\nreassignable_to = \"{id}\"\n")).unwrap_or_default();
    let mut text = format!(
        "date = \"{RUN_DATE}\"\nstate = \"s\"\noutput = \"o\"\n[[sources]]\nname = \"a\"\nformat = \"litellm\"\nurl = \"x/\"\n\
         [[contract_terms]]\nprovider = \"south\"\ndiscount_pct = \"10\"\nvalid_from = \"2025-01-01\"\n"
    );
    for workload in workloads {
        let criticality = match workload.criticality {
            Criticality::Low => "low",
            Criticality::Medium => "medium",
            Criticality::High => "high",
        };
        let named = |place: usize| format!("\"{}/{}\"", models[place].provider, models[place].id);
        let candidates: Vec<String> = workload
            .candidates
            .iter()
            .map(|candidate| named(candidate.model))
            .take(if has_lists { usize::MAX } else { 0 })
            .collect();
        let residency = workload.residency.map(|region| format!("residency = \"{region}\"\n")).unwrap_or_default();
        let _ = write!(
            text,
            "[workloads.\"{0}\"]\ncriticality = \"{criticality}\"\nbatch_ok = {1}\ncandidates = [{2}]\n{residency}\
             [[parameters]]\nparameter_id = \"P-08\"\nname = \"rework_share\"\nscope = \"workload\"\nkey = \"{0}\"\n\
             expected = {3}\n",
            workload.id,
            workload.is_batch_ok,
            candidates.join(", "),
            workload.rework_share,
        );
        if let Some(commitment) = &workload.commitment {
            let from = &models[workload.from];
            let used: f64 = workload.classes.iter().map(|class| money::class_cost(from, class)).sum();
            let _ = write!(
                text,
                "[[commitments]]\nid = \"c-{0}\"\nprovider = \"{1}\"\nusd_per_month = \"{2:.2}\"\n\
                 starts_on = \"2026-01-01\"\nends_on = \"{3}\"\n{heir}",
                workload.id,
                from.provider,
                commitment.share * used * money::MONTH,
                commitment.ends_on,
            );
        }
    }
    text
}
