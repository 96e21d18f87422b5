"""What a forked scrapy command finds done already: imports, mappers, readers of replies.

Imported in the process that the commands are forked from (see processes.py). Two things must not be
in it: `crawler.settings`, which reads the environment of the command, and Twisted's reactor.
"""

from __future__ import annotations

import gc
import sys
from importlib import import_module
from pkgutil import walk_packages

import scrapy.commands
from scrapy.settings import default_settings
from scrapy.utils.misc import load_object
from sqlalchemy.orm import configure_mappers

import crawler
from crawler.endpoints import ENDPOINTS
from crawler.parse.declared import reader_of

LATE = (
    "alembic.command",
    "psycopg",
    "rich._emoji_codes",
    "scrapy.core.downloader.handlers.http11",
    "scrapy.robotstxt",
    "scrapy.squeues",
    "scrapy.pqueues",
    "urllib.robotparser",
    "encodings.charmap",
    "encodings.idna",
)
"""What others import when they first need it."""
NOT_YET = {"crawler.settings", "twisted.internet.reactor"}

for package in (scrapy.commands, crawler):
    for module in walk_packages(package.__path__, f"{package.__name__}."):
        if module.name not in NOT_YET:
            import_module(module.name)
for name in LATE:
    import_module(name)
for name in ("EXTENSIONS_BASE", "DOWNLOADER_MIDDLEWARES_BASE", "SPIDER_MIDDLEWARES_BASE"):
    for component in getattr(default_settings, name):
        load_object(component)
for name in ("SCHEDULER", "DUPEFILTER_CLASS", "STATS_CLASS", "LOG_FORMATTER"):
    load_object(getattr(default_settings, name))
configure_mappers()
for endpoint in ENDPOINTS.values():
    assert reader_of(endpoint.name).declared
assert not NOT_YET & sys.modules.keys()
# A collection in a forked process would look at, and so copy, all of this: 0.3 s each time.
gc.collect()
gc.freeze()
