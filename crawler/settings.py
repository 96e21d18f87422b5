"""Settings: Scrapy's own keep their names; every one that is not Scrapy's default has its reason."""

import gc

from scrapy.commands import ScrapyCommand
from scrapy.settings import default_settings

from crawler import __version__
from crawler.console.command import Command
from crawler.setting_defaults import from_environment
from crawler.streams import end_quietly_when_interrupted, open_streams

# The first of ours that every command of Scrapy's loads.
# A start makes half a million objects that stay, and the collector would walk them again and again.
gc.set_threshold(50_000, 20, 20)
open_streams()
end_quietly_when_interrupted()

BOT_NAME = "pixiv-archive"
SPIDER_MODULES = ["crawler.spiders"]
COMMANDS_MODULE = "crawler.commands"
ScrapyCommand.register(Command)  # type: ignore[type-abstract]  # it does not derive: it starts without Scrapy

# The archive's own, each with its meaning in crawler/setting_defaults.py, and DOWNLOAD_DELAY and LOG_LEVEL of Scrapy's.
globals().update(from_environment())

USER_AGENT = f"pixiv-archive/{__version__} (metadata archive; obeys robots.txt)"  # identifies itself
ROBOTSTXT_OBEY = True  # default False; the rules of the site
DEFAULT_REQUEST_HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "gzip",  # the one coding that every WARC reader undoes
}

# The rate limiter: one request at a time, 2 s apart, never below 1.2 s (crawler/fetch/rate_limiter.py).
CONCURRENT_REQUESTS = 1  # default 16
CONCURRENT_REQUESTS_PER_DOMAIN = 1  # default 8
DOWNLOAD_DELAY_JITTER = 0.4  # default 0.5; 2 s less 40% is the floor
DOWNLOAD_TIMEOUT = 60  # default 180; a stuck response must not cost three minutes of a night
DOWNLOAD_MAXSIZE = 64 * 1024 * 1024  # default 1 GiB; the largest known response is 1.2 MB
DOWNLOAD_VERIFY_CERTIFICATES = True  # default False; a session goes over verified TLS only
DOWNLOAD_HANDLERS = {
    # Adds the session below everything that logs or keeps, and never resends by itself.
    "http": "crawler.fetch.middleware.SessionDownloadHandler",
    "https": "crawler.fetch.middleware.SessionDownloadHandler",
    "file": None,  # an archive reads the network and its captures, nothing else
    "ftp": None,
    "s3": None,
    "data": None,
}
COMPRESSION_ENABLED = False  # default True; CaptureMiddleware decodes, as replay does
COOKIES_ENABLED = False  # default True; the handler sends the one cookie there is
REDIRECT_ENABLED = False  # default True; a redirect is an answer (log in), not a place to go
METAREFRESH_ENABLED = False  # default True; likewise
RETRY_HTTP_CODES = [500, 502, 504, 522, 524, 408]  # without 429 and 503: the rate limiter waits for those
HTTPERROR_ALLOW_ALL = True  # default False; an error response is evidence, parsed like any other
REFERRER_POLICY = "no-referrer"  # requests state the site as Referer, as its own pages do
DUPEFILTER_CLASS = "scrapy.dupefilters.BaseDupeFilter"  # coverage decides what is requested again
CONCURRENT_ITEMS = 1  # default 100; a page is one item, and one less task a response
WARN_ON_GENERATOR_RETURN_VALUE = False  # default True; it reads the callback's source at each response

DOWNLOADER_MIDDLEWARES = {
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "crawler.fetch.middleware.RobotsMiddleware": 100,  # in its place: where robots.txt answers 500, that one goes on
    # Nearest to the network: responses are kept as they came, compressed, retried ones included.
    "crawler.fetch.middleware.CaptureMiddleware": 950,
    "crawler.fetch.middleware.GateMiddleware": 900,
}
ITEM_PIPELINES = {"crawler.pipelines.StorePipeline": 900}
EXTENSIONS = {
    "crawler.extensions.outcome.OutcomeExtension": 100,
    "crawler.extensions.progress_bar.ProgressExtension": 110,
    "scrapy.extensions.logstats.LogStats": None,  # progress says it with what is left
}

# What is off (below) is not even loaded: with it come aiohttp and requests, 0.4 s of every start.
not_loaded = (
    "scrapy.extensions.remote_control.RemoteControl",
    "scrapy.extensions.telnet.TelnetConsole",
    "scrapy.downloadermiddlewares.cookies.CookiesMiddleware",
)
EXTENSIONS_BASE = {name: place for name, place in default_settings.EXTENSIONS_BASE.items() if name not in not_loaded}
DOWNLOADER_MIDDLEWARES_BASE = {
    name: place for name, place in default_settings.DOWNLOADER_MIDDLEWARES_BASE.items() if name not in not_loaded
}

FEED_EXPORTERS = {  # Scrapy's own, which write rows where FEED_ROWS is set
    "csv": "crawler.extensions.feeds.RowsCsv",
    "json": "crawler.extensions.feeds.RowsJson",
    "jsonlines": "crawler.extensions.feeds.RowsJsonLines",
    "jsonl": "crawler.extensions.feeds.RowsJsonLines",
    "jl": "crawler.extensions.feeds.RowsJsonLines",
}
# Default all: a page's response is in its capture.
FEED_EXPORT_FIELDS = ["target", "outcome", "message", "observed_at", "next_page", "rows", "refused"]

TELNETCONSOLE_ENABLED = False  # default True; an open port nobody requested
REMOTE_CONTROL_ENABLED = False  # default True; likewise
STATS_DUMP = False  # default True; the summary says it in words
LOG_VERSIONS: list[str] = []  # default ten lines; crawls.versions has them
LOG_FORMATTER = "crawler.extensions.progress_bar.BriefLogFormatter"  # an item is a page
