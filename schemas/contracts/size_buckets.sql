-- One row per size bucket: at most 1/64 wide, cut at every edge of the catalog.
--
-- version: 1
create external table size_buckets (
    base_bucket bigint not null, -- bucket before the cuts: e * 64 + (size >> e), e = bits less 7, at least 0
    above bigint not null, -- sizes of the bucket are larger than this
    upto bigint not null, -- and at most this: the bucket's name
    stratum bigint not null -- upper edge of the stratum (half octaves and catalog edges) that holds the bucket
)
stored as parquet
location 'trimtab-out/state/size_buckets/';
