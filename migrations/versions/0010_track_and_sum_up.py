"""track what is followed, and keep how jobs ended."""

import sqlalchemy as sa
from alembic import op

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = "nanoseconds since 1970"

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tracked",
        sa.Column("kind", sa.Text(), nullable=False, comment="tag, user, artwork, series or ranking"),
        sa.Column("thing_id", INT64, nullable=False, comment="of a user, work or series; else 0"),
        sa.Column("name", sa.Text(), nullable=False, comment="the tag, or mode and content of a ranking; else empty"),
        sa.Column("pages", INT64, comment="of a ranking, how many are wanted; null: all"),
        sa.Column(
            "first_on",
            sa.Date(),
            comment="of a ranking, its first day that is wanted; null: the first that is archived",
        ),
        sa.Column("added_at", INT64, nullable=False, comment=MOMENT),
        sa.PrimaryKeyConstraint("kind", "thing_id", "name", name=op.f("pk_tracked")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "job_runs",
        sa.Column("run_id", sa.Text(), nullable=False, comment="when it began, and a few random digits"),
        sa.Column("job", sa.Text(), nullable=False, comment="the name of its file"),
        sa.Column("started_at", INT64, nullable=False, comment=MOMENT),
        sa.Column("finished_at", INT64, nullable=False, comment=MOMENT),
        sa.Column("outcome", sa.Text(), nullable=False, comment="ok, trouble, or could not begin"),
        sa.Column("request_count", INT64, nullable=False, comment="that left, all steps together"),
        sa.Column("summary", sa.Text(), nullable=False, comment="what was sent and printed"),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_job_runs")),
    )


def downgrade() -> None:
    op.drop_table("job_runs")
    op.drop_table("tracked")
