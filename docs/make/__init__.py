"""Generated pages, one module each; `./run docs` makes all of them."""

import crawler.tables.metadata  # noqa: F401  # first, for tables stand in the order in which they are imported
