-- Start over within a transaction.
truncate feature_targets, computed_features
