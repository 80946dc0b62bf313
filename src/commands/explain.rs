//! `trimtab explain`: a query, lever, contract, format, check, code or parameter from the project's text; a workload or
//! recommendation from what was published.

use crate::cli::PlaceArgs;
use crate::error::{Error, Kind, Result};
use crate::project::{Project, Query};
use crate::schema::Table;

pub(super) async fn run(name: &str, place: PlaceArgs) -> Result<()> {
    let config = super::configuration(&place, &place.overrides(), false).await?;
    let project = Project::load(config.project.as_deref()).await?;
    let query = project.queries.iter().find(|query| query.name == name);
    let format = project.sources.get(name);
    let contract = project.contracts.get(name);
    let seeded = [("codes", "code"), ("parameters", "parameter_id")];
    let mut rows = Vec::new();
    for (seed, column) in seeded {
        rows.extend(seeds_row(&project, seed, column, name)?);
    }
    if query.is_none() && format.is_none() && contract.is_none() && rows.is_empty() {
        return of_workload(name, place).await;
    }
    for row in rows {
        let text = |column: &str| row[column].as_str().unwrap_or_default();
        match row["meaning"].as_str() {
            Some(meaning) => say!("{name} ({})\n{meaning}\n", text("stands_in")),
            None => {
                let of = if text("key").is_empty() { String::new() } else { format!(" {}", text("key")) };
                let value = |column: &str| row[column].as_f64().map_or("-".to_string(), |value| value.to_string());
                let [low, expected, high] = ["low", "expected", "high"].map(value);
                say!("{name} {} ({}{of}): {expected}, {low} to {high}", text("name"), text("scope"));
                say!(
                    "  {}; {}; may be stated for: {}",
                    text("class"),
                    text("source"),
                    text("scopes").replace('|', ", ")
                );
            }
        }
    }
    if let Some(table) = format {
        print_table(table);
        for (_, query) in project.mappings(name) {
            print_query(query);
        }
    }
    if let Some(query) = query {
        print_query(query);
        if let Some(options) = config.checks.get(name) {
            let severity = options.severity.map_or("as above", |severity| severity.word());
            let limit = options.limit.map_or("as above".to_string(), |limit| limit.to_string());
            say!("  in the run file: severity {severity}, limit {limit}\n");
        }
    }
    if let Some(table) = contract {
        print_table(table);
    }
    Ok(())
}

/// Rows of a seed whose column has this value.
fn seeds_row(project: &Project, seed: &str, column: &str, value: &str) -> Result<Vec<serde_json::Value>> {
    let Some(seed) = project.seeds.get(seed) else { return Ok(Vec::new()) };
    let mut rows = crate::report::records(&seed.rows)?;
    rows.retain(|row| row[column].as_str() == Some(value));
    Ok(rows)
}

fn print_query(query: &Query) {
    say!("{} ({})\n{}\n", query.name, query.path, query.header.summary);
    for (key, value) in &query.header.values {
        say!("  {key}: {value}");
    }
    say!("  reads: {}\n", query.inputs.join(", "));
}

fn print_table(table: &Table) {
    say!("{} ({})\n{}\n", table.name, table.path, table.header.summary);
    for (key, value) in &table.header.values {
        say!("  {key}: {value}");
    }
    for field in table.schema.fields() {
        let needed = if field.is_nullable() { "" } else { " not null" };
        let comment = field.metadata().get("description").map(String::as_str).unwrap_or_default();
        say!("  {:<34} {}{needed}  {comment}", field.name(), type_name(field.data_type()));
    }
    say!("");
}

fn type_name(data_type: &arrow::datatypes::DataType) -> String {
    data_type.to_string().to_lowercase()
}

/// Effects that say something.
pub(super) const EFFECTS: &str = "effect <> 'saving' and amount_usd <> 0";

/// Alternatives of a workload that are listed.
const SHOWN: usize = 12;

/// Explains a workload, or the workload of a recommendation id, from the published marts.
async fn of_workload(name: &str, place: PlaceArgs) -> Result<()> {
    let unknown = || {
        Error::usage(format!("`{name}` is no query, contract, format, code, parameter, workload or recommendation id"))
            .hint("`trimtab list queries` and `trimtab sql \"select workload_id from decisions\"` show the names; those of your own need --config or --project")
    };
    let opened = super::opened(&place).await.map_err(|error| match error.kind() {
        Kind::Usage => unknown(),
        _ => error,
    })?;
    if opened.unpublished.is_some() {
        return Err(unknown());
    }
    let literal = |text: &str| format!("'{}'", text.replace('\'', "''"));
    let mut workload = literal(name);
    let mut is_asked = format!("workload_id = {workload}");
    let mut chosen = records(&opened, &format!("select * from decisions where {is_asked}")).await?;
    if chosen.is_empty() {
        is_asked = format!("recommendation_id = {}", literal(name));
        let of = records(&opened, &format!("select workload_id from alternatives where {is_asked}")).await?;
        let of = of.first().and_then(|row| row["workload_id"].as_str()).ok_or_else(unknown)?;
        workload = literal(of);
        is_asked = format!("workload_id = {workload} and {is_asked}");
        chosen = records(&opened, &format!("select * from decisions where workload_id = {workload}")).await?;
    }
    let decided = chosen.first().and_then(|row| row["recommendation_id"].as_str()).unwrap_or_default();
    let first = format!("case when recommendation_id = {} then 0 else 1 end", literal(decided));
    let tried =
        records(&opened, &format!("select * from alternatives where {is_asked} order by {first}, option_rank")).await?;
    let bound = records(&opened, &format!("select * from commitment_savings where workload_id = {workload}")).await?;
    let bridge =
        format!("select * from savings_bridge where workload_id = {workload} and {EFFECTS} order by basis, place");
    let bridge = records(&opened, &bridge).await?;
    let text = crate::report::page(
        opened.project.templates.get("explain.txt.j2").map_or("", String::as_str),
        "explain.txt.j2",
        serde_json::json!({
            "name": name, "decisions": chosen, "alternatives": tried, "shown": SHOWN, "commitments": bound, "bridge": bridge,
            "window_days": opened.window_days,
        }),
    )?;
    super::tell(&text);
    Ok(())
}

async fn records(opened: &super::Opened, select: &str) -> Result<Vec<serde_json::Value>> {
    let (_, batches) = opened.engine.select(select).await?;
    Ok(batches.iter().map(crate::report::records).collect::<Result<Vec<_>>>()?.concat())
}
