"""append newest first: ranges are requested so, and pages of a table fill by half before their least key."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

COLUMNS = """
    ranking_id INTEGER NOT NULL, rank INTEGER NOT NULL, artwork_id INTEGER NOT NULL, previous_rank INTEGER,
    rating_count INTEGER, view_count INTEGER, is_masked BOOLEAN, mask_reason TEXT, seen_at INTEGER NOT NULL
"""


def make_anew(order):
    # PostgreSQL's rows lie in the order in which they came.
    if op.get_bind().dialect.name == "postgresql":
        return
    op.execute(
        f"CREATE TABLE entries ({COLUMNS}, CONSTRAINT pk_ranking_entries"
        f" PRIMARY KEY (ranking_id {order}, rank)) WITHOUT ROWID"
    )
    op.execute(f"INSERT INTO entries SELECT * FROM ranking_entries ORDER BY ranking_id {order}, rank")
    op.drop_table("ranking_entries")
    op.rename_table("entries", "ranking_entries")
    op.execute(f"CREATE INDEX ix_ranking_entries_artwork_id ON ranking_entries (artwork_id {order})")


def upgrade() -> None:
    make_anew("DESC")


def downgrade() -> None:
    make_anew("ASC")
