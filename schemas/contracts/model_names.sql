-- One row per name of a model as logs and bills spell it. Names match exactly; nothing is guessed.
--
-- version: 1
-- key:     provider, name
create external table model_names (
    provider varchar not null, -- as in model_prices
    name varchar not null, -- spelling in a log or a bill
    model_id varchar not null, -- the model that it means
    region_class varchar -- what the name says about the region, as us. and global. do; empty when nothing
)
stored as csv
location 'queries/seeds/model_names.csv';
