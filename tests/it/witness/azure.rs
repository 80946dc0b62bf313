//! Two real traces of a day in 2023, from the overlay `tests/overlays/azure-llm-2023`: exact spend at two price lists,
//! shares that fit a context window. The figures are those of the data's README, made there by DuckDB.

use super::data;
use crate::support::{Place, root};

/// The overlay in a place of its own, so that its price list can be exchanged.
pub(super) fn overlay(place: &Place, folders: &[&str]) {
    for folder in folders {
        let from = root().join("tests/overlays").join(folder);
        let mut pending = vec![from.clone()];
        while let Some(next) = pending.pop() {
            for entry in std::fs::read_dir(&next).unwrap_or_else(|error| panic!("{}: {error}", next.display())) {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    pending.push(path);
                } else {
                    let name = path.strip_prefix(&from).expect("below the overlay").display().to_string();
                    place.write(&format!("project/{name}"), std::fs::read(&path).expect("a file"));
                }
            }
        }
    }
}

#[test]
fn two_real_traces_cost_to_the_last_decimal_what_their_oracle_says() {
    let Some(data) = data() else { return };
    let place = Place::new();
    overlay(&place, &["azure-llm-2023"]);
    let url = format!("{}/", data.join("data/azure-llm-2023").display());
    // The day after the traces: the run date decides the window, and prices and parameters must hold in it.
    place.run_file("2023-11-17", &[("traces", "azure_llm_2023", &url)], "");
    let run = ["run", "--config", "trimtab.toml", "--project", "project"];
    let sql = |select: &str| place.sql_with(select, &["--project", "project"]);

    let said = place.trimtab(&run);
    assert_eq!(said.code, 0, "{}", said.err);
    let total = "select sum(requests) as requests, sum(input_tokens) as input, sum(output_tokens) as output, \
                 sum(cost_usd) as cost_usd, count(cost_usd) as priced, count(*) as days from spend_by_model";
    let spend = &sql(total)[0];
    assert_eq!((spend["requests"].as_str(), spend["priced"].as_str()), ("28185", spend["days"].as_str()));
    assert_eq!((spend["input"].as_str(), spend["output"].as_str()), ("40421844", "4334561"));
    assert_eq!(spend["cost_usd"], "577.600880000000", "at $10 and $40");
    assert_eq!(sql("select spend_window_usd from headline")[0]["spend_window_usd"], "577.600880000000");

    let workloads = sql("select workload_id, sum(requests) as requests, sum(cost_usd) as cost_usd from workload_cube \
         group by workload_id order by workload_id");
    let found: Vec<_> =
        workloads.iter().map(|row| (&*row["workload_id"], &*row["requests"], &*row["cost_usd"])).collect();
    assert_eq!(found, [("code", "8819", "190.435580000000"), ("conv", "19366", "387.165300000000")]);

    // Windows are edges of the size buckets, so counts of buckets are exact: the rows themselves give the same.
    let of_buckets = sql("select workload_id, sum(case when bucket <= 4096 then requests else 0 end) as fits_4096, \
         sum(case when bucket <= 8192 then requests else 0 end) as fits_8192 \
         from workload_sizes where dimension = 'total' group by workload_id order by workload_id");
    let of_rows = sql("select x_workload_tag as workload_id, \
         sum(case when gen_ai_usage_input_tokens + gen_ai_usage_output_tokens <= 4096 then 1 else 0 end) as fits_4096, \
         sum(case when gen_ai_usage_input_tokens + gen_ai_usage_output_tokens <= 8192 then 1 else 0 end) as fits_8192 \
         from requests group by x_workload_tag order by x_workload_tag");
    assert_eq!(of_buckets, of_rows);
    let fits: Vec<_> =
        of_rows.iter().map(|row| (&*row["workload_id"], &*row["fits_4096"], &*row["fits_8192"])).collect();
    assert_eq!(fits, [("code", "7562", "8819"), ("conv", "17754", "19365")]);

    // The last line of each file has no line end, and no line is equal to another: nothing is lost or folded.
    let read = &sql("select * from coverage where event_date is null")[0];
    let counts = [
        "records_read",
        "rows_in",
        "rows_kept",
        "rows_repeated",
        "rows_rejected",
        "records_rejected",
        "records_skipped",
    ];
    assert_eq!(counts.map(|name| &*read[name]), ["28185", "28185", "28185", "0", "0", "0", "0"]);
    let times = &sql("select min(x_start_time) as first, max(x_start_time) as last from requests")[0];
    assert_eq!((&*times["first"], &*times["last"]), ("2023-11-16T18:15:46.680590Z", "2023-11-16T19:14:19.928016Z"));

    // Another price list: the days are priced again from the state, no object is read.
    overlay(&place, &["azure-llm-2023-small"]);
    let said = place.trimtab(&run);
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(said.err.contains("0 objects"), "the traces were read again: {}", said.err);
    let spend = &sql(total)[0];
    assert_eq!((spend["requests"].as_str(), spend["priced"].as_str()), ("28185", spend["days"].as_str()));
    assert_eq!(spend["cost_usd"], "63.536096800000", "at $1.10 and $4.40");
}
