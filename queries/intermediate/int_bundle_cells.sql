-- One row per bundle and cell of its workload: what would move, and whether it fits the candidate.
--
-- grain:  recommendation_id, provider, billed_model_id, service_tier, region_class, input_stratum
-- method: M 4.2 (what does not fit stays where it is), at the high end of the tokenizer ratio
select
    int_bundles.recommendation_id,
    int_bundles.to_provider,
    int_bundles.to_model_id,
    int_cells.*,
    int_bundle_ratios.tau,
    -- No prompt of the cell is longer than this: the stratum's edge, or the longest prompt that was seen in it.
    least(int_cells.input_stratum, int_cells.max_input_tokens) as longest_input_tokens,
    coalesce(
        least(int_cells.input_stratum, int_cells.max_input_tokens) * int_bundle_ratios.tau_high + int_bundle_reserves.reserved_output
            <= int_bundle_reserves.context_window_tokens,
        true
    ) as is_fitting
from int_bundles
inner join int_cells on int_cells.workload_id = int_bundles.workload_id
inner join int_bundle_ratios
    on int_bundle_ratios.recommendation_id = int_bundles.recommendation_id
    and int_bundle_ratios.from_provider = int_cells.provider
    and int_bundle_ratios.from_model_id = int_cells.billed_model_id
left join int_bundle_reserves on int_bundle_reserves.recommendation_id = int_bundles.recommendation_id
