-- What was trained on the same data with the same settings, and whether anything was trained since.
select
    m.*,
    not exists (select from ml_models as later where later.name = m.name and later.version > m.version) as is_newest
from ml_models as m
where m.name = :name and m.fingerprint = :fingerprint
