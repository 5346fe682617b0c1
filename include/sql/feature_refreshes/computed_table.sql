-- What was computed for the targets, before anything is written. is_known: something had happened by then.
create temporary table if not exists computed_features (
    like account_feature_snapshots including defaults,
    company_name text not null,
    is_known boolean not null
) on commit drop
