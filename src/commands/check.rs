//! `trimtab check`: everything short of reading data.

use crate::cli::PlaceArgs;
use crate::engine::Engine;
use crate::error::Result;
use crate::pipeline;
use crate::project::Project;
use crate::store::Store;

pub(super) async fn run(place: PlaceArgs) -> Result<()> {
    let config = super::configuration(&place, &place.overrides(), false).await?;
    let project = Project::load(config.project.as_deref()).await?;
    let engine = Engine::open(&config.engine).await?;
    pipeline::plan(&engine, &project, &config).await?;
    for source in &config.sources {
        Store::open(&source.url, &config.stores).map_err(|error| error.at(format!("source `{}`", source.name)))?;
    }
    Store::open(&config.output, &config.stores)?;
    println!(
        "ok: {} sources, {} formats, {} queries, {} contracts, {} seeds",
        config.sources.len(),
        project.sources.len(),
        project.queries.len(),
        project.contracts.len(),
        project.seeds.len()
    );
    Ok(())
}
