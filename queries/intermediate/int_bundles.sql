-- One row per bundle: one proposal, or several of compatible levers, with its stable id.
--
-- grain:  recommendation_id
-- method: M 7.1 (bundles are re-priced in full, never added)
-- Only one lever exists, so every bundle is one proposal; the seed lever_pairs names which levers may join.
select
    substr(encode(sha256(concat(
        proposals.workload_id, chr(31), proposals.lever, chr(31), proposals.to_provider, chr(31), proposals.to_model_id, chr(31),
        coalesce(proposals.to_service_tier, ''), chr(31), coalesce(proposals.cache_mode, ''), chr(31),
        coalesce(cast(proposals.static_kept_ratio as varchar), ''), chr(31), coalesce(proposals.reasoning_effort, ''), chr(31),
        proposals.adaptation, chr(31), coalesce(proposals.split_rule, '')
    )), 'hex'), 1, 16) as recommendation_id,
    proposals.*
from proposals
