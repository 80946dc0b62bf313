-- One row per pair of levers that may be combined into one bundle, first in alphabetical order.
--
-- version: 1
-- key:     lever, other_lever
create external table lever_pairs (
    lever varchar not null, -- name of a lever
    other_lever varchar not null, -- name of a lever that may join it
    because varchar not null -- why the two are compatible
)
stored as csv
location 'queries/seeds/lever_pairs.csv';
