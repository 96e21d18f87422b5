"""make views anew: tags of the day, looks, what vanished, times in Japan; views are made after every upgrade."""

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing to do: the upgrade itself makes the views."""


def downgrade() -> None:
    """Nothing to undo."""
