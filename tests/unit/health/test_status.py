"""The pages of `./run status`, on a small archive. In process, SQLite."""

from __future__ import annotations

import pytest

from crawler.archive.archive import Archive
from crawler.errors import BadArgument
from crawler.health.status_pages import PAGES, Wanted, show
from tests import replies


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.usefixtures("archive")
def test_of_an_empty_archive_every_page_says_that_all_is_well(
    page: str, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert show(url, page, Wanted())
    assert capsys.readouterr().out.strip()


def test_refused_rows_and_unknown_paths_are_not_well(
    archive: Archive, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    archive.store([replies.ranking_page(replies.work(width="wide"), surprise=1)])
    assert not show(url, "dead", Wanted())
    assert "width: not a whole number" in capsys.readouterr().out
    assert not show(url, "drift", Wanted())
    assert "surprise" in capsys.readouterr().out
    assert not show(url, "", Wanted())


def test_what_is_not_archived_is_named_with_what_is(archive: Archive, url: str) -> None:
    archive.store([replies.ranking_page(replies.work())])
    with pytest.raises(BadArgument, match="there are: daily all"):
        show(url, "coverage", Wanted(mode="weekly"))
    with pytest.raises(BadArgument, match="no date"):
        show(url, "coverage", Wanted(since="yesterday"))
