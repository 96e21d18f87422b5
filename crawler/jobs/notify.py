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
from crawler.words import counted

ADDRESSES, HEARTBEAT = "JOB_NOTIFY", "JOB_HEARTBEAT"
"""In the environment alone: both may hold secrets."""
SECONDS = 15
Kind = Literal["success", "warning", "failure"]


def check() -> None:
    """Refuse addresses that are none, before a job begins. Raises JobError."""
    _senders()
    _heartbeat()


def has_address() -> bool:
    """Return True if this machine has an address for messages."""
    return bool(os.environ.get(ADDRESSES, "").split())


def send(title: str, text: str, kind: Kind) -> None:
    """Send a message to every address in JOB_NOTIFY, in Apprise's form; nothing without one. Raises JobError.

    kind: its severity, which many services show as a colour or a sound.
    """
    addresses = _senders()
    failed = [address for address, sender in addresses.items() if not _is_sent(sender, title, text, kind)]
    if failed:
        # Of an address only its scheme is no secret: ntfy://TOPIC, tgram://TOKEN.
        kinds = ", ".join(f"{urlsplit(one).scheme}://…" for one in failed)
        raise JobError(
            f"the message could not be sent to {kinds}, {len(failed)} of {counted(len(addresses), 'address', 'addresses')} in"
            f" {ADDRESSES}: is the address right, and does its host answer?"
        )


def _is_sent(sender: Any, title: str, text: str, kind: Kind) -> bool:
    try:
        return bool(sender.notify(title=title, body=text, notify_type=kind))
    except Exception:  # noqa: BLE001  # of some hundred services: whatever it is, it may name an address
        return False


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


def _senders() -> dict[str, Any]:
    """Return Apprise for each address of JOB_NOTIFY. Raises JobError."""
    addresses = os.environ.get(ADDRESSES, "").split()
    if not addresses:
        return {}
    try:
        import apprise  # noqa: PLC0415  # half a second, and not everybody has it
    except ModuleNotFoundError:
        raise JobError(f"{ADDRESSES} needs apprise: {with_extra('messages')}") from None
    # Its own log says addresses, passwords among them.
    logging.getLogger("apprise").disabled = True
    senders = {address: apprise.Apprise() for address in addresses}
    if not all(sender.add(address) for address, sender in senders.items()):
        raise JobError(f"{ADDRESSES} holds what is no address: https://appriseit.com has their forms")
    return senders


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
