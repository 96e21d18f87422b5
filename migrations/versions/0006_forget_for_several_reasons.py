"""forget for several reasons."""

import sqlalchemy as sa
from alembic import op

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
IS_CUT = "captures are cleared of it: those that are there, and those of later runs"
KIND = "user, artwork, or what belongs to one"
ROOT_KIND = "what was asked to be forgotten: user or artwork"
COLUMNS = "kind, thing_id, root_kind, root_id, forgotten_at"

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def make_anew(*key, more=()):
    op.rename_table("suppressions", "suppressions_before")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER INDEX pk_suppressions RENAME TO pk_suppressions_before")
    op.create_table(
        "suppressions",
        sa.Column("kind", sa.Text(), nullable=False, comment=KIND),
        sa.Column("thing_id", INT64, nullable=False),
        sa.Column("root_kind", sa.Text(), nullable=False, comment=ROOT_KIND),
        sa.Column("root_id", INT64, nullable=False, comment="itself, or whose it is"),
        sa.Column("forgotten_at", INT64, nullable=False, comment="nanoseconds since 1970"),
        *more,
        sa.PrimaryKeyConstraint(*key, name=op.f("pk_suppressions")),
        sqlite_with_rowid=False,
    )


def upgrade() -> None:
    # A thing may be forgotten for several reasons: undoing one leaves the others.
    is_cut = sa.Column("is_cut", sa.Boolean(), nullable=False, comment=IS_CUT)
    make_anew("kind", "thing_id", "root_kind", "root_id", more=(is_cut,))
    op.execute(f"INSERT INTO suppressions ({COLUMNS}, is_cut) SELECT {COLUMNS}, false FROM suppressions_before")
    op.drop_table("suppressions_before")


def downgrade() -> None:
    make_anew("kind", "thing_id")
    op.execute(
        f"INSERT INTO suppressions ({COLUMNS}) SELECT {COLUMNS} FROM suppressions_before told"
        " WHERE NOT EXISTS (SELECT 1 FROM suppressions_before other"
        " WHERE other.kind = told.kind AND other.thing_id = told.thing_id"
        " AND (other.root_kind, other.root_id) < (told.root_kind, told.root_id))"
    )
    op.drop_table("suppressions_before")
