//! `trimtab sample`: which kept calls of a workload an evaluation should score. Ids only; the same list on every machine.

use crate::cli::{PlaceArgs, SampleArgs};
use crate::error::{Error, Kind, Result};

/// The lowest hashes of seed and call inside each size stratum, as many as the stratum's share of the calls; retries and
/// failed calls are left out (M 5.3). Strata get whole places, the largest remainders first.
const SELECT: &str = "
with calls as (
    select
        requests_priced.x_record_id,
        requests_priced.input_stratum,
        requests_priced.event_date,
        row_number() over (
            partition by coalesce(requests_priced.logical_request_id, requests_priced.x_record_id)
            order by coalesce(requests_priced.x_attempt, 0) desc, requests_priced.ended_at desc, requests_priced.x_record_id
        ) as place
    from requests_priced
    cross join settings
    where requests_priced.workload_id = '{workload}'
        and requests_priced.event_date >= settings.window_from
        and requests_priced.event_date < settings.run_date
        and requests_priced.x_status <> 'error'
        and not requests_priced.is_gateway_cache_hit
        and requests_priced.input_stratum is not null
),
kept as (
    select
        x_record_id,
        input_stratum,
        event_date,
        row_number() over (partition by input_stratum order by encode(sha256(concat('{seed}', chr(31), x_record_id)), 'hex'), x_record_id) as place
    from calls
    where place = 1
),
strata as (
    select input_stratum, count(*) as calls, sum(count(*)) over () as total from kept group by input_stratum
),
shares as (
    select
        input_stratum,
        least({items}, total) * calls / total as whole,
        row_number() over (order by least({items}, total) * calls % total desc, input_stratum) as turn,
        least({items}, total) - sum(least({items}, total) * calls / total) over () as left_over
    from strata
)
select
    row_number() over (order by kept.input_stratum, kept.place) as item,
    requests.gen_ai_response_id,
    requests.x_request_id,
    kept.x_record_id,
    kept.event_date,
    kept.input_stratum
from kept
inner join shares on shares.input_stratum = kept.input_stratum
inner join requests on requests.x_record_id = kept.x_record_id and requests.event_date = kept.event_date
where kept.place <= shares.whole + case when shares.turn <= shares.left_over then 1 else 0 end
order by item";

pub(super) async fn run(args: SampleArgs, place: PlaceArgs) -> Result<()> {
    let opened = super::opened(&place).await.map_err(|error| match error.kind() {
        Kind::Usage => error.hint("run `trimtab run` first: calls are chosen among those that it kept"),
        _ => error,
    })?;
    let workload = args.workload.replace('\'', "''");
    let items = match args.items {
        Some(items) => i64::from(items),
        None => planned(&opened, &workload).await?,
    };
    let select = SELECT
        .replace("{workload}", &workload)
        .replace("{seed}", &args.seed.replace('\'', "''"))
        .replace("{items}", &items.to_string());
    let (schema, rows) = opened.engine.select(&select).await?;
    if rows.iter().all(|batch| batch.num_rows() == 0) {
        return Err(unknown(&args.workload));
    }
    let listed: i64 = rows.iter().map(|batch| batch.num_rows() as i64).sum();
    if listed < items {
        super::note(&format!("{items} calls are wanted and {listed} of the window succeeded: all of these are listed"));
    }
    super::sql::print(&schema, &rows, args.format)
}

/// Items that the workload's evaluation needs (M 5.9): of what was decided on, else of the gap that would be worth most.
async fn planned(opened: &super::Opened, workload: &str) -> Result<i64> {
    let select = format!(
        "select coalesce(decisions.planned_items, evidence_gaps.planned_items) as planned_items from decisions \
         left join evidence_gaps on evidence_gaps.workload_id = decisions.workload_id \
         where decisions.workload_id = '{workload}'"
    );
    let rows = match &opened.unpublished {
        Some(_) => Vec::new(),
        None => opened.engine.select(&select).await?.1,
    };
    let records = rows.iter().map(crate::report::records).collect::<Result<Vec<_>>>()?.concat();
    if opened.unpublished.is_none() && records.is_empty() {
        return Err(unknown(workload));
    }
    records.first().and_then(|record| record["planned_items"].as_i64()).ok_or_else(|| {
        Error::usage("no evaluation is planned for this workload")
            .at(format!("at workload `{workload}`"))
            .hint("say how many calls you want with --items")
    })
}

fn unknown(workload: &str) -> Error {
    Error::usage(format!("no kept call of workload `{workload}` lies in the window"))
        .hint("`trimtab sql \"select workload_id, requests from workloads\"` shows the names")
}
