-- One row per code that decisions and alternatives use: where it stands and what it means. `trimtab explain CODE` prints it.
--
-- version: 1
-- key:     code
create external table codes (
    code varchar not null, -- as it stands in action, reason, reason_codes, binding_gate, evidence_codes, verdict, stage or a status
    stands_in varchar not null, -- action, reason, gate, evidence, verdict, stage, roi_status, status, code or not tested
    meaning varchar not null -- in a sentence or two
)
stored as csv
location 'queries/seeds/codes.csv';
