"""An entry checks itself: what is misspelt in it is refused when it is imported, with the right name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from crawler.endpoints import ENDPOINTS, FAMILIES, check_entries
from crawler.endpoints.model import At, Endpoint, Numbered, Policy, Proof, ReplySpec, RequestSpec, Section
from crawler.endpoints.params import IdBatch, Ids
from crawler.endpoints.reply import WrongEntry
from crawler.tables.artworks import Artwork
from crawler.tables.comments import Comment
from crawler.tables.listings import ListingEntry
from crawler.tables.users import User

WORK = {"illust_id": Ids()}


def entry(name: str = "x", **parts: Any) -> Endpoint:
    given: dict[str, Any] = {
        "request": RequestSpec("/ajax/x/{illust_id}", WORK),
        "reply": ReplySpec(rows=(At(Artwork),), holds=()),
    }
    return Endpoint(name, **{**given, **parts})


def reply(*rows: Any, **more: Any) -> Endpoint:
    return entry(reply=ReplySpec(rows=rows, holds=more.pop("holds", ()), **more))


INVALID: dict[str, tuple[Callable[[], Any], str]] = {
    "only": (lambda: At(User, "users[]", only=("nmae",)), "did you mean 'name'"),
    "given column": (lambda: At(Comment, "", given={"artwork": "illust_id"}), "'artwork_id'"),
    "given parameter": (lambda: reply(At(Comment, given={"artwork_id": "ilust_id"})), "'illust_id'"),
    "fixed": (lambda: At(User, fixed={"nmae": "x"}), "did you mean 'name'"),
    "path": (lambda: At(User, "users[}"), "no path"),
    "when": (lambda: reply(At(Artwork, "works[]", when="titel")), "did you mean 'title'"),
    "section": (lambda: Section(ListingEntry, "ids[]", name="x", of="artwrk_id"), "'artwork_id'"),
    "also": (lambda: Section(ListingEntry, "ids[]", name="x", also=("scor",)), "'score'"),
    "part_if": (lambda: reply(At(Artwork, part_if=("ilust_id",))), "'illust_id'"),
    "echoes": (lambda: reply(At(Artwork), echoes={"id": "ilust_id"}), "'illust_id'"),
    "answers": (lambda: reply(At(Artwork), answers="ids"), "known: illust_id"),
    "constants": (lambda: reply(At(Artwork), constants={"observd_at": len}), "'observed_at'"),
    "holds": (lambda: reply(At(Artwork), holds=("works[*]",)), "no path with one of"),
    "path parameter": (lambda: RequestSpec("/x/{ilust_id}", WORK), "'illust_id'"),
    "marked_missing table": (
        lambda: entry(policy=Policy(marked_missing=("artwrks", "artwork_id", "illust_id"))),
        "'artworks'",
    ),
    "marked_missing column": (
        lambda: entry(policy=Policy(marked_missing=("artworks", "artwrk_id", "illust_id"))),
        "'artwork_id'",
    ),
    "marked_missing parameter": (
        lambda: entry(policy=Policy(marked_missing=("artworks", "artwork_id", "id"))),
        "illust_id",
    ),
    "after": (lambda: checked(entry(policy=Policy(after="artwrk"))), "did you mean 'artwork'"),
    "proof": (lambda: checked(entry(policy=Policy(proof=Proof("artwrk", "x")))), "did you mean 'artwork'"),
    "undecided ids": (lambda: checked(entry(request=RequestSpec("/x/{work}", {"work": Ids()}))), "naming.py"),
    "undecided batch": (lambda: checked(entry(request=RequestSpec("/x", {"idz": IdBatch(9)}))), "did you mean 'ids'"),
    "two of one name": (lambda: checked(entry("artwork")), "two entries of one name"),
}


def checked(one: Endpoint) -> None:
    check_entries({**FAMILIES, "artworks": (*FAMILIES["artworks"], one)})


@pytest.mark.parametrize("name", INVALID)
def test_a_misspelt_name_is_refused_with_the_place_and_the_nearest_right_one(name: str) -> None:
    make, hint = INVALID[name]
    with pytest.raises(WrongEntry) as refused:
        make()
    assert hint in str(refused.value)


def test_what_a_paging_sends_may_be_named_like_a_parameter() -> None:
    assert entry(
        paging=Numbered("p", more="next"), reply=ReplySpec(rows=(At(Artwork),), holds=(), echoes={"page": "p"})
    )


def test_all_entries_are_right() -> None:
    check_entries(FAMILIES)
    assert len(ENDPOINTS) == sum(map(len, FAMILIES.values()))
