-- Research that replaced one of the same moment keeps that moment; the table's trigger has dated it anew.
update person_intel_briefings as b
set researched_at = r.researched_at, written_by = default
from json_to_recordset(cast(:rows as json)) as r (briefing_id uuid, researched_at timestamptz)
where b.id = r.briefing_id and b.researched_at <> r.researched_at
