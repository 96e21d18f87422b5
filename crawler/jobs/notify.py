"""Summaries to people, and a sign of life to who watches for silence."""

from __future__ import annotations

import logging
import os
import urllib.request
from urllib.error import URLError

from crawler.errors import JobError

ADDRESSES, HEARTBEAT = "JOB_NOTIFY", "JOB_HEARTBEAT"
"""In the environment alone: both may hold secrets."""
SECONDS = 15


def send(title: str, text: str) -> None:
    """Send a message to every address in JOB_NOTIFY, in Apprise's form; nothing without one.

    Raises JobError, which names no address.
    """
    addresses = os.environ.get(ADDRESSES, "").split()
    if not addresses:
        return
    try:
        import apprise  # noqa: PLC0415  # half a second, and not everybody has it
    except ModuleNotFoundError:
        raise JobError(
            f"{ADDRESSES} needs apprise: pip install 'pixiv-archive[messages]'"
        ) from None
    # Its own log says addresses, passwords among them.
    logging.getLogger("apprise").disabled = True
    sender = apprise.Apprise()
    if not all(sender.add(address) for address in addresses):
        raise JobError(
            f"{ADDRESSES} holds what is no address: https://appriseit.com has their forms"
        )
    if not sender.notify(title=title, body=text):
        raise JobError(f"the summary could not be sent to every address of {ADDRESSES}")


def beat() -> None:
    """Call the address in JOB_HEARTBEAT: its silence is noticed elsewhere. Raises JobError."""
    address = os.environ.get(HEARTBEAT)
    if not address:
        return
    if not address.startswith(("https://", "http://")):
        raise JobError(f"{HEARTBEAT}: an address that begins with https://")
    try:
        with urllib.request.urlopen(address, timeout=SECONDS) as answer:  # noqa: S310  # checked above
            answer.read(1)
    except (OSError, URLError, ValueError) as error:
        why = getattr(error, "reason", None) or type(error).__name__
        raise JobError(f"the address of {HEARTBEAT} does not answer: {why}") from None
