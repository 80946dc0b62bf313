-- One row per spelling of a provider in logs and bills.
--
-- version: 1
-- key:     name
create external table provider_names (
    name varchar not null, -- spelling in a log or a bill, lower case
    provider varchar not null -- as in model_prices
)
stored as csv
location 'queries/seeds/provider_names.csv';
