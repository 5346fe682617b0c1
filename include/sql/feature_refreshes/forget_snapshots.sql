-- Nothing had happened by then after all.
delete from account_feature_snapshots as s
using computed_features as f
where s.account_domain = f.account_domain and s.as_of = f.as_of and not f.is_known
