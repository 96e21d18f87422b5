"""Sets the clock of every Python started with this folder on PYTHONPATH ahead by CLOCK_SHIFT days."""

import os
from datetime import UTC, datetime, timedelta

if os.environ.get("CLOCK_SHIFT"):
    import time_machine

    then = datetime.now(UTC) + timedelta(days=float(os.environ["CLOCK_SHIFT"]))
    time_machine.travel(then, tick=True).start()
