-- One row per value of a parameter of the method, in its scope and from its day.
--
-- version: 3
-- key:     parameter_id, name, scope, key
-- values:  scope = all | workload | pair; class = measured | published | assumption | convention | config
create external table parameters (
    parameter_id varchar not null, -- P-id of the method
    name varchar not null, -- name in the formula
    scope varchar not null, -- all, workload or pair
    "key" varchar, -- workload id; of a pair from>to, tokenizer ids for tau and provider/model for the others; empty for all
    valid_from date not null, -- first day
    low double, -- P10
    expected double not null, -- expected value
    high double, -- P90
    least double, -- the least that the run file may set for the name; empty there
    most double, -- the most that it may set; empty is no bound
    scopes varchar, -- scopes in which the run file may set the name, between bars; empty there
    class varchar not null, -- measured, published, assumption, convention or config
    source varchar not null -- where it comes from
)
stored as csv
location 'queries/seeds/parameters.csv';
