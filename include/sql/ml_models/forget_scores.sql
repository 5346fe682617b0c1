-- Scores by models that are not in use, and of accounts that are scored no more: won meanwhile, or without features.
delete from account_scores as score
where score.model_id is distinct from cast(:model_id as bigint)
   or not exists (
       select from account_signals as account
       where account.account_domain = score.account_domain and account.deal_won_count = 0
   )
