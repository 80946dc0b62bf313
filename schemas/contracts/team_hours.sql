-- One row per workload that changes by decision, and one for the team: hours of upkeep a month, and what hiring for them costs.
--
-- version: 1
-- window:  as decisions
-- grain:   workload_id
create external table team_hours (
    workload_id varchar, -- workload; null on the row of the team
    workloads bigint not null, -- workloads that change
    upkeep_hours decimal(18,2) not null, -- hours of people a month
    capacity_hours decimal(18,2), -- hours that the run file says the team has; null is not stated, and then hiring is not known
    people_to_hire bigint, -- people for the hours beyond capacity; null where capacity is not stated, and on rows of workloads
    hiring_one_off_usd decimal(18,2), -- what hiring them costs once; workloads share it by hours; shown, in no saving
    hiring_monthly_usd decimal(18,2) -- their full cost a month, of which upkeep already holds the hours they work; in no saving
)
stored as parquet
location 'trimtab-out/team_hours/';
