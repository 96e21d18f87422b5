"""Work for many machines: jobs cut into windows, queued in the archive's PostgreSQL, drained by workers."""
