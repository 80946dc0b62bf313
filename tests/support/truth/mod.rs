//! Planted truth: workloads are drawn from a seed with everything that is true of them, the product's own relations decide on
//! the traces, and an oracle that was written from the method's text says what is right.
//!
//! Two things are kept apart. *Right given the evidence*: chance decides which items were sampled, so the oracle judges by
//! the sample that was drawn, as the method would. *False against the truth*: a move to a model that really is worse than
//! the margin allows is false, whatever the sample said.

pub mod catalog;
mod draws;
pub mod oracle;
mod product;
pub mod score;
mod traces;
pub mod workload;

pub use product::Decided;
use workload::{Ground, Workload};

/// Workloads under a commitment, each with a provider of its own: one in so many at most.
const BOUND: usize = 40;

/// The same of a wide population, so that the catalogue does not grow with it.
const BOUND_WIDE: usize = 5;

/// A population to be drawn.
#[derive(Clone, Copy, Debug)]
pub struct Population {
    pub seed: u64,
    pub workloads: usize,
    /// Every candidate lies exactly at the margin, and nothing but evidence decides.
    pub is_at_margin: bool,
    /// For time and memory alone: thirteen months of traffic, and the whole catalogue as candidates.
    pub is_wide: bool,
    pub memory_mib: usize,
    /// Workloads that are decided together where there are more than twice as many.
    pub at_once: usize,
    /// Every relation stays to be looked at.
    pub keeps: bool,
}

impl Default for Population {
    fn default() -> Population {
        let memory_mib = 4096;
        Population {
            seed: 1,
            workloads: 600,
            is_at_margin: false,
            is_wide: false,
            memory_mib,
            at_once: 128,
            keeps: false,
        }
    }
}

/// What was planted and what the product said of it.
pub struct Trial {
    pub seed: u64,
    pub models: Vec<catalog::Model>,
    pub edges: Vec<i64>,
    pub workloads: Vec<Workload>,
    pub decided: Decided,
}

/// Draws a population and has the product decide on it.
pub async fn decide(population: Population) -> Result<Trial, String> {
    let bound = population.workloads.div_ceil(BOUND).min(if population.is_wide { BOUND_WIDE } else { usize::MAX });
    let models = catalog::models(bound);
    let product = product::Product::open(&models, population.memory_mib).await?;
    let edges = product.edges();
    let ground =
        Ground { seed: population.seed, models: &models, edges: &edges, is_at_margin: population.is_at_margin };
    let mut taken = 0;
    let workloads: Vec<Workload> =
        (0..population.workloads).map(|number| ground.workload(number, &mut taken)).collect();
    let decided = product.decide(&workloads, &models, population).await?;
    Ok(Trial { seed: population.seed, models, edges, workloads, decided })
}
