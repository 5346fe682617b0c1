"""Whoever writes a seat notes its company by the number in its id, without looking the company up.

Revision: 0026, after 0025
"""

from __future__ import annotations

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_HEAD = """
create or replace function note_seat_changes() returns trigger language plpgsql as $$
begin
    if tg_table_name = 'companies' then
        insert into seat_changes (company_id) select id from new_rows;
"""
_LOOKED_UP = """    elsif tg_table_name = 'company_slot' and tg_op = 'UPDATE' then
        insert into seat_changes (company_id)
        select distinct c.id from new_rows as n join companies as c using (company_unique_id);
    elsif tg_table_name = 'company_slot' then
        insert into seat_changes (company_id)
        select distinct c.id from old_rows as o join companies as c using (company_unique_id);
"""
# A joined look-up would be planned once a session, for as many rows as come first: for those of a whole night all
# companies are read, and then again for every request that ends.
_BY_NUMBER = """    elsif tg_table_name = 'company_slot' and tg_op = 'UPDATE' then
        insert into seat_changes (company_id)
        select distinct split_part(company_unique_id, '.', 5)::bigint from new_rows;
    elsif tg_table_name = 'company_slot' then
        insert into seat_changes (company_id)
        select distinct split_part(company_unique_id, '.', 5)::bigint from old_rows;
"""
_TAIL = """    elsif tg_op = 'INSERT' then
        insert into seat_changes (company_id) select distinct company_id from new_rows;
    elsif tg_op = 'DELETE' then
        insert into seat_changes (company_id) select distinct company_id from old_rows;
    else  -- company_person_roles: only what an evaluation reads of them
        insert into seat_changes (company_id)
        select distinct company_id
        from (
            select id, company_id, person_id, role_title, is_current, is_doubted, observed_on from old_rows
            union all
            select id, company_id, person_id, role_title, is_current, is_doubted, observed_on from new_rows
        ) as versions
        group by id, company_id, person_id, role_title, is_current, is_doubted, observed_on
        having count(*) = 1;
    end if;
    return null;
end
$$"""


def upgrade() -> None:
    op.execute((_HEAD + _BY_NUMBER + _TAIL).strip())


def downgrade() -> None:
    op.execute((_HEAD + _LOOKED_UP + _TAIL).strip())
