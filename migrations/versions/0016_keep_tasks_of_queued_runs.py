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
    op.add_column("queued_runs", sa.Column("wait_until", INT64))
    # A run that is under way has no tasks to be summed up by.
    op.execute("UPDATE queued_runs SET ended_at = queued_at WHERE ended_at IS NULL")


def downgrade() -> None:
    op.drop_column("queued_runs", "wait_until")
    op.drop_index(op.f("ix_queued_tasks_task"), table_name="queued_tasks")
    op.drop_table("queued_tasks")
