"""Summaries to people, and a sign of life to who watches for silence.

Addresses are secrets: they hold passwords and tokens. No message of ours names more of one than its host.
"""

from __future__ import annotations

import logging
import os
import urllib.request
from typing import Any, Literal
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit, urlunsplit

from crawler.errors import JobError
from crawler.places import with_extra

ADDRESSES, HEARTBEAT = "JOB_NOTIFY", "JOB_HEARTBEAT"
"""In the environment alone: both may hold secrets."""
SECONDS = 15
Kind = Literal["success", "warning", "failure"]


def check() -> None:
    """Refuse addresses that are none, before a job begins. Raises JobError."""
    _sender()
    _heartbeat()


def has_address() -> bool:
    """Return True if this machine has an address for messages."""
    return bool(os.environ.get(ADDRESSES, "").split())


def send(title: str, text: str, kind: Kind) -> None:
    """Send a message to every address in JOB_NOTIFY, in Apprise's form; nothing without one. Raises JobError.

    kind: its severity, which many services show as a colour or a sound.
    """
    sender = _sender()
    if sender is None:
        return
    try:
        is_sent = sender.notify(title=title, body=text, notify_type=kind)
    except Exception as error:  # noqa: BLE001  # of some hundred services: whatever it is, it may name an address
        raise JobError(f"the summary could not be sent: {type(error).__name__}") from None
    if not is_sent:
        raise JobError(f"the summary could not be sent to every address of {ADDRESSES}")


def send_test(host: str) -> None:
    """Send a message, and call the heartbeat, to see that both arrive. Raises JobError."""
    addresses, heartbeat = os.environ.get(ADDRESSES, "").split(), _heartbeat()
    if not addresses and not heartbeat:
        raise JobError(
            f"neither {ADDRESSES} nor {HEARTBEAT} is set. A shell does not read the file of scheduled runs by itself:"
            " set -a; . ~/.config/pixiv-archive/environment; set +a"
        )
    if addresses:
        send(f"pixiv archive on {host}: a test", "If you can read this, messages of jobs reach you.", "success")
        print(f"{ADDRESSES}: sent to {', '.join(urlsplit(one).scheme for one in addresses)}")
    if heartbeat:
        beat()
        print(f"{HEARTBEAT}: {urlsplit(heartbeat).hostname} was called")


def beat(sign: Literal["", "start", "fail"] = "") -> None:
    """Call the address in JOB_HEARTBEAT, by which silence is noticed elsewhere. Raises JobError.

    sign: "" for success; others are added to the path, as https://healthchecks.io has them.
    """
    address = _heartbeat()
    if not address:
        return
    if sign:
        parts = urlsplit(address)
        address = urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{sign}"))
    try:
        with urllib.request.urlopen(address, timeout=SECONDS) as answer:  # noqa: S310  # checked above
            answer.read(1)
    except HTTPError as error:
        why = f"it answers {error.code}"
        error.close()
    except URLError as error:
        why = str(getattr(error.reason, "strerror", None) or type(error.reason).__name__)
    except Exception as error:  # noqa: BLE001  # what a server answers may be anything, and an error may quote it
        why = type(error).__name__
    else:
        return
    raise JobError(f"{HEARTBEAT}: {urlsplit(address).hostname} was not reached: {why}")


def _sender() -> Any:
    """Return Apprise with every address of JOB_NOTIFY, None without one. Raises JobError."""
    addresses = os.environ.get(ADDRESSES, "").split()
    if not addresses:
        return None
    try:
        import apprise  # noqa: PLC0415  # half a second, and not everybody has it
    except ModuleNotFoundError:
        raise JobError(f"{ADDRESSES} needs apprise: {with_extra('messages')}") from None
    # Its own log says addresses, passwords among them.
    logging.getLogger("apprise").disabled = True
    sender = apprise.Apprise()
    if not all(sender.add(address) for address in addresses):
        raise JobError(f"{ADDRESSES} holds what is no address: https://appriseit.com has their forms")
    return sender


def _heartbeat() -> str:
    """Return the address in JOB_HEARTBEAT, "" without one. Raises JobError."""
    address = os.environ.get(HEARTBEAT, "")
    if not address:
        return ""
    try:
        parts = urlsplit(address)
        is_address = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address or not (address.isascii() and address.isprintable()) or " " in address:
        raise JobError(f"{HEARTBEAT} must be an address that begins with https:// and has no blank in it")
    return address
