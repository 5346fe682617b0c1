"""Comments of four tables in plain English.

Revision: 0008, after 0007
"""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_COMMENTS = {
    "prospect_intelligence_runs": (
        "Every research that was tried, with what it said of the company, or how it failed. run_key: whose, of what, "
        "when - the same run is here once. created_at: when it ran; recorded_at: when we heard of it.",
        "Every research run that was tried, with what it found about the company, or how it failed. run_key: whose, of "
        "what, when - the same run is here once. created_at: when it ran; recorded_at: when we heard of it.",
    ),
    "account_intent": (
        "Accounts with more activity lately than their own past lets expect; the others have no row.",
        "Accounts with more activity lately than their history predicts; the others have no row.",
    ),
    "account_suppressions": (
        "Accounts nobody shall be pointed to, until a moment or for ever.",
        "Accounts that must not be recommended, until a moment or for ever.",
    ),
    "account_recommendations": (
        "Whom to turn to, per day, and why. is_exploration: drawn by chance to learn from; propensity: the chance it "
        "had of being on the list.",
        "Recommended accounts per day, and why. is_exploration: drawn by chance to learn from; propensity: the chance "
        "it had of being on the list.",
    ),
}


def upgrade() -> None:
    for table, (before, after) in _COMMENTS.items():
        op.create_table_comment(table, after, existing_comment=before)


def downgrade() -> None:
    for table, (before, after) in _COMMENTS.items():
        op.create_table_comment(table, before, existing_comment=after)
