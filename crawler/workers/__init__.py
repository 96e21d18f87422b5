"""Work for many machines: jobs cut into pieces, queued in the archive's PostgreSQL."""
