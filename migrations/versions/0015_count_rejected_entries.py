"""count the rejected entries of a page of a ranking: a ranking without them is not complete."""

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


def downgrade() -> None:
    op.drop_column("ranking_pages", "rejected_count")
