"""Answer on this machine whether a worker is well: for health checks of containers and monitors."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field

from crawler.errors import BadArgument

LOOPBACK = "127.0.0.1"
SECONDS = 5
"""For one request; longer than that nobody waits for a health check."""
MOST_HEAD = 8192


@dataclass
class Health:
    """State of a worker. state: "starting", "at work", "standing by" (another has the account) or "archive away"."""

    account: str
    queues: list[str]
    state: str = "starting"
    task: str = ""
    since: float = field(default_factory=time.time)
    """When the state began, seconds since 1970."""

    def become(self, state: str, task: str = "") -> None:
        """Note a state, and since when, if it is another one."""
        if (state, task) != (self.state, self.task):
            self.state, self.task, self.since = state, task, time.time()

    @property
    def is_well(self) -> bool:
        """Return True if it works, or would if there was something to do."""
        return self.state in ("at work", "standing by")

    async def serve(self, port: int) -> asyncio.Server:
        """Answer HTTP requests on loopback: 200 if all is well, else 503. Raises BadArgument for a port that is in use."""
        try:
            return await asyncio.start_server(self._answer, LOOPBACK, port, limit=MOST_HEAD)
        except OSError as error:
            raise BadArgument(f"--health {port}: {error.strerror}") from None

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, TimeoutError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), SECONDS)
            body = json.dumps(asdict(self), ensure_ascii=False).encode()
            status = "200 OK" if self.is_well else "503 Service Unavailable"
            head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            writer.write(head.encode() + body)
            await writer.drain()
        writer.close()
