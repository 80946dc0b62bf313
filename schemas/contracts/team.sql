-- One row: capacity of the team that would maintain models.
--
-- version: 1
create external table team (
    capacity_hours double -- hours a month; null is not stated
)
stored as parquet
location 'trimtab-out/state/team/';
