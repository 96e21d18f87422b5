"""share the gate: the pace of all machines on one archive, and the runs that workers do."""

import sqlalchemy as sa
from alembic import op

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = "nanoseconds since 1970"

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "paces",
        sa.Column("site", sa.Text(), nullable=False, comment="host, and port where it is no usual one"),
        sa.Column(
            "account",
            sa.Text(),
            nullable=False,
            comment="empty: all accounts together (GATE_PER_ACCOUNT keeps them apart)",
        ),
        sa.Column(
            "last_at",
            INT64,
            nullable=False,
            comment="when the last request left, by the database's clock, nanoseconds since 1970",
        ),
        sa.Column(
            "not_before_at",
            INT64,
            nullable=False,
            comment="nothing is sent before, as the site requested; by the same clock",
        ),
        sa.PrimaryKeyConstraint("site", "account", name=op.f("pk_paces")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "queued_runs",
        sa.Column("run_id", sa.Text(), nullable=False, comment="when it was queued, and a few random digits"),
        sa.Column("job", sa.Text(), nullable=False, comment="the name of its file"),
        sa.Column(
            "due_at",
            INT64,
            nullable=False,
            comment="when its schedule said, nanoseconds since 1970; by hand: when it was queued",
        ),
        sa.Column("queued_at", INT64, nullable=False, comment=MOMENT),
        sa.Column("window_count", INT64, nullable=False, comment="how many windows it was cut into"),
        sa.Column(
            "counts", sa.Text(), nullable=False, comment="what the archive held then, for the summary: a JSON object"
        ),
        sa.Column("send_summary", sa.Text(), nullable=False, comment="always, on trouble, or never: as its file said"),
        sa.Column("ended_at", INT64, comment="when no window was left, nanoseconds since 1970; null: some are"),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_queued_runs")),
        sa.UniqueConstraint("job", "due_at", name=op.f("uq_queued_runs_job_due_at")),
    )


def downgrade() -> None:
    op.drop_table("queued_runs")
    op.drop_table("paces")
