"""make views anew: what the site answered of a cohort, searches that count all works of a tag; views are made after every upgrade."""

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing to do: the upgrade itself makes the views."""


def downgrade() -> None:
    """Nothing to undo."""
