//! 1,577 real usage bodies of ten providers: tokens and cost equal what another program made of them.
//!
//! The bodies, what pydantic/genai-prices read from each and what it says that they cost are that project's; its price
//! list is imported as an overlay. `docs/decisions.md` explains every line that is not `matched`.

use super::{data, python, script};
use crate::support::Place;

const FIGURES: &str = "\
items 1577, rows of advisors beside them 3, names added 11
tokens 29 differing: Mistral's num_cached_tokens is cached input: the record leaves it out
tokens 2 differing: a compaction is billed beside the counts: the record leaves it out
tokens 2 differing: thoughts stand in total_tokens only: the record leaves them out
tokens 1527 matched
tokens 17 not applicable: no format reads Cohere's bodies
cost 2 differing: a kind of tokens has no price in the list: unpriced, where the record takes the price of all of its side
cost 2 differing: cached audio has a price of its own in the list: we have one for all cached input
cost 1 differing: price by the time of day: not imported
cost 1 differing: served at the flex tier: the list has no tiers
cost 1 differing: the list has the model without a price: unknown to us, free to the record
cost 3 differing: the list prices an alias otherwise than the model that it means in the catalog
cost 5 differing: the recorded price does not follow from the list: it is of a newer one
cost 29 differing: tokens differ: Mistral's num_cached_tokens is cached input: the record leaves it out
cost 2 differing: tokens differ: a compaction is billed beside the counts: the record leaves it out
cost 1223 matched
cost 17 not applicable: no format reads Cohere's bodies
cost 52 not applicable: no price recorded
cost 239 not applicable: the body names no model
";

#[test]
fn real_usage_bodies_count_and_cost_what_another_program_says() {
    let (Some(data), Some(python)) = (data(), python()) else { return };
    let place = Place::new();
    let folder = place.path("");
    let said = python.run(
        &script("genai_prices.py"),
        &[std::path::Path::new(env!("CARGO_BIN_EXE_trimtab")), &data.join("data/genai-prices"), &folder],
    );
    assert_eq!(said, FIGURES);
}
