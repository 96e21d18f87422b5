"""Take what is forgotten out of captures, reply by reply, by the rule of the archive's rows."""

from __future__ import annotations

import logging
import re
from functools import partial
from pathlib import Path
from typing import Any

from crawler.archive.writing.store import Store
from crawler.capture.forgotten import cleared_of
from crawler.capture.rewrite import Change, Edits, rewrite
from crawler.capture.target import target_of
from crawler.endpoints.redact import erase_params, erase_url
from crawler.forget.bodies import redact, redact_unread
from crawler.model.reply import Reply
from crawler.tables.naming import NO_ID, Forgotten

logger = logging.getLogger(__name__)

NUMBER = re.compile(rb"\d+")
OWNER = "x-userid"
"""The header in which pixiv says whose session it was."""
HIDDEN_DIGIT = b"\\u003"
"""JSON may write a digit so, though nobody does."""


def clearing(out: Forgotten) -> Edits:
    """What is to become of a file of captures that is cleared of what is forgotten."""
    return Edits(partial(_change, out), partial(_about, out), partial(_header, out), out.is_named_in)


def clear_run(store: Store, folder: Path, path: Path, name: str) -> None:
    """Clear a run's file of what captures are cleared of, by the list that lies beside them.

    What was cut short at its end goes too. store: of the archive that knows where its replies lie;
    folder: CAPTURE_DIR. Raises ListError, NotRewritten, OSError, and what the store raises.
    """
    done = rewrite(path, name, clearing(cleared_of(folder)))
    for place in done.unread:
        logger.warning("Cannot be read, so nobody knows whom it names: %s", place)
    if done.has_changed:
        store.place(name, done.places)


def _change(out: Forgotten, reply: Reply, about: dict[str, Any]) -> Change | None:
    if not _may_name(out, reply, about):
        return Change(reply.url, reply.body)
    target = target_of(reply, about)
    if target is not None:
        return Change(out.redacted(erase_url(reply.url, out.is_out)), redact(target, reply, out))
    if out.is_named_in(reply.url):
        return None  # a page about it, of which no row is read
    return Change(reply.url, redact_unread(reply.body, out))


def _header(out: Forgotten, name: str, value: str) -> str:
    if name.lower() == OWNER and value.isdecimal() and out.is_out(("user", int(value))):
        return str(NO_ID)
    return out.redacted(value)


def _may_name(out: Forgotten, reply: Reply, about: dict[str, Any]) -> bool:
    """Return True if an id of what is forgotten is anywhere near a reply: most are passed over by it."""
    if about.get("account", "") in out.numbers or HIDDEN_DIGIT in reply.body:
        return True
    numbers = {*NUMBER.findall(reply.body), *NUMBER.findall(reply.url.encode())}
    return not out.numbers.isdisjoint(number.decode() for number in numbers)


def _about(out: Forgotten, about: dict[str, Any]) -> dict[str, Any]:
    """What a run says of itself, without the account where that is forgotten."""
    account = about.get("account")
    if not isinstance(account, str):
        return about
    (erased,) = erase_params({"@account": account}, out.is_out).values()
    return about if erased == account else {**about, "account": erased}
