"""One explicit action on one's own account: shown first, and sent once."""

from __future__ import annotations

import json
import re
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, ClassVar

from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Response
from scrapy.settings import Settings
from sqlalchemy.exc import SQLAlchemyError
from twisted.python.failure import Failure

from crawler.archive import saved_state
from crawler.archive.database.engine import create, explain, prepare, writing
from crawler.console import preflight
from crawler.console.running import run_spider
from crawler.endpoints.actions import ACTIONS, body_of
from crawler.endpoints.params import ANY, Ids
from crawler.endpoints.reply import is_there, step
from crawler.errors import ArchiveError, BadArgument, SessionError
from crawler.fetch.middleware import NEVER_KEPT
from crawler.fetch.run import Run, archive_of
from crawler.fetch.session import load_session
from crawler.places import ROOT, command
from crawler.words import clean

_DATA = re.compile(rb"<script[^>]*\bid=[\"']?__NEXT_DATA__[\"']?[^>]*>(.*?)</script>", re.DOTALL)
_FORM = re.compile(r"[0-9A-Za-z_-]{16,128}")
STATE = "props.pageProps.serverSerializedPreloadedState"


def read_token(page: bytes) -> str:
    """Return the token on the start page; "" if it has none or does not know the session.

    Raises ValueError, saying what of its known shape is missing.
    """
    found = _DATA.search(page)
    if found is None:
        raise ValueError("it has no __NEXT_DATA__")
    try:
        text = step(json.loads(found[1]), STATE)
        state = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        raise ValueError("its __NEXT_DATA__ is no JSON") from None
    if not isinstance(state, dict):
        raise ValueError(f"its __NEXT_DATA__ has no {STATE}")
    token = step(state, "api.token")
    is_token = isinstance(token, str) and _FORM.fullmatch(token) is not None
    # Without a live session this is null, although the page may still hold a token.
    is_dead = is_there(state, "userData.self") and step(state, "userData.self") is None
    return token if is_token and not is_dead else ""


MOST_SHOWN = 2000


class ActSpider(Spider):
    """Fetches the token that an action needs, then acts, once."""

    name = "act"
    custom_settings: ClassVar[dict[str, Any]] = {  # type: ignore[misc]  # Scrapy reads it off the class
        "ITEM_PIPELINES": {},
        "EXTENSIONS": {},
        # What failed is not sent again by itself: an action may have been done.
        "RETRY_ENABLED": False,
        "THROTTLE_TIMES": 0,
        "LOG_LEVEL": "ERROR",
    }

    def __init__(self, action: str, artwork_id: int, sent: dict[str, Any]) -> None:
        super().__init__()
        self.action, self.artwork_id, self.sent = action, artwork_id, sent
        self.run = Run.begin(self.name, {"action": action})
        self.is_done = False
        self.result = "nothing was answered"

    async def start(self) -> AsyncIterator[Request]:
        base = self.settings["PIXIV_BASE_URL"].rstrip("/")
        yield Request(f"{base}/", callback=self.act, errback=self.failed, meta={NEVER_KEPT: True})

    def act(self, response: Response) -> Iterator[Request]:
        """The start page to the action."""
        try:
            token = read_token(response.body)
        except ValueError as error:
            self.result = f"the start page answers {response.status} and holds no token: {error}"
            return
        if not token:
            why = f"the start page answers {response.status}"
            self.result = f"{why} and holds no token: is the session alive? {command('status doctor')}"
            return
        base = self.settings["PIXIV_BASE_URL"].rstrip("/")
        yield Request(
            f"{base}{ACTIONS[self.action]}",
            method="POST",
            body=json.dumps(self.sent),
            headers={
                "Content-Type": "application/json",
                "X-CSRF-Token": token,
                "Origin": base,
                "Referer": f"{base}/artworks/{self.artwork_id}",
            },
            callback=self.record,
            errback=self.failed,
        )

    def record(self, response: Response) -> None:
        """Keep the answer in the archive."""
        answer = response.body.decode("utf-8", "replace")[:MOST_SHOWN]
        try:
            # Status 200 can carry `error: true`, so the status alone proves nothing.
            self.is_done = response.status == 200 and json.loads(answer).get("error") is False
        except (ValueError, AttributeError):
            self.is_done = False
        self.result = f"the site answers {response.status}: {answer}"
        session = load_session(self.settings)
        store = archive_of(self.crawler).writer
        try:
            store.act(
                {
                    "acted_at": time.time_ns(),
                    "action": self.action,
                    "account": session.owner if session else "",
                    "sent": json.dumps(self.sent),
                    "status": response.status,
                    "answer": answer,
                }
            )
            saved_state.save(store.engine, Path(ROOT, self.settings["CAPTURE_DIR"]))
        except Exception as error:  # noqa: BLE001  # it is done: that is what must be said
            self.result += f" (not recorded: {error})"

    def failed(self, failure: Failure) -> None:
        """No answer: whether it was done is not known."""
        self.result = f"no answer ({type(failure.value).__name__}): {failure.value}"


def act(settings: Settings, name: str, artwork: str, bookmark: dict[str, Any], *, is_sent: bool) -> int:
    """Show an action, and send it if that is wanted; returns the exit status.

    bookmark: `is_private`, `tags` and `comment` of one. Raises Unusable: then nothing was sent.
    """
    if name == "like" and any(bookmark.values()):
        raise BadArgument("--private, --tag and --comment go with bookmark")
    try:
        (artwork_id,) = map(int, Ids().parse("--artwork", artwork, ANY))
    except ValueError as error:
        text = str(error) if isinstance(error, BadArgument) else "--artwork: one id"
        raise BadArgument(text) from None
    session = preflight.check(settings)
    if session is None:
        raise SessionError("an action needs a session: set PIXIV_PHPSESSID")
    sent = body_of(name, artwork_id, **bookmark)
    undone = "" if name == "bookmark" else "  (cannot be undone)"
    print(f"{session.account}: {name}{undone}")
    print(f"POST {settings['PIXIV_BASE_URL'].rstrip('/')}{ACTIONS[name]}")
    print(json.dumps(sent, ensure_ascii=False))
    if not is_sent:
        print("Nothing was sent. --yes fetches the token and sends it, once.")
        return 0
    # Before anything is sent: what cannot be recorded is not done.
    try:
        engine = create(settings["ARCHIVE_URL"])
        prepare(engine)
        with engine.connect() as connection, writing(connection):
            pass
        engine.dispose()
    except SQLAlchemyError as refusal:
        raise ArchiveError(f"{explain(refusal)}: nothing was sent") from None
    process = AsyncCrawlerProcess(settings)
    crawler = run_spider(process, ActSpider, action=name, artwork_id=artwork_id, sent=sent)
    spider = crawler.spider
    assert isinstance(spider, ActSpider)
    print(f"{'DONE' if spider.is_done else 'NOT DONE'}: {clean(spider.result)}")
    return 0 if spider.is_done else 1
