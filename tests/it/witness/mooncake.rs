//! Two traces of long prompts, from the overlay `tests/overlays/mooncake`: spend at two price lists, prompts of up to
//! 191,378 tokens against five context windows. The figures are those of the data's README, made there by DuckDB.

use std::collections::BTreeSet;
use std::io::Read;

use super::azure::overlay;
use super::data;
use crate::support::Place;

/// Requests, tokens in and out, the longest prompt, calls that fit 8,192 to 65,536 and 128,000 tokens.
const README: [(&str, [i64; 9]); 2] = [
    ("conversation", [12_031, 144_793_823, 4_122_048, 126_195, 6_461, 9_206, 11_185, 11_774, 12_031]),
    ("synthetic", [3_993, 61_194_628, 595_432, 191_378, 1_872, 2_385, 3_347, 3_946, 3_983]),
];

#[test]
fn traces_of_long_prompts_cost_and_fit_what_their_readme_says() {
    let Some(data) = data() else { return };
    let folder = data.join("data/mooncake");
    let place = Place::new();
    overlay(&place, &["azure-llm-2023", "mooncake"]);
    place.run_file("2023-11-17", &[("traces", "mooncake", &format!("{}/", folder.display()))], "");
    let run = ["run", "--config", "trimtab.toml", "--project", "project", "--quiet"];
    let sql = |select: &str| place.sql_with(select, &["--project", "project"]);
    let spend = || -> Vec<(String, String)> {
        sql("select workload_id, sum(cost_usd) as cost_usd from workload_cube group by workload_id order by workload_id")
            .into_iter()
            .map(|row| (row["workload_id"].clone(), row["cost_usd"].clone()))
            .collect()
    };
    let costs = |conversation: &str, synthetic: &str| {
        vec![("conversation".to_string(), conversation.to_string()), ("synthetic".to_string(), synthetic.to_string())]
    };

    let said = place.trimtab(&run);
    assert_eq!(said.code, 0, "{}", said.err);
    assert_eq!(spend(), costs("1612.820150000000", "635.763560000000"), "at $10 and $40");
    // Windows are edges of the size buckets, so that buckets give exact counts.
    let rows = sql("with sizes as (\
            select workload_id, sum(case when bucket <= 8192 then requests else 0 end) as fits_8k, \
            sum(case when bucket <= 16384 then requests else 0 end) as fits_16k, \
            sum(case when bucket <= 32768 then requests else 0 end) as fits_32k, \
            sum(case when bucket <= 65536 then requests else 0 end) as fits_64k, \
            sum(case when bucket <= 128000 then requests else 0 end) as fits_128k \
            from workload_sizes where dimension = 'total' group by workload_id), \
         calls as (\
            select x_workload_tag, count(*) as requests, sum(gen_ai_usage_input_tokens) as input, \
            sum(gen_ai_usage_output_tokens) as output, max(gen_ai_usage_input_tokens) as longest \
            from requests group by x_workload_tag) \
         select * from calls inner join sizes on sizes.workload_id = calls.x_workload_tag order by x_workload_tag");
    let names = ["requests", "input", "output", "longest", "fits_8k", "fits_16k", "fits_32k", "fits_64k", "fits_128k"];
    let found: Vec<_> = rows
        .iter()
        .map(|row| (&*row["x_workload_tag"], names.map(|name| row[name].parse::<i64>().expect("a count"))))
        .collect();
    assert_eq!(found, README);

    // The nested column: prompts that begin alike, counted from the lines themselves.
    for (name, _) in README {
        let file = std::fs::File::open(folder.join(format!("{name}_trace.jsonl.gz"))).expect("a trace");
        let mut text = String::new();
        flate2::read::MultiGzDecoder::new(file).read_to_string(&mut text).expect("a trace's text");
        let first = text.lines().map(|line| {
            let call: serde_json::Value = serde_json::from_str(line).expect("a call");
            call["hash_ids"][0].to_string()
        });
        let select = format!("select count(distinct x_template_id) as n from requests where x_workload_tag = '{name}'");
        assert_eq!(sql(&select)[0]["n"], first.collect::<BTreeSet<_>>().len().to_string(), "{name}");
    }

    overlay(&place, &["azure-llm-2023-small"]);
    let said = place.trimtab(&run);
    assert_eq!(said.code, 0, "{}", said.err);
    assert_eq!(spend(), costs("177.410216500000", "69.933991600000"), "at $1.10 and $4.40");
}
