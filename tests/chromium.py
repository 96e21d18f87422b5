"""A headless Chromium, driven by its own protocol: what a page draws, logs, requests and shows."""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
MISSING = "needs Chromium: apt-get install chromium"


@dataclass
class Tab:
    """An open page. errors: what its console and scripts complained of; requests: the addresses it loaded."""

    socket: Any
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    _ids: Any = field(default_factory=itertools.count)

    async def send(self, method: str, **params: Any) -> Any:
        """Send a command and return its result; what happens meanwhile is noted."""
        wanted = next(self._ids) + 1
        await self.socket.send_json({"id": wanted, "method": method, "params": params})
        async with asyncio.timeout(60):
            while True:
                message = await self.socket.receive_json()
                self._note(message)
                if message.get("id") == wanted:
                    assert "error" not in message, message
                    return message["result"]

    def _note(self, message: dict[str, Any]) -> None:
        params = message.get("params", {})
        match message.get("method"):
            case "Runtime.exceptionThrown":
                self.errors.append(str(params["exceptionDetails"]))
            case "Runtime.consoleAPICalled" if params["type"] in ("error", "warning"):
                self.errors.append(str([one.get("value") for one in params["args"]]))
            case "Log.entryAdded" if params["entry"]["level"] == "error":
                self.errors.append(params["entry"]["text"])
            case "Network.requestWillBeSent":
                self.requests.append(params["request"]["url"])

    async def evaluate(self, expression: str) -> Any:
        """The value of an expression in the page."""
        found = await self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    async def until(self, expression: str) -> Any:
        """Wait until an expression is true."""
        async with asyncio.timeout(60):
            while not (found := await self.evaluate(f"Boolean({expression})")):  # noqa: ASYNC110  # another process
                await asyncio.sleep(0.1)
        return found

    async def point_at(self, x: float, y: float) -> None:
        """Move the pointer."""
        await self.send("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)


@asynccontextmanager
async def opened(address: str, *, width: int, is_dark: bool) -> AsyncIterator[Tab]:
    """A tab with a page, of a browser of its own."""
    assert PROGRAM is not None, MISSING
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        process = subprocess.Popen(  # noqa: ASYNC220  # started once, before anything waits
            [
                PROGRAM,
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--no-first-run",
                "--remote-debugging-port=0",
                f"--user-data-dir={folder}",
                "about:blank",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"HOME": folder},
        )
        try:
            port = _port(Path(folder))
            async with aiohttp.ClientSession() as session:
                async with session.put(f"http://127.0.0.1:{port}/json/new?about:blank") as answered:
                    target = (await answered.json(content_type=None))["webSocketDebuggerUrl"]
                async with session.ws_connect(target, max_msg_size=0) as socket:
                    tab = Tab(socket)
                    for domain in ("Page", "Runtime", "Network", "Log"):
                        await tab.send(f"{domain}.enable")
                    scheme = {"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}
                    await tab.send("Emulation.setEmulatedMedia", features=[scheme])
                    await tab.send(
                        "Emulation.setDeviceMetricsOverride",
                        width=width,
                        height=900,
                        deviceScaleFactor=1,
                        mobile=width < 600,
                    )
                    await tab.send("Page.navigate", url=address)
                    yield tab
        finally:
            process.terminate()
            process.wait(20)


def _port(folder: Path) -> int:
    file = folder / "DevToolsActivePort"
    for _ in range(300):
        if file.exists() and (text := file.read_text()):
            return int(text.splitlines()[0])
        time.sleep(0.1)
    raise TimeoutError("Chromium did not start")


def look(
    address: str, seen: Callable[[Tab], Coroutine[Any, Any, None]], *, width: int = 1200, is_dark: bool = False
) -> Tab:
    """Open a page, do something with it, and return what happened."""

    async def doing() -> Tab:
        async with opened(address, width=width, is_dark=is_dark) as tab:
            await seen(tab)
            return tab

    return asyncio.run(doing())
