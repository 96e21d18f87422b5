"""`python -m standin`: serve until interrupted."""

import argparse
import asyncio
import sys
import threading
from contextlib import suppress
from pathlib import Path

from standin.server import Standin, serve


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="standin", description=__doc__)
    parser.add_argument("--port", type=int, default=8008, help="0: any free one")
    parser.add_argument("--replies", type=Path, help="a folder of recorded replies")
    parser.add_argument("--generate", action="store_true", help="make rankings of any day")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--ahead", type=int, default=0, metavar="DAYS", help="make the newest days' rankings first")
    options = parser.parse_args()
    standin = Standin(replies=options.replies, generate=options.generate, seed=options.seed)
    standin.render_ahead(options.ahead)
    ready = threading.Event()

    def announce() -> None:
        ready.wait()
        sys.stdout.write(f"PIXIV_BASE_URL={standin.url}\n")
        sys.stdout.flush()

    threading.Thread(target=announce, daemon=True).start()
    with suppress(KeyboardInterrupt):
        asyncio.run(serve(standin, options.port, ready))


if __name__ == "__main__":
    main()
