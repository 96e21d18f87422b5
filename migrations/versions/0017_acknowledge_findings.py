"""keep what somebody has acknowledged of the pages of status."""

import sqlalchemy as sa
from alembic import op

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "acknowledgements",
        sa.Column("page", sa.Text(), nullable=False),
        sa.Column("acknowledged_at", INT64, autoincrement=False, nullable=False),
        sa.Column("acknowledged_by", sa.Text(), nullable=False),
        sa.Column("item_count", INT64, nullable=False),
        sa.PrimaryKeyConstraint("page", "acknowledged_at", name=op.f("pk_acknowledgements")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("acknowledgements")
