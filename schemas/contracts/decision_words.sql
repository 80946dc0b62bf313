-- One row per reason of a decision: what it means and what to do, in a sentence each.
--
-- version: 1
-- key:     reason
create external table decision_words (
    reason varchar, -- reason of `decisions`; empty for every gate
    problem varchar not null, -- what was found; {in_use}, {candidate}, {gate}, {facts}, {signals}, {retires} stand for the row's own
    solution varchar not null -- what to do; {in_use}, {candidate}, {items}, {when} stand for the row's own
)
stored as csv
location 'queries/seeds/decision_words.csv';
