-- Titles that turned up too late to be in title_seats, classified by this transaction for itself.
create temporary table if not exists late_titles (
    title text primary key,
    ceo_rank smallint,
    cfo_rank smallint,
    hr_rank smallint
) on commit drop
