-- What the filters of an evaluation let through.

-- name: any_company_fits
-- True when there is a company to evaluate.
select exists (
    select from companies
    where merged_into_id is null
      and (cast(:company_ids as bigint[]) is null or id = any(cast(:company_ids as bigint[])))
      and (cast(:name_contains as text) is null or strpos(lower(name), lower(cast(:name_contains as text))) > 0)
      and (cast(:industry as text) is null or lower(primary_industry) = lower(cast(:industry as text)))
      and (cast(:source_system as text) is null or source_system = cast(:source_system as text))
)
