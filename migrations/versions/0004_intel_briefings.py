"""Intel briefings of companies and of persons: one row per entity and client lens.

The definitions are kept as other systems that share these tables have them; 0005 adds to them.

Revision: 0004, after 0003
"""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_COMPANY_INTEL_BRIEFINGS = """
CREATE TABLE IF NOT EXISTS company_intel_briefings (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    org_id UUID NOT NULL REFERENCES orgs(id) ON DELETE CASCADE,
    company_domain TEXT NOT NULL,
    company_name TEXT,
    client_company_name TEXT,
    client_company_description TEXT,
    raw_parallel_output JSONB NOT NULL,
    parallel_run_id TEXT,
    processor TEXT,
    source_submission_id UUID REFERENCES submissions(id) ON DELETE SET NULL,
    source_pipeline_run_id UUID REFERENCES pipeline_runs(id) ON DELETE SET NULL,
    created_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT NOW()
);

CREATE UNIQUE INDEX IF NOT EXISTS idx_company_intel_briefings_dedup
    ON company_intel_briefings(org_id, company_domain, client_company_name);
CREATE INDEX IF NOT EXISTS idx_company_intel_briefings_org
    ON company_intel_briefings(org_id);
CREATE INDEX IF NOT EXISTS idx_company_intel_briefings_domain
    ON company_intel_briefings(org_id, company_domain);
CREATE INDEX IF NOT EXISTS idx_company_intel_briefings_client
    ON company_intel_briefings(org_id, client_company_name);

DROP TRIGGER IF EXISTS update_company_intel_briefings_updated_at ON company_intel_briefings;
CREATE TRIGGER update_company_intel_briefings_updated_at
    BEFORE UPDATE ON company_intel_briefings
    FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();

ALTER TABLE company_intel_briefings ENABLE ROW LEVEL SECURITY;
"""

_PERSON_INTEL_BRIEFINGS = """
CREATE TABLE IF NOT EXISTS person_intel_briefings (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    org_id UUID NOT NULL REFERENCES orgs(id) ON DELETE CASCADE,
    person_linkedin_url TEXT,
    person_full_name TEXT NOT NULL,
    person_current_company_name TEXT,
    person_current_job_title TEXT,
    client_company_name TEXT,
    client_company_description TEXT,
    customer_company_name TEXT,
    raw_parallel_output JSONB NOT NULL,
    parallel_run_id TEXT,
    processor TEXT,
    source_submission_id UUID REFERENCES submissions(id) ON DELETE SET NULL,
    source_pipeline_run_id UUID REFERENCES pipeline_runs(id) ON DELETE SET NULL,
    created_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT NOW()
);

CREATE UNIQUE INDEX IF NOT EXISTS idx_person_intel_briefings_dedup
    ON person_intel_briefings(org_id, person_full_name, person_current_company_name, client_company_name);
CREATE INDEX IF NOT EXISTS idx_person_intel_briefings_org
    ON person_intel_briefings(org_id);
CREATE INDEX IF NOT EXISTS idx_person_intel_briefings_linkedin
    ON person_intel_briefings(org_id, person_linkedin_url);
CREATE INDEX IF NOT EXISTS idx_person_intel_briefings_company
    ON person_intel_briefings(org_id, person_current_company_name);
CREATE INDEX IF NOT EXISTS idx_person_intel_briefings_client
    ON person_intel_briefings(org_id, client_company_name);

DROP TRIGGER IF EXISTS update_person_intel_briefings_updated_at ON person_intel_briefings;
CREATE TRIGGER update_person_intel_briefings_updated_at
    BEFORE UPDATE ON person_intel_briefings
    FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();

ALTER TABLE person_intel_briefings ENABLE ROW LEVEL SECURITY;
"""


def upgrade() -> None:
    for definitions in (_COMPANY_INTEL_BRIEFINGS, _PERSON_INTEL_BRIEFINGS):
        for definition in definitions.split(";"):
            if definition.strip():
                op.execute(definition.strip())


def downgrade() -> None:
    op.execute("drop table person_intel_briefings, company_intel_briefings")
