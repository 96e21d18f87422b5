"""What each setting of our own means: for docs/configuration.md."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Setting:
    """Settings that go together. default: as a person writes it; where: how it is given."""

    names: tuple[str, ...]
    default: str
    meaning: str
    where: str = "environment or -s"


SETTINGS = (
    Setting(("ARCHIVE_URL",), "sqlite:///var/archive.db", "or `postgresql://user@host/name`"),
    Setting(("CAPTURE_DIR",), "var/captures", "WARC files, one a run"),
    Setting(
        (
            "PIXIV_PHPSESSID",
            "PIXIV_PHPSESSID_FILE",
        ),
        "",
        "a session; the file must be readable by you alone",
        where="environment alone",
    ),
    Setting(
        ("PIXIV_ACCOUNT",),
        "",
        "of several sessions given by name (`PIXIV_PHPSESSID_ANN`, `PIXIV_PHPSESSID_BOB_FILE`), whose is used: `ann`",
    ),
    Setting(
        ("GATE_PER_ACCOUNT",),
        "0",
        "machines that share an archive on PostgreSQL ask the site together as slowly as one; `1`: each account so, which is more load on the site",
    ),
    Setting(("PIXIV_LANG",), "ja", "language of translations"),
    Setting(
        ("PIXIV_PREMIUM",),
        "0",
        "the session's account has Premium: what others do not see is asked again",
    ),
    Setting(("ALLOW_R18",), "0", "ask for R-18 lists; without it `mode=safe` where there is one"),
    Setting(
        ("PIXIV_BASE_URL",), "https://www.pixiv.net", "another address, for tests: the stand-in's"
    ),
    Setting(("DOWNLOAD_DELAY",), "2", "seconds between requests"),
    Setting(
        ("STATE_DIR",),
        "the user's state folder",
        "of the gate: each account's lock, pace and pauses",
    ),
    Setting(
        (
            "THROTTLE_PAUSE",
            "THROTTLE_PAUSE_MAX",
        ),
        "60, 1200",
        "seconds that everything waits after a 429 or 503 without Retry-After: doubled each time, at most",
    ),
    Setting(("THROTTLE_TIMES",), "8", "how often a request waits so before it is given up"),
    Setting(
        ("PROGRESS_INTERVAL",),
        "30",
        "seconds between lines of progress where there is no terminal; `0`: none",
    ),
    Setting(
        ("REPLAY_PROCESSES",),
        "one a core",
        "processes in which a replay parses, beside the one that stores; `0`: none, the least memory",
    ),
    Setting(
        ("WORKER_STALLED",),
        "15",
        "seconds without a sign of life of a worker, after which its window is queued again",
    ),
    Setting(
        ("ARCHIVE_PATIENCE",),
        "120",
        "seconds that a page waits for a PostgreSQL server that is restarted",
    ),
    Setting(("JOB_DIR",), "jobs of the project", "where job files are"),
    Setting(
        ("JOB_NOTIFY",),
        "",
        "addresses that summaries are sent to, in [Apprise](https://appriseit.com)'s form (`mailto://…`, `ntfy://…`), blanks between",
        where="environment alone",
    ),
    Setting(
        ("JOB_HEARTBEAT",),
        "",
        "an address that is called after a good run, so that silence is noticed elsewhere",
        where="environment alone",
    ),
    Setting(
        ("REQUEST_BUDGET",),
        "0",
        "requests that a crawl sends at most, robots.txt and repeated ones included; `0`: as many as are due",
    ),
    Setting(("GIVES_WAY",), "0", "a crawl makes room, within a request, for one that does not"),
    Setting(
        ("JOB_RETRY",),
        "3600",
        "seconds between two questions for a ranking that is due and not published",
    ),
    Setting(
        ("TALLY_FILE",), "", "a file for a crawl's figures as JSON, for programs that start crawls"
    ),
    Setting(
        (
            "https_proxy",
            "no_proxy",
        ),
        "",
        "an HTTP proxy; one of another kind (`all_proxy`, SOCKS) is refused, not ignored",
        where="environment alone",
    ),
    Setting(
        ("FEED_ROWS",),
        "0",
        "what `-O` writes is rows, each with its table, not pages; CSV needs it",
    ),
    Setting(
        ("PIXIV_PHPSESSID_NAME",),
        "",
        "a session by name, as `PIXIV_PHPSESSID_ANN` or `PIXIV_PHPSESSID_BOB_FILE`",
        where="environment alone",
    ),
)
"""All of them, in the order in which people want them."""
