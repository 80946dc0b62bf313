//! The recipes of CONTRIBUTING.md, each followed once in an overlay folder, and the generated page of columns.

use crate::support::{Place, root};

const LOG: &str = concat!(
    "{\"when\":\"2026-11-19T08:00:00Z\",\"call\":\"c1\",\"feature\":\"greeting\",\"vendor\":\"openai\",\"model\":\"gpt-6-luna\",\"in\":100000,\"cached\":0,\"out\":0}\n",
    "{\"when\":\"2026-11-19T09:00:00Z\",\"call\":\"c2\",\"feature\":\"greeting\",\"vendor\":\"openai\",\"model\":\"gpt-6-luna\",\"in\":10,\"cached\":4,\"out\":5}\n",
    "{\"when\":\"2026-11-19T09:30:00Z\",\"kind\":\"heartbeat\"}\n",
    "{\"when\":\"2026-11-19T10:00:00Z\",\"call\":\"c3\",\"feature\":\"greeting\",\"vendor\":\"openai\",\"model\":\"gpt-6-luna\",\"in\":\"many\"}\n",
);

/// Recipe (a): a log format is two text files and a sample.
fn format_by_two_files(place: &Place) {
    // The pair to copy stands in CONTRIBUTING.md.
    let page = std::fs::read_to_string(root().join("CONTRIBUTING.md")).expect("CONTRIBUTING.md");
    let blocks: Vec<&str> = page.split("```sql\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    place.write("overlay/schemas/sources/acme_log.sql", blocks[0]);
    place.write("overlay/queries/staging/requests/acme_log.sql", blocks[1]);
    place.write("logs/day.jsonl", LOG);
    place.run_file(
        "2026-11-21",
        &[("acme", "acme_log", "logs/")],
        "project = \"overlay\"\n[[parameters]]\nparameter_id = \"C-01\"\nname = \"max_rejected_share\"\nexpected = 0.5\n",
    );
    // `project` belongs above the first table of the run file.
    let text = place.read("trimtab.toml").replace("project = \"overlay\"\n", "");
    place.write("trimtab.toml", format!("project = \"overlay\"\n{text}"));
}

fn sql(place: &Place, select: &str) -> String {
    let said = place.trimtab(&["sql", select, "--format", "csv", "--config", "trimtab.toml"]);
    assert_eq!(said.code, 0, "{}", said.err);
    said.out
}

fn run(place: &Place) -> String {
    let said = place.trimtab(&["run", "--config", "trimtab.toml"]);
    assert_eq!(said.code, 0, "{}", said.err);
    said.out
}

#[test]
fn check_refuses_a_format_whose_header_cannot_work() {
    let place = Place::new();
    format_by_two_files(&place);
    let path = "overlay/schemas/sources/acme_log.sql";
    let ours = place.read(path);
    for (from, to, says) in [
        ("recognised_by: call is not null", "recognised_by: caller is not null", "`recognised_by:` is no predicate"),
        ("objects:       \\.jsonl", "objects:       (\\.jsonl", "`objects:` is no regular expression"),
    ] {
        let broken = ours.replace(from, to);
        assert_ne!(broken, ours);
        place.write(path, broken);
        let said = place.trimtab(&["check", "--config", "trimtab.toml"]);
        assert_eq!(said.code, 2, "{}", said.err);
        assert!(
            said.err.contains(says) && said.err.contains("acme_log.sql") && said.err.contains("hint: "),
            "{}",
            said.err
        );
    }
}

/// The README's table of formats is what `list formats` prints.
#[test]
fn the_table_of_formats_is_current() {
    const MARK: &str = "<!-- formats -->\n";
    let listed = Place::new().trimtab(&["list", "formats", "--format", "markdown"]);
    let path = root().join("README.md");
    let readme = std::fs::read_to_string(&path).expect("the README");
    let parts: Vec<&str> = readme.split(MARK).collect();
    assert_eq!(parts.len(), 3, "two marks around the table");
    if std::env::var("TRIMTAB_BLESS").is_ok_and(|value| value == "1") {
        std::fs::write(&path, [parts[0], listed.out.as_str(), parts[2]].join(MARK)).expect("the README can be written");
        return;
    }
    assert_eq!(parts[1], listed.out, "run with TRIMTAB_BLESS=1");
}

#[test]
fn recipe_a_a_format_is_two_text_files() {
    let place = Place::new();
    format_by_two_files(&place);
    assert_eq!(place.trimtab(&["check", "--config", "trimtab.toml"]).code, 0);
    run(&place);
    assert_eq!(
        sql(
            &place,
            "select workload_id, usage_input_uncached_tokens, usage_cache_read_tokens, cost_usd from requests_priced order by usage_input_uncached_tokens"
        ),
        "workload_id,usage_input_uncached_tokens,usage_cache_read_tokens,cost_usd\ngreeting,6,4,0.000003140000\ngreeting,100000,0,0.010000000000\n"
    );
    assert_eq!(sql(&place, "select object_key, line, path from quarantine"), "object_key,line,path\nday.jsonl,4,in\n");
    let listed = place.trimtab(&["list", "formats", "--project", "overlay"]);
    assert!(listed.out.contains("acme_log"), "{}", listed.out);
}

#[test]
fn recipe_b_a_lever_is_one_sql_file() {
    let place = Place::new();
    format_by_two_files(&place);
    let ours = std::fs::read_to_string(root().join("queries/levers/lever_smaller_model.sql")).expect("the lever");
    let lever = ours
        .replace("'lever_smaller_model' as lever", "'lever_batch_tier' as lever")
        .replace("cast(null as varchar) as to_service_tier", "'batch' as to_service_tier")
        .replace("Move to a smaller model", "Send it as a batch");
    place.write("overlay/queries/levers/lever_batch_tier.sql", lever);
    run(&place);
    let levers = sql(
        &place,
        "select lever, count(*) > 50 as is_many from alternatives where lever in ('lever_batch_tier', 'lever_smaller_model') group by lever order by lever",
    );
    assert_eq!(levers, "lever,is_many\nlever_batch_tier,true\nlever_smaller_model,true\n");
    let listed = place.trimtab(&["list", "levers", "--project", "overlay"]);
    assert!(listed.out.contains("Send it as a batch"), "{}", listed.out);
}

#[test]
fn recipe_c_an_output_is_a_query_with_its_contract_or_a_template() {
    let place = Place::new();
    format_by_two_files(&place);
    place.write(
        "overlay/queries/marts/spend_by_source.sql",
        "-- One row per way in which workloads are named.\n--\n-- grain: workload_source\nselect workload_source, sum(requests) as requests\nfrom workloads\ngroup by workload_source\n",
    );
    let refused = place.trimtab(&["check", "--config", "trimtab.toml"]);
    assert_eq!(refused.code, 2);
    assert!(
        refused.err.contains("has no contract") && refused.err.contains("schemas/contracts/spend_by_source.sql"),
        "{}",
        refused.err
    );
    place.write(
        "overlay/schemas/contracts/spend_by_source.sql",
        "-- One row per way in which workloads are named.\n--\n-- version: 1\n-- window: 28 days\n-- grain: workload_source\ncreate external table spend_by_source (\n    workload_source varchar not null, -- what named the workloads\n    requests bigint not null -- attempts\n)\nstored as parquet\nlocation 'trimtab-out/spend_by_source/';\n",
    );
    place.write(
        "overlay/templates/summary.txt.j2",
        "{{ marts.headline[0].spend_window_usd | usd }} on {{ run_date }}\n",
    );
    let out = run(&place);
    assert!(out.contains("out/spend_by_source/run_date=2026-11-21/spend_by_source.parquet"), "{out}");
    assert_eq!(place.read("out/summary/run_date=2026-11-21/summary.txt"), "$0.01 on 2026-11-21");
    assert_eq!(sql(&place, "select * from spend_by_source"), "workload_source,requests\ntag,2\n");
}

#[test]
fn recipe_d_a_price_is_a_row_and_an_overlay_wins_from_its_first_day() {
    let place = Place::new();
    format_by_two_files(&place);
    place.write(
        "overlay/queries/seeds/model_prices.csv",
        "provider,model_id,bucket,service_tier,region_class,above_prompt_tokens,band_mode,usd_per_mtok,valid_from,valid_to,is_derived,source_url,checked_on\n\
         openai,gpt-6-luna,input,standard,global,0,whole_request,0.09,2026-11-01,,false,our contract,2026-11-01\n",
    );
    run(&place);
    assert_eq!(sql(&place, "select max(cost_usd) as usd from requests_priced"), "usd\n0.009000000000\n");
}

/// `docs/columns.md` is made from the contracts. TRIMTAB_BLESS=1 writes it.
#[test]
fn the_page_of_columns_is_current() {
    let project = tokio::runtime::Runtime::new()
        .expect("a runtime")
        .block_on(trimtab::project::Project::load(None))
        .expect("the project loads");
    let page = trimtab::report::columns(&project);
    let path = root().join("docs/columns.md");
    if std::env::var_os("TRIMTAB_BLESS").is_some() {
        std::fs::write(&path, &page).expect("docs/columns.md");
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == page, "docs/columns.md is stale: TRIMTAB_BLESS=1 cargo test recipes::the_page writes it");
}
