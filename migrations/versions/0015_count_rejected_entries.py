"""count rejected entries of a page of a ranking, which is not complete without; let summaries wait to be sent."""

import sqlalchemy as sa
from alembic import op

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    comment = "entries of the page that did not fit and are in dead_letters; null: none"
    op.add_column("ranking_pages", sa.Column("rejected_count", INT64, comment=comment))
    comment = "somebody is to be sent the summary and was not yet; null: as for no"
    op.add_column("job_runs", sa.Column("is_unsent", sa.Boolean(), comment=comment))


def downgrade() -> None:
    op.drop_column("job_runs", "is_unsent")
    op.drop_column("ranking_pages", "rejected_count")
