"""keep the tasks of queued runs, by which a run is summed up."""

import sqlalchemy as sa
from alembic import op

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "queued_tasks",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("place", INT64, autoincrement=False, nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("spider", sa.Text(), nullable=False),
        sa.Column("arguments", sa.Text(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("priority", INT64, nullable=False),
        sa.Column("is_optional", sa.Boolean(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=True),
        sa.Column("ended_at", INT64, nullable=True),
        sa.PrimaryKeyConstraint("run_id", "place", name=op.f("pk_queued_tasks")),
    )
    op.create_index(op.f("ix_queued_tasks_task"), "queued_tasks", ["task"])
    # Runs that are under way have no tasks to be summed up by, and nothing else refers to runs that have ended.
    op.drop_table("queued_runs")
    _create_queued_runs("wait_until")


def downgrade() -> None:
    op.drop_table("queued_runs")
    _create_queued_runs("window_count")
    op.drop_index(op.f("ix_queued_tasks_task"), table_name="queued_tasks")
    op.drop_table("queued_tasks")


def _create_queued_runs(column: str) -> None:
    op.create_table(
        "queued_runs",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("due_at", INT64, nullable=False),
        sa.Column("queued_at", INT64, nullable=False),
        sa.Column(column, INT64, nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("send_summary", sa.Text(), nullable=False),
        sa.Column("ended_at", INT64, nullable=True),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_queued_runs")),
        sa.UniqueConstraint("job", "due_at", name=op.f("uq_queued_runs_job_due_at")),
    )
