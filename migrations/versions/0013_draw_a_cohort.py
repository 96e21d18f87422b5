"""draw a cohort: ids drawn by chance of a day's span, followed for years."""

import sqlalchemy as sa
from alembic import op

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cohort",
        sa.Column("artwork_id", INT64, autoincrement=False, nullable=False),
        sa.Column("drawn_on", sa.Date(), nullable=False),
        sa.Column("first_id", INT64, nullable=False),
        sa.Column("last_id", INT64, nullable=False),
        sa.Column("draw_count", INT64, nullable=False),
        sa.Column("drawn_at", INT64, nullable=False),
        sa.PrimaryKeyConstraint("artwork_id", name=op.f("pk_cohort")),
    )
    op.create_index(op.f("ix_cohort_drawn_on"), "cohort", ["drawn_on"])


def downgrade() -> None:
    op.drop_index(op.f("ix_cohort_drawn_on"), table_name="cohort")
    op.drop_table("cohort")
