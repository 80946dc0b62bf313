-- One row per currency and day from which its rate holds. Empty at first: rates are the owner's, by an overlay.
--
-- version: 1
-- key:     currency
create external table currency_rates (
    currency varchar not null, -- ISO 4217 code, or the provider's own word, as billed
    valid_from date not null, -- first UTC day of the rate
    valid_to date, -- first UTC day after it; a later row of the currency ends it by itself
    usd_per_unit decimal(18,9) not null, -- USD for one unit of the currency
    source varchar not null, -- who states the rate
    checked_on date not null -- when it was read
)
stored as csv
location 'queries/seeds/currency_rates.csv';
