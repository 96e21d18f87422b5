"""The fake server's server: recorded responses of a folder, generated rankings, faults on demand."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from aiohttp import web

from standin import rankings
from standin.bodies import ERROR_400
from standin.moving import Moving
from standin.routes import Asked, enveloped, route_of

ROBOTS = "User-agent: *\nDisallow: /ajax/illust/*/recommend/init\n"
OUT_OF_RANGE = {"error": "ランキング集計の範囲外です"}
CSRF = "0123456789abcdef0123456789abcdef"
MOST_RENDERED = 20_000  # responses kept, of about 10 kB
NOT_FOUND = {"error": True, "message": "", "body": []}


@dataclass
class Fault:
    """Fault that some requests get instead of a response.

    match: a pattern found in path and query; times: how often (None: always); the rest is the
    reply: body is sent as it is, `reset` drops the connection, `cut` does so after half of the
    body, `stall` waits so many seconds there. change: what becomes of the JSON that would be sent,
    by it and the query.
    """

    match: str
    times: int | None = 1
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    content_type: str = "application/json"
    reset: bool = False
    delay: float = 0.0
    cut: bool = False
    stall: float = 0.0
    change: Callable[[Any, Mapping[str, str]], Any] | None = None


@dataclass
class Hit:
    """A request that came in."""

    at: float
    target: str
    headers: dict[str, str]


@dataclass
class Standin:
    """A stand-in. replies: a folder of recorded responses; generate: make rankings it lacks.

    days_ahead: by how much the time that it states is ahead of the true one. moving: a site whose lists
    move, which answers what it can.
    """

    replies: Path | None = None
    generate: bool = False
    seed: int = 1
    now: datetime | None = None
    days_ahead: float = 0.0
    moving: Moving | None = None
    robots: str = ROBOTS
    faults: list[Fault] = field(default_factory=list)
    hits: list[Hit] = field(default_factory=list)
    dead_sessions: set[str] = field(default_factory=set)
    actions: list[tuple[str, object]] = field(default_factory=list)
    url: str = ""

    @property
    def targets(self) -> list[str]:
        """Path and query of every request so far, robots.txt left out."""
        return [hit.target for hit in self.hits if hit.target != "/robots.txt"]

    def app(self) -> web.Application:
        """The aiohttp application."""
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self.answer)
        app.on_response_prepare.append(self._date)
        return app

    async def _date(self, request: web.Request, response: web.StreamResponse) -> None:
        """Say the time of a day that is to come, as a crawl with such a clock expects."""
        if self.days_ahead:
            then = datetime.now(UTC) + timedelta(days=self.days_ahead)
            response.headers["Date"] = format_datetime(then, usegmt=True)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Log a request and answer it."""
        self.hits.append(Hit(time.monotonic(), request.path_qs, dict(request.headers)))
        for fault in self.faults:
            if fault.times != 0 and re.search(fault.match, request.path_qs):
                if fault.times is not None:
                    fault.times -= 1
                return await self._fail(request, fault)
        return await self._answer(request)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        """Return the response to a request if nothing goes wrong."""
        if request.path == "/robots.txt":
            return web.Response(text=self.robots)
        moved = self.moving.answer(request.path_qs) if self.moving else None
        if moved is not None:
            return web.json_response(moved)
        is_ranking = request.path == "/ranking.php"
        if is_ranking and request.query.get("format") != "json":
            return web.Response(text="<!DOCTYPE html><title>ランキング</title>", content_type="text/html")
        account = self.account_of(request.cookies.get("PHPSESSID", ""))
        has_session = account is not None
        is_page = request.path == "/" or request.path.startswith(("/artworks/", "/touch/"))
        if is_page or request.method == "POST":
            return await self._act(request, account)
        if is_ranking and request.query.get("mode") in rankings.R18_MODES and not has_session:
            return web.json_response({"error": "R-18"}, status=403)
        body = self._recorded(request)
        if body is None and self.generate:
            if not is_ranking:
                return self._generated(request, account)
            body = self._ranking(request.query, has_session=has_session)
        if body is None:
            return web.json_response(OUT_OF_RANGE if is_ranking else NOT_FOUND, status=404)
        return _gzipped(body, {})

    def account_of(self, session: str) -> int | None:
        """Return whose session it is; None without one, or with a dead one."""
        found = re.match(r"(\d+)_", session)
        return int(found[1]) if found and session not in self.dead_sessions else None

    def _generated(self, request: web.Request, account: int | None) -> web.StreamResponse:
        """The response of a documented endpoint: its body, 404, or the 400 that says almost nothing."""
        query: dict[str, str] = {}
        for name, value in request.query.items():
            query[name] = f"{query[name]},{value}" if name in query else value
        found = route_of(request.path)
        if found is None:
            return web.json_response(NOT_FOUND, status=404)
        route, words = found
        if route.needs_session and account is None:
            return web.json_response(ERROR_400, status=400)
        try:
            body = route.answer(Asked(self.seed, words, query, self._last, account))
        except ValueError:
            return web.json_response(ERROR_400, status=400)
        if body is None:
            return web.json_response(NOT_FOUND, status=404)
        headers = {"X-Userid": str(account)} if account else {}
        return _gzipped(_packed(enveloped(request.path, body)), headers)

    async def _act(self, request: web.Request, account: int | None) -> web.StreamResponse:
        """Pages with the token that actions need, the actions, and who the session is."""
        if request.path.startswith("/touch/"):
            status: dict[str, object] = {"is_logged_in": account is not None}
            if account is not None:
                status |= {"user_id": str(account), "user_x_restrict": "1"}
            return web.json_response(enveloped(request.path, {"user_status": status}))
        if request.method == "GET":
            return web.Response(text=_page(request.path, account), content_type="text/html")
        if account is None or request.headers.get("X-CSRF-Token") != CSRF:
            return web.json_response(ERROR_400, status=400)
        sent = await request.json()
        self.actions.append((request.path, sent))
        body: dict[str, object] = {"last_bookmark_id": "17428346209", "stacc_status_id": None}
        if request.path.endswith("/like"):
            body = {"is_liked": False}
        return web.json_response(enveloped(request.path, body))

    async def _fail(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        await asyncio.sleep(fault.delay)
        if fault.reset:
            _abort(request)
        if fault.change is None and not (fault.cut or fault.stall):
            return web.Response(
                status=fault.status, headers=fault.headers, body=fault.body, content_type=fault.content_type
            )
        whole = await self._answer(request)
        assert isinstance(whole, web.Response)
        assert isinstance(whole.body, bytes)
        if fault.change is None:
            return await _send_half(request, fault, whole.headers, whole.body)
        if whole.status != 200:
            return whole
        root = json.loads(gzip.decompress(whole.body))
        return web.json_response(fault.change(root, request.query), headers=fault.headers)

    def render_ahead(self, days: int, modes: Iterable[str] | None = None) -> int:
        """Make the responses of the newest days of rankings that need no session; returns how many.

        modes: of these alone. A response that was not made ahead is made when first asked for.
        """
        # As crawls ask for it; without its day the newest is found under its day too.
        queries = (
            {"mode": mode, "date": f"{self._last - timedelta(days=back):%Y%m%d}", "p": str(page)}
            for mode in modes or set(rankings.MODES) - rankings.R18_MODES
            for back in range(days)
            for page in range(1, 11)
        )
        return sum(self._ranking(query, has_session=False) is not None for query in queries)

    @property
    def _last(self) -> date:
        """The newest day that has a ranking."""
        return rankings.newest(self.now or datetime.now(UTC))

    def _recorded(self, request: web.Request) -> bytes | None:
        """The gzip'd recorded response to a request."""
        if self.replies is None:
            return None
        query = request.query
        if request.path == "/ranking.php":
            folder = self.replies / "ranking_daily"
            day = query.get("date") or max((file.stem for file in folder.glob("*.json")), default="")
            is_there = (query.get("mode"), query.get("content", "all"), query.get("p", "1")) == ("daily", "all", "1")
            file = folder / f"{day}.json"
            return gzip.compress(file.read_bytes(), 1) if is_there and file.exists() else None
        best: tuple[int, str] | None = None
        for entry in json.loads((self.replies / "index.json").read_text()).values():
            path, _, sent = entry["request"].partition("?")
            pattern = re.sub(r"\\\{\w+\\\}", ".+", re.escape(path))
            if entry["file"] and re.fullmatch(pattern, request.path):
                # Of two on one route, the one that was asked for in the same words.
                wanted, given = {*sent.split("&")} - {""}, {*request.query_string.split("&")}
                alike = len(wanted & given) - len(wanted - given)
                best = max(best or (-99, ""), (alike, entry["file"]))
        return None if best is None else gzip.compress((self.replies / best[1]).read_bytes(), 1)

    def _ranking(self, query: Mapping[str, str], *, has_session: bool) -> bytes | None:
        last = self._last
        try:
            day, page = date.fromisoformat(query.get("date") or last.isoformat()), int(query.get("p", "1"))
        except ValueError:
            return None
        return _rendered(
            self.seed, query.get("mode", "daily"), query.get("content", "all"), day, page, last, has_session=has_session
        )


@lru_cache(MOST_RENDERED)
def _rendered(
    seed: int, mode: str, content: str, day: date, page: int, last: date, *, has_session: bool
) -> bytes | None:
    root = rankings.reply(seed, mode, content, day, page, last, has_session=has_session)
    return None if root is None else _packed(root)


def _packed(root: Any) -> bytes:
    return gzip.compress(json.dumps(root, ensure_ascii=False).encode(), 1)


def _gzipped(body: bytes, headers: Mapping[str, str]) -> web.Response:
    coded = {"Content-Encoding": "gzip", **headers}
    return web.Response(body=body, headers=coded, content_type="application/json", charset="utf-8")


def _abort(request: web.Request) -> None:
    assert request.transport is not None
    request.transport.abort()


async def _send_half(request: web.Request, fault: Fault, headers: Mapping[str, str], body: bytes) -> web.StreamResponse:
    sent = web.StreamResponse(headers={**headers, "Content-Length": str(len(body))})
    await sent.prepare(request)
    await sent.write(body[: len(body) // 2])
    await asyncio.sleep(fault.stall)
    if fault.cut:
        _abort(request)
    else:
        await sent.write(body[len(body) // 2 :])
    return sent


async def serve(standin: Standin, port: int, ready: threading.Event | None = None) -> None:
    """Serve on loopback until cancelled; `standin.url` is set when ready."""
    runner = web.AppRunner(standin.app(), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    host, bound = runner.addresses[0][:2]
    standin.url = f"http://{host}:{bound}"
    if ready is not None:
        ready.set()
    try:
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()


@contextmanager
def running(standin: Standin) -> Iterator[Standin]:
    """The fake server, served from a thread of this process on a free port."""
    runner = asyncio.Runner()
    loop = runner.get_loop()
    ready = threading.Event()
    task = loop.create_task(serve(standin, 0, ready))

    def run() -> None:
        with runner, suppress(asyncio.CancelledError):
            loop.run_until_complete(task)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(10), "the stand-in did not come up"
    try:
        yield standin
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join(10)


def _page(path: str, account: int | None) -> str:
    """A page for people: the start page holds the token, in JSON within JSON; others do not."""
    if path != "/":
        return "<!DOCTYPE html><title>イラスト</title>"
    user = None if account is None else {"id": str(account)}
    state = {"api": {"token": CSRF if user else ""}, "userData": {"self": user}}
    props = {"pageProps": {"serverSerializedPreloadedState": json.dumps(state)}}
    data = json.dumps({"props": props, "page": "/"})
    script = f'<script id="__NEXT_DATA__" type="application/json">{data}</script>'
    return f"<!DOCTYPE html><title>pixiv</title>{script}"
