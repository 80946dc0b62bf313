//! `trimtab prices import`: what a public list gives, what is shown, what is refused.

use crate::support::{Place, Said, root};
use crate::witness;

const LITELLM: &str = r#"{
  "sample_spec": {"mode": "one of", "litellm_provider": "one of", "input_cost_per_token": 0.0},
  "o3": {"mode": "chat", "litellm_provider": "openai", "input_cost_per_token": 2e-06, "output_cost_per_token": 9e-06},
  "gpt-6-luna": {"mode": "chat", "litellm_provider": "openai", "input_cost_per_token": 0.00001},
  "cloudy/nimbus-2": {"mode": "chat", "litellm_provider": "cloudy", "max_input_tokens": 64000, "max_output_tokens": 4096,
    "supports_function_calling": true, "deprecation_date": "2027-03-01",
    "input_cost_per_token": 3e-06, "output_cost_per_token": 1.5e-05, "output_cost_per_reasoning_token": 1.6e-05,
    "input_cost_per_token_batches": 1.5e-06, "output_cost_per_token_flex": 0.0000075,
    "cache_read_input_token_cost": 3e-07, "cache_creation_input_token_cost": 3.75e-06,
    "cache_creation_input_token_cost_above_1hr": 6e-06, "input_cost_per_token_above_200k_tokens": 6e-06,
    "search_context_cost_per_query": {"low": 0.01}, "citation_cost_per_token": 1e-06},
  "bedrock/eu-central-1/nimbus.mist-v1:0": {"mode": "chat", "litellm_provider": "bedrock", "input_cost_per_token": 4e-07},
  "us.nimbus.mist-v1:0": {"mode": "chat", "litellm_provider": "bedrock_converse", "input_cost_per_token": 5e-07},
  "painter": {"mode": "image_generation", "litellm_provider": "openai", "input_cost_per_token": 5e-06}
}"#;

fn import(place: &Place, more: &[&str]) -> Said {
    place.write("list.json", LITELLM);
    let arguments = ["prices", "import", "list.json", "--from", "litellm", "--checked-on", "2026-11-21"];
    place.trimtab(&[&arguments, more].concat())
}

#[test]
fn a_list_is_compared_and_nothing_is_written_unasked() {
    let place = Place::new();
    let said = import(&place, &[]);
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{}", said.err);
    for line in [
        "14 prices read: 11 new, 1 as in the catalog, 2 different on 2026-11-21",
        "left out 1: mode `image_generation` is not billed by the token",
        "left out 1: `citation_cost_per_token` has no bucket here",
        "| openai | o3 | output | standard | global | 0 | 8 | 9 |  |",
        "| openai | gpt-6-luna | input | standard | global | 0 | 0.1 | 10 | more than 5 times |",
        "nothing was written; --to DIR writes the new rows as an overlay",
    ] {
        assert!(said.out.lines().any(|found| found == line), "`{line}` in\n{}", said.out);
    }
    assert_eq!(place.files(".", &[]).len(), 1);
}

#[test]
fn new_rows_make_an_overlay_that_prices_calls() {
    let place = Place::new();
    let said = import(&place, &["--to", "overlay", "--valid-from", "2026-10-01"]);
    assert_eq!(said.code, 0, "{}", said.err);
    let prices = place.read("overlay/queries/seeds/model_prices.csv");
    for (row, from) in [
        ("cloudy,nimbus-2,input,standard,global,0,whole_request,3", "2026-10-01"),
        ("cloudy,nimbus-2,input,standard,global,200000,whole_request,6", "2026-10-01"),
        ("cloudy,nimbus-2,input,batch,global,0,whole_request,1.5", "2026-10-01"),
        ("cloudy,nimbus-2,output,flex,global,0,whole_request,7.5", "2026-10-01"),
        ("cloudy,nimbus-2,reasoning,standard,global,0,whole_request,16", "2026-10-01"),
        ("cloudy,nimbus-2,cache_read,standard,global,0,whole_request,0.3", "2026-10-01"),
        ("cloudy,nimbus-2,cache_write_5m,standard,global,0,whole_request,3.75", "2026-10-01"),
        ("cloudy,nimbus-2,cache_write_1h,standard,global,0,whole_request,6", "2026-10-01"),
        ("aws.bedrock,nimbus.mist-v1:0,input,standard,eu-central-1,0,whole_request,0.4", "2026-10-01"),
        ("aws.bedrock,nimbus.mist-v1:0,input,standard,us,0,whole_request,0.5", "2026-10-01"),
    ] {
        let line = format!("{row},{from},,false,litellm list.json,2026-11-21");
        assert!(prices.lines().any(|found| found == line), "`{line}` in\n{prices}");
    }
    assert!(!prices.contains("openai,"), "what differs is not taken unasked:\n{prices}");
    let models = place.read("overlay/queries/seeds/models.csv");
    assert!(models.contains("\ncloudy,nimbus-2,,64000,4096,,,true,,,,,,,2027-03-01,"), "{models}");
    place.write(
        "logs/day.jsonl",
        r#"{"ts":"2026-11-20T08:00:00Z","app":"a","provider":"cloudy","request":{"model":"cloudy/nimbus-2"},"response":{"id":"1","object":"chat.completion","model":"nimbus-2","usage":{"prompt_tokens":1000000,"completion_tokens":0,"completion_tokens_details":{"reasoning_tokens":0},"prompt_tokens_details":{"cached_tokens":0}}}}"#,
    );
    place.run_file("2026-11-21", &[("apps", "openai_envelope", "logs/")], "");
    let text = place.read("trimtab.toml");
    place.write("trimtab.toml", format!("project = \"overlay\"\n{text}"));
    let run = place.trimtab(&["run", "--config", "trimtab.toml", "--quiet"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let cost = place.sql("select billed_model_id as model, cost_usd from requests_priced");
    // A prompt of a million tokens is in the band above 200,000.
    assert_eq!((&*cost[0]["model"], &*cost[0]["cost_usd"]), ("nimbus-2", "6.000000000000"));
}

#[test]
fn what_differs_is_taken_on_demand_and_a_slip_of_the_unit_only_on_a_second_one() {
    let place = Place::new();
    import(&place, &["--to", "a", "--take-conflicts"]);
    let prices = place.read("a/queries/seeds/model_prices.csv");
    assert!(prices.contains("openai,o3,output,standard,global,0,whole_request,9,2026-11-21,"), "{prices}");
    assert!(!prices.contains("gpt-6-luna"), "{prices}");
    import(&place, &["--to", "b", "--take-conflicts", "--accept-large-changes"]);
    assert!(
        place
            .read("b/queries/seeds/model_prices.csv")
            .contains("openai,gpt-6-luna,input,standard,global,0,whole_request,10,")
    );
    let again = import(&place, &["--to", "b"]);
    assert_eq!(again.code, 2);
    assert!(again.err.contains("exists") && again.err.contains("hint: give --to a new folder"), "{}", again.err);
    let none = import(&place, &["--provider", "opnai"]);
    assert_eq!(none.code, 2);
    assert!(
        none.err.contains("holds no price that could be taken") && none.err.contains("list models"),
        "{}",
        none.err
    );
    place.write("list.json", "[1]");
    let wrong = place.trimtab(&["prices", "import", "list.json", "--from", "litellm"]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.err.contains("the file is not the list that --from names"), "{}", wrong.err);
}

#[test]
fn history_bands_and_spellings_of_genai_prices_and_the_limits_of_models_dev() {
    let place = Place::new();
    place.write(
        "genai.json",
        r#"[{"id": "cloudy", "models": [{"id": "nimbus-3", "context_window": 32000,
            "match": {"or": [{"equals": "nimbus-3-latest"}, {"starts_with": "nimbus-3-"}]},
            "prices": [{"prices": {"input_mtok": 10}}, {"constraint": {"start_date": "2026-06-10"}, "prices": {"input_mtok": {"base": 2.5, "tiers": [{"start": 200000, "price": 5}]}}},
                       {"constraint": {"start_date": "2027-01-01"}, "prices": {"input_mtok": 2, "output_image_mtok": 30, "output_reasoning_mtok": 9}}]},
                     {"id": "nimbus-3-night", "match": {"equals": "nimbus-3-night"},
            "prices": [{"prices": {"input_mtok": 1}},
                       {"constraint": {"start_time": "00:30:00Z", "end_time": "16:30:00Z"}, "prices": {"input_mtok": 2}}]}]},
            {"id": "google", "models": [{"id": "nimbus-5", "match": {"equals": "nimbus-5"}, "prices": {"input_mtok": 4}}]},
            {"id": "mistral", "models": [{"id": "mistral-large-latest", "match": {"equals": "mistral-large-latest"}, "prices": {"input_mtok": 8}}]}]"#,
    );
    let arguments = |list: &'static str, from: &'static str, to: &'static str| {
        [
            "prices",
            "import",
            list,
            "--from",
            from,
            "--checked-on",
            "2026-11-21",
            "--valid-from",
            "2026-01-01",
            "--to",
            to,
        ]
    };
    let said = place.trimtab(&arguments("genai.json", "genai-prices", "g"));
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(said.out.contains("left out 1: price by time of day"), "{}", said.out);
    let prices = place.read("g/queries/seeds/model_prices.csv");
    for row in ["0,whole_request,10,2026-01-01", "0,whole_request,2.5,2026-06-10", "200000,whole_request,5,2026-06-10"]
    {
        assert!(prices.contains(&format!("cloudy,nimbus-3,input,standard,global,{row},")), "{row} in {prices}");
    }
    // What holds at some hours only is no price of a day, and what holds at the others is none either.
    assert!(!prices.contains("nimbus-3-night"), "{prices}");
    // Kinds of tokens that the list names apart; images cost what input costs where it does not, and are marked.
    for row in [
        "cloudy,nimbus-3,output_image,standard,global,0,whole_request,30,2027-01-01,,false",
        "cloudy,nimbus-3,reasoning,standard,global,0,whole_request,9,2027-01-01,,false",
        "cloudy,nimbus-3,input_image,standard,global,200000,whole_request,5,2026-06-10,,true",
        // The list has one Google, which answers at two addresses.
        "gcp.gemini,nimbus-5,input,standard,global,0,whole_request,4,2026-01-01,,false",
        "gcp.vertex_ai,nimbus-5,input,standard,global,0,whole_request,4,2026-01-01,,false",
    ] {
        assert!(prices.contains(&format!("\n{row},")), "{row} in {prices}");
    }
    // A model goes by the catalog's id, whatever the list calls it: else its price would be new, and never used.
    let line = "| mistral_ai | mistral-large-2512 | input | standard | global | 0 | 0.5 | 8 | more than 5 times |";
    assert!(said.out.lines().any(|found| found == line), "{}", said.out);
    assert!(place.read("g/queries/seeds/model_names.csv").contains("cloudy,nimbus-3-latest,nimbus-3,"));
    place.write(
        "dev.json",
        r#"{"cloudy": {"models": {"nimbus-4": {"modalities": {"input": ["text", "image"]}, "tool_call": true, "reasoning": false, "limit": {"context": 128000, "output": 8000},
            "cost": {"input": 0.8, "output": 4, "cache_read": 0.08, "cache_write": 1, "context_over_200k": {"input": 2}}}}}}"#,
    );
    let said = place.trimtab(&arguments("dev.json", "models.dev", "d"));
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(said.out.contains("left out 1: `cost.context_over_200k` has no bucket here"), "{}", said.out);
    let prices = place.read("d/queries/seeds/model_prices.csv");
    for row in ["cache_write_5m,standard,global,0,whole_request,1", "input_image,standard,global,0,whole_request,0.8"] {
        assert!(prices.contains(&format!("cloudy,nimbus-4,{row},2026-01-01,")), "{row} in {prices}");
    }
    assert!(place.read("d/queries/seeds/models.csv").contains("\ncloudy,nimbus-4,,128000,8000,,,true,,false,"));
}

/// Another program multiplies the prices of two real lists and finds the same rows.
#[test]
fn the_rows_of_two_real_lists_equal_another_programs() {
    let (Some(data), Some(python)) = (witness::data(), witness::python()) else { return };
    let place = Place::new();
    for (from, list) in
        [("litellm", "price-tables/litellm-1.80.0-model_prices.json.gz"), ("genai-prices", "genai-prices/data.json.gz")]
    {
        let list = data.join("data").join(list);
        let path = list.display().to_string();
        let arguments =
            ["prices", "import", &path, "--from", from, "--checked-on", "2026-11-21", "--to", from, "--take-conflicts"];
        let said = place.trimtab(&[&arguments[..], &["--accept-large-changes"]].concat());
        assert_eq!(said.code, 0, "{}", said.err);
        let rows = place.path(from).join("queries/seeds/model_prices.csv");
        let found = python.run(&root().join("tests/it/witness/price_list.py"), &[&list, &rows]);
        let (compared, differing) = found.trim().split_once(' ').expect("two numbers");
        assert!(compared.parse::<usize>().expect("a number") > 1_500, "{from}: {found}");
        assert_eq!(differing, "0", "{from}: {found}");
    }
}

#[test]
fn prices_check_says_what_a_run_found() {
    let place = Place::new();
    place.write(
        "logs/day.jsonl",
        r#"{"ts":"2026-11-20T08:00:00Z","app":"a","provider":"openai","response":{"id":"1","object":"chat.completion","model":"gpt-none","usage":{"prompt_tokens":7,"completion_tokens":5}}}"#,
    );
    place.run_file("2026-11-21", &[("apps", "openai_envelope", "logs/")], "");
    let check = ["prices", "check", "--format", "csv", "--config", "trimtab.toml"];
    assert_eq!(place.trimtab(&check).code, 2, "nothing was published yet");
    let run = place.trimtab(&["run", "--config", "trimtab.toml", "--quiet"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let said = place.trimtab(&check);
    let wanted = "finding,provider,model_id,subject,due_on,requests,tokens,window_usd,change_usd,workloads\n\
                  unpriced,openai,gpt-none,standard global: unknown_model,,1,12,,,a\n";
    assert_eq!((said.code, said.out.as_str()), (0, wanted), "{}", said.err);
}
