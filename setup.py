"""Build the wheel, which holds migrations, queries, jobs and docs too: in a checkout they lie beside the package."""

from setuptools import find_packages, setup

DOCS = ("dev", "explain", "howto", "recipes", "reference", "tutorial")
SHIPPED = {
    "crawler.shipped.migrations": "migrations",
    "crawler.shipped.migrations.versions": "migrations/versions",
    "crawler.shipped.queries": "queries",
    "crawler.shipped.jobs": "jobs",
    "crawler.shipped.docs": "docs",
    **{f"crawler.shipped.docs.{name}": f"docs/{name}" for name in DOCS},
}

setup(
    packages=[*find_packages(include=["crawler*"]), *SHIPPED],
    package_dir=SHIPPED,
    package_data={
        "crawler.archive": ["sql/*.sql"],
        "crawler.publish.browse": ["templates/*.html"],
        "crawler.publish.report": ["page.html"],
        "crawler.shipped.migrations": ["*.mako"],
        "crawler.shipped.queries": ["*.sql", "*.toml"],
        "crawler.shipped.jobs": ["*.toml", "*.json"],
        **{name: ["*.md", "*.json"] for name in SHIPPED if name.startswith("crawler.shipped.docs")},
    },
)
