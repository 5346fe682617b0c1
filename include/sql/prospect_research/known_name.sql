-- What the company behind a domain is called, as far as anybody knows; the domain when nobody does.
select coalesce(
    (
        select coalesce(winner.name, c.name)
        from companies as c
        left join companies as winner on winner.id = c.merged_into_id
        where c.domain = :account_domain
    ),
    (select company_name from accounts where account_domain = :account_domain),
    :account_domain
)
