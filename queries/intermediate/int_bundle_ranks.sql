-- One row per bundle: its place among the workload's, and whether it is what may be done while a better one waits.
--
-- grain:  recommendation_id
-- by_workload: yes
-- method: M 7.2 (highest expected NPV of what may be taken; an unproven bundle worth more is evaluated, and the best lever
--         that needs no more proof is taken meanwhile)
with facts as (
    select
        int_bundles.recommendation_id, int_bundles.workload_id, int_bundles.is_same_model, int_bundles.to_provider,
        int_bundles.to_model_id, actions.action, actions.stage,
        actions.action in ('OPTIMIZE') as is_optimize,
        -- A way out comes first where the model in use ends before a move could pay.
        actions.action in ('MIGRATE') and actions.is_due as is_due,
        actions.action in ('MIGRATE') and actions.is_proven as is_proven_way_out,
        actions.action in ('MOVE', 'MOVE_SPLIT') as is_move,
        actions.action in ('PILOT', 'EVALUATE_NEXT', 'WAIT_MATURITY', 'WAIT_COMMITMENT') as is_waiting,
        gated.is_blocked,
        coalesce(array_has(gated.reason_codes, 'UNPRICED_TO'), false) as is_price_missing,
        gated.pass_share_spend,
        coalesce(not priced.is_source_unpriced and not priced.is_target_unpriced, false) as is_priced,
        priced.source_paid_usd - priced.target_paid_usd as saving_usd,
        priced.source_usd - priced.target_equal_tokens_usd as price_only_usd,
        costed.npv_usd,
        cast(settings.month_factor_numerator as double) / settings.month_factor_denominator as per_month,
        held.maintenance_hours_none * held.expert_usd_per_hour as maintenance_usd,
        worth.evaluation_gain_usd,
        -- Nothing but the owner's word stands in its way.
        array_to_string(array_remove(array_remove(gated.reason_codes, 'CTX_MAX'), 'RETIRES_IN_HORIZON'), ',') in ('BATCH_OK')
            as is_question
    from int_bundles
    cross join settings
    inner join int_workload_parameters as held on held.workload_id = int_bundles.workload_id
    inner join int_bundle_actions as actions on actions.recommendation_id = int_bundles.recommendation_id
    inner join int_bundles_gated as gated on gated.recommendation_id = int_bundles.recommendation_id
    left join int_bundles_priced as priced on priced.recommendation_id = int_bundles.recommendation_id
    left join int_bundles_costed as costed on costed.recommendation_id = int_bundles.recommendation_id
    left join int_evaluation_worth as worth on worth.recommendation_id = int_bundles.recommendation_id
),

by_workload as (
    select
        workload_id,
        bool_or(is_move) as has_move,
        max(case when is_waiting then npv_usd end) as waiting_npv_usd,
        max(case when is_optimize then npv_usd end) as optimize_npv_usd
    from facts
    group by workload_id
),

preferred as (
    select
        facts.*,
        case
            when is_due then 0
            when is_move then 1
            when is_optimize
                and (by_workload.has_move or coalesce(by_workload.optimize_npv_usd >= by_workload.waiting_npv_usd, true)) then 1
            -- A prototype waits, whatever a signature would allow (M 9).
            when action in ('PILOT', 'WAIT_COMMITMENT') and stage not in ('PROTOTYPE') then 2
            when action in ('EVALUATE_NEXT') then 3
            when is_waiting then 4
            when is_optimize then 5
            -- A model that ends or fails is left, however nearly a candidate would pay.
            when action in ('MIGRATE', 'MOVE_UP') then 5
            -- A setting of the model in use that does not pay says less than a candidate that nearly does.
            when is_same_model then 10
            when not is_blocked and is_priced and saving_usd > 0 then 6
            when is_blocked and is_priced and price_only_usd > 0 then 7
            when not is_blocked and is_priced then 8
            -- Nobody knows whether it would pay.
            when is_price_missing then 9
            else 10
        end as preference
    from facts
    inner join by_workload on by_workload.workload_id = facts.workload_id
),

placed as (
    select
        *,
        -- Of ways out what is proven; what earns most over the horizon, or is most worth testing; what passes and saves most; by name.
        row_number() over (
            partition by workload_id
            order by
                preference, case when is_proven_way_out then 1 else 2 end, case when preference in (0, 1, 2, 5) then npv_usd when preference = 3 then evaluation_gain_usd end desc nulls last,
                case when is_same_model then 2 else 1 end, pass_share_spend desc, saving_usd desc nulls last,
                to_provider, to_model_id, recommendation_id
        ) as place
    from preferred
),

interim as (
    select recommendation_id, preference, row_number() over (partition by workload_id order by npv_usd desc, recommendation_id) as place
    from preferred
    where is_optimize
),

taken as (
    select workload_id, saving_usd from placed where place = 1 and preference = 1
)

select
    placed.recommendation_id,
    placed.workload_id,
    placed.preference,
    placed.place,
    interim.place as interim_place,
    -- Asked of the owner: what it would save beside what is taken anyway, where that is more than its upkeep.
    case
        when placed.is_question
            and cast(placed.saving_usd - coalesce(taken.saving_usd, 0) as double) * placed.per_month > placed.maintenance_usd
            then cast(cast(placed.saving_usd - coalesce(taken.saving_usd, 0) as double) * placed.per_month as decimal(18, 2))
    end as asked_monthly_usd
from placed
left join interim on interim.recommendation_id = placed.recommendation_id and interim.preference > 1
left join taken on taken.workload_id = placed.workload_id
