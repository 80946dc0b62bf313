-- One row per currency and day from which its rate holds. Empty at first: rates are the owner's, by an overlay.
--
-- version: 1
-- key:     currency
create external table currency_rates (
    currency varchar not null, -- ISO 4217 code, or the provider's own word, as billed
    valid_from date not null, -- first UTC day of the rate; it holds until the next row of the currency
    usd_per_unit decimal(18,9) not null, -- USD for one unit of the currency
    source varchar not null, -- who states the rate
    checked_on date not null -- when it was read
)
stored as csv
location 'queries/seeds/currency_rates.csv';
