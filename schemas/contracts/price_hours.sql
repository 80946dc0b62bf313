-- One row per half hour of the week in which a provider's clock sets the price; all other half hours are off-peak.
--
-- version: 1
-- key:     provider, weekday, half_hour
-- values:  service_tier = peak | off-peak
create external table price_hours (
    provider varchar not null, -- as in model_prices
    weekday bigint not null, -- 1 is Monday, 7 is Sunday, UTC
    half_hour bigint not null, -- 0 is 00:00 to 00:30, 47 is 23:30 to 24:00, UTC
    service_tier varchar not null, -- tier of the price rows that hold then
    valid_from date not null, -- first UTC day
    valid_to date, -- first UTC day after it, only for an announced end
    source_url varchar not null, -- where it was read
    checked_on date not null -- when it was read
)
stored as csv
location 'queries/seeds/price_hours.csv';
