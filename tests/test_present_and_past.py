"""What is true now and what was: sets told whole, former values, times of different fineness."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlalchemy.orm import Mapped

from crawler.archive.database.engine import reading
from crawler.archive.views import definitions
from crawler.model.page import Outcome, Page
from crawler.model.target import Target
from crawler.parse import parse
from crawler.tables.metadata import METADATA
from crawler.tables.row import Base, Entity, Row, column
from tests import replies
from tests.test_archive import dump, empty, one, store


@pytest.fixture
def engine(emptied: Engine) -> Engine:
    """A schema that no test here touches."""
    return emptied


AT = 1_790_000_000_000
NIGHT = "2026-09-21"


def page(name: str, body: Any, at: int, number: int = 1, night: str = NIGHT, **params: str) -> Page:
    root = {"error": False, "message": "", "body": body}
    target = Target(name, params, number, night)
    return parse(target, replies.reply(f"u/{name}/{number}", root, at_ms=AT + at, has_session=True))


def of(engine: Engine, view: str, columns: str) -> list[tuple[Any, ...]]:
    with reading(engine) as connection:
        found = connection.exec_driver_sql(f"SELECT {columns} FROM {view}").all()
    return sorted(map(tuple, found))


MEMBERS = sorted(
    (mapper.class_ for mapper in Base.registry.mappers if issubclass(mapper.class_, Row) and mapper.class_.set_owners),
    key=lambda row: row.__tablename__,
)


@pytest.mark.promise("Complete sets")
def test_every_set_has_a_view_of_the_present_and_one_of_the_past(subtests: pytest.Subtests) -> None:
    for row in MEMBERS:
        with subtests.test(row=row):
            for dialect in ("sqlite", "postgresql"):
                assert {f"v_{row.__tablename__}", f"v_{row.__tablename__}_past"} <= set(definitions(dialect))


def pages(count: int, at: int) -> Page:
    urls = dict.fromkeys(("original", "regular", "small", "thumb_mini"), "https://i.pximg.net/a.png")
    body = [{"urls": urls, "width": 10, "height": 10} for _ in range(count)]
    return page("artwork_pages", body, at, illust_id="1")


def test_a_work_uploaded_again_with_fewer_pages_has_those_and_the_rest_is_past(engine: Engine) -> None:
    store(engine, pages(5, 0), pages(3, 1))
    assert of(engine, "v_artwork_pages", "page_index") == [(0,), (1,), (2,)]
    assert of(engine, "v_artwork_pages_past", "page_index") == [(3,), (4,)]
    store(engine, pages(4, 2))
    assert len(of(engine, "v_artwork_pages", "page_index")) == 4


def ugoira(delays: list[int], at: int) -> Page:
    frames = [{"file": f"{n}.jpg", "delay": delay} for n, delay in enumerate(delays)]
    return page("artwork_ugoira", {"originalSrc": "o", "src": "s", "frames": frames}, at, illust_id="1")


def test_a_moving_picture_has_the_frames_of_one_animation(engine: Engine) -> None:
    store(engine, ugoira([80] * 12, 0), ugoira([100] * 3, 1))
    assert of(engine, "v_ugoira_frames", "frame_index, delay") == [(0, 100), (1, 100), (2, 100)]


def series(works: list[int], at: int, number: int = 1, total: int | None = None, night: str = NIGHT) -> Page:
    listed = [{"workId": str(work), "order": place} for place, work in enumerate(works, 1)]
    body = {
        "page": {"series": listed, "seriesId": 31, "total": total or len(works)},
        "thumbnails": {"illust": []},
        "illustSeries": [],
        "users": [],
        "tagTranslation": [],
    }
    return page("series", body, at, number, night, series_id="31")


def test_the_pages_of_one_list_are_taken_together(engine: Engine) -> None:
    first, second = list(range(100, 112)), [112, 113]
    for at, night in ((0, NIGHT), (10, "2026-09-22")):
        store(engine, series(first, at, 1, 14, night))
        assert len(of(engine, "v_series_works", "artwork_id")) == (12 if at == 0 else 14)
        store(engine, series(second, at + 1, 2, 14, night))
        assert len(of(engine, "v_series_works", "artwork_id")) == 14
        assert of(engine, "v_series_works_past", "artwork_id") == []


def people(ids: list[int], at: int, night: str = NIGHT, name: str = "user_following", **params: str) -> Page:
    users = [{"userId": str(key), "userName": f"u{key}", "illusts": [], "novels": []} for key in ids]
    given = {"user_id": "7", "limit": "100", "rest": "show", "tag": "", **params}
    if name == "user_followers":
        given = {"user_id": "7", "limit": "100"}
    return page(name, {"users": users, "total": len(ids)}, at, 1, night, **given)


def test_public_and_private_follows_and_followers_are_sets_of_their_own(engine: Engine) -> None:
    store(engine, people([1], 0), people([2], 1, rest="hide"), people([3], 2, name="user_followers"))
    store(engine, people([1], 3, "2026-09-22"))
    assert of(engine, "v_follows", "user_id, followed_user_id") == [(3, 7), (7, 1), (7, 2)]


def test_a_list_that_was_narrowed_says_nothing_of_the_rest(engine: Engine) -> None:
    store(engine, people([1, 2], 0), people([2], 1, "2026-09-22", tag="友達"))
    assert of(engine, "v_follows_past", "followed_user_id") == []


def bookmarks(ids: list[int], at: int, night: str = NIGHT) -> Page:
    works = [replies.thumbnail(key, bookmarkData={"id": f"{key}0", "private": False}) for key in ids]
    body = {"works": works, "total": len(ids), "bookmarkTags": []}
    return page("user_bookmarks", body, at, 1, night, user_id="7", tag="", limit="100", rest="show")


def test_a_bookmark_that_was_undone_is_past(engine: Engine) -> None:
    store(engine, bookmarks([1, 2], 0), bookmarks([2], 1, "2026-09-22"))
    assert of(engine, "v_bookmarks", "artwork_id") == [(2,)]
    store(engine, bookmarks([], 2, "2026-09-23"))
    assert of(engine, "v_bookmarks", "artwork_id") == []
    assert of(engine, "v_bookmarks_past", "artwork_id") == [(1,), (2,)]


@pytest.mark.promise("Complete sets")
def test_a_set_that_a_reply_does_not_tell_is_not_touched(engine: Engine) -> None:
    store(engine, pages(3, 0), bookmarks([1], 1), series([11], 2), replies.detail_page(1))
    without_tags = replies.detail(1)["body"]
    without_tags["tags"] = {"tags": []}
    store(engine, replies.list_page(replies.thumbnail(1), at_ms=AT + 5))
    assert len(of(engine, "v_artwork_pages", "page_index")) == 3
    assert of(engine, "v_artwork_tags", "tag") == [("空",)]
    store(engine, replies.list_page(replies.thumbnail(1, tags=None), at_ms=AT + 6))
    assert of(engine, "v_artwork_tags", "tag") == [("空",)]


def test_a_member_that_does_not_fit_is_not_past(engine: Engine) -> None:
    store(engine, ugoira([80] * 3, 0))
    bad = {"originalSrc": "o", "src": "s", "frames": [{"file": "0.jpg", "delay": 80}, "garbled"]}
    spoiled = page("artwork_ugoira", bad, 1, illust_id="1")
    assert spoiled.refused
    store(engine, spoiled)
    assert len(of(engine, "v_ugoira_frames", "frame_index")) == 3


def test_readings_of_one_list_with_other_limits_or_askers_do_not_disturb_each_other(engine: Engine) -> None:
    body = {"users": [{"userId": "1", "userName": "u", "illusts": [], "novels": []}], "total": 2}
    part = page("user_following", body, 1, user_id="7", limit="1", rest="show", tag="")
    whole = people([1, 2], 0)
    for order in ((whole, part), (part, whole)):
        empty(engine)
        store(engine, *order)
        assert of(engine, "member_sets", "owner_id, complete_at") == [(7, whole.observed_at)]


def test_the_empty_list_of_a_work_that_is_withheld_says_nothing(engine: Engine) -> None:
    novel = {"id": "5", "title": "小説", "userId": "7", "userName": "作家", "tags": ["空", "海"]}
    blank = {**novel, "title": "-----", "tags": [], "maskReason": "r18", "createDate": "1970-01-01T00:00:00+09:00"}
    for at, told in enumerate((novel, blank)):
        store(engine, page("user_works_latest", {"illusts": [], "novels": {"5": told}}, at, user_id="7"))
    assert len(of(engine, "v_novel_tags", "tag")) == 2


def test_a_list_that_moves_while_it_is_read_puts_nothing_in_the_past(engine: Engine) -> None:
    store(engine, people([1, 2, 3, 4, 5], 0))
    for number, ids, total in ((1, [1, 2, 3], 5), (2, [5], 4)):
        users = [{"userId": str(key), "userName": "u", "illusts": [], "novels": []} for key in ids]
        given = {"user_id": "7", "limit": "3", "rest": "show", "tag": ""}
        body = {"users": users, "total": total}
        store(engine, page("user_following", body, number, number, "2026-09-22", **given))
    assert of(engine, "v_follows_past", "followed_user_id") == []


def test_pages_of_two_walks_are_not_taken_together(engine: Engine) -> None:
    store(engine, series(list(range(100, 112)), 0, 1, 14), series([112, 113], 1, 2, 14))
    store(engine, series([99, *range(100, 111)], 2, 1, 14))
    assert of(engine, "v_series_works_past", "artwork_id") == []


def test_an_edge_of_which_no_list_told_the_variant_is_present(engine: Engine) -> None:
    store(engine, people([1, 2], 0))
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE follows SET rest = NULL WHERE followed_user_id = 2")
    store(engine, people([1], 1, "2026-09-22"))
    assert of(engine, "v_follows", "followed_user_id") == [(1,), (2,)]


def test_sets_that_become_empty_are_told_empty(engine: Engine) -> None:
    works = [replies.thumbnail(key, bookmarkData={"id": f"{key}0", "private": False}) for key in (1, 2)]
    for at, tags in enumerate(({"10": ["空"], "20": ["海"]}, {"20": ["海"]})):
        body = {"works": works, "total": 2, "bookmarkTags": tags}
        store(engine, page("user_bookmarks", body, at, user_id="7", tag="", limit="100", rest="show"))
    assert of(engine, "v_bookmark_tags", "bookmark_id") == [(20,)]
    for at, groups in enumerate(([{"id": "3", "title": "群", "iconUrl": "https://i.pximg.net/g.jpg"}], None)):
        body = {"userId": "7", "name": "作家", "following": 1, "group": groups}
        store(engine, page("user_full", body, 5 + at, user_id="7", full="1"))
    assert of(engine, "v_user_groups", "group_id") == []
    assert of(engine, "v_user_groups_past", "group_id") == [(3,)]


def test_a_set_that_stands_in_two_places_is_told_by_both_alone(engine: Engine) -> None:
    def requests(at: int, **plan: Any) -> Page:
        given = {"requestId": "5", "plan": {"planId": "50", **plan}}
        return page("commission_complete_illust", replies.commission(requests=[given])["body"], at, mode="all")

    titles = {"planTitle": {"planTranslationTitle": {"en": {"planTitle": "x"}}}}
    texts = {
        "en": {"planDescription": "x", "planDescriptionHtml": "x"},
        "ko": {"planDescription": "y", "planDescriptionHtml": "y"},
    }
    described = {"planDescription": {"planTranslationDescription": texts}}
    store(engine, requests(0, **titles, **described), requests(1, **titles))
    assert of(engine, "v_commission_plan_translations", "lang") == [("en",), ("ko",)]


@pytest.mark.parametrize(
    ("shown", "asked"),
    [
        ("2026年6月21日(日)", ""),
        ("2026年6月15日～2026年6月21日", ""),
        ("June 21, 2026", ""),
        ("2026-06-21", ""),
        ("なつ", "20260621"),
    ],
)
def test_the_day_of_a_novel_ranking_is_read_off_text_for_people(shown: str, asked: str) -> None:
    body = {"display_a": {"rank_a": [{"id": 1, "rank": 1, "title": "a"}]}, "date": shown}
    told = page("novel_ranking", body, 0, mode="daily", date=asked, p="1")
    assert [f"{row['ranking_on']}" for row in told.rows["novel_ranking_entries"]] == ["2026-06-21"]


def test_times_of_one_event_are_shown_to_the_second(engine: Engine) -> None:
    cut = {"createDate": "2024-02-04T15:02:00+00:00", "uploadDate": "2024-02-04T15:02:00+00:00"}
    store(engine, replies.detail_page(1, **cut), dated(1, FINE, FINE))
    (shown,) = of(engine, "v_artworks", "artwork_id, CAST(uploaded_at AS TEXT)")[:1]
    assert shown[1].startswith("2024-02-04 15:02:09")


def test_an_empty_name_of_a_series_or_text_of_an_article_tells_nothing(engine: Engine) -> None:
    for at, text in enumerate(("名", "")):
        work = replies.thumbnail(1, seriesId="3", seriesTitle=text)
        store(engine, replies.list_page(work, at_ms=AT + at))
        article = {"id": "1", "abstract": text, "yomigana": text, "parentTag": text, "childrenTags": []}
        body = {"tag": "空", "word": "空", "pixpedia": article, "tagTranslation": []}
        store(engine, page("tag", body, at, tag="空"))
    assert of(engine, "series", "title") == [("名",)]
    assert of(engine, "tag_details", "abstract, yomigana, parent_tag") == [("名", "名", "名")]


def test_a_group_that_holds_nothing_but_a_constant_cannot_be_declared() -> None:
    with pytest.raises(TypeError, match="holds nothing that a response contains"):

        class Wrong(Entity):
            __tablename__ = "wrong"

            wrong_id: Mapped[int] = column("id", primary_key=True)
            pages_seen_at: Mapped[int | None] = column(constant="observed_at", group="pages")


def test_a_coarse_time_without_history_cannot_be_declared() -> None:
    with pytest.raises(TypeError, match="needs history"):

        class Vague(Entity):
            __tablename__ = "vague"

            vague_id: Mapped[int] = column("id", primary_key=True)
            made_at: Mapped[datetime | None] = column("date", coarse=True)


sets = st.lists(
    st.tuples(st.sampled_from(["pages", "series", "follows"]), st.sets(st.integers(1, 4), max_size=4)), max_size=6
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=sets, order=st.randoms(use_true_random=False))
@pytest.mark.promise("Complete sets")
def test_members_are_those_of_the_last_whole_telling_whatever_the_order(
    engine: Engine, told: list[tuple[str, set[int]]], order: Any
) -> None:
    empty(engine)
    made: list[Page] = []
    last: dict[str, list[int]] = {}
    for at, (kind, members) in enumerate(told):
        ids, night = sorted(members), f"2026-09-{1 + at:02}"
        if kind == "pages" and ids:
            made.append(pages(len(ids), at))
            last[kind] = list(range(len(ids)))
        elif kind == "series" and ids:
            made.append(series(ids, at, night=night))
            last[kind] = ids
        elif kind == "follows":
            made.append(people(ids, at, night))
            last[kind] = ids
    store(engine, *made)
    expected = dump(engine)
    for kind, view, name in (
        ("pages", "v_artwork_pages", "page_index"),
        ("series", "v_series_works", "artwork_id"),
        ("follows", "v_follows", "followed_user_id"),
    ):
        assert [key for (key,) in of(engine, view, name)] == last.get(kind, [])
    empty(engine)
    shuffled = made + order.sample(made, len(made) // 2)
    order.shuffle(shuffled)
    store(engine, *shuffled)
    assert dump(engine) == expected


def commission(at: int, **changes: Any) -> Page:
    plan = {
        "planId": "50",
        "creatorUserId": "7",
        "planStandardPrice": changes.get("plan_price", 3000),
        "planTitle": {
            "planOriginalTitle": changes.get("title", "絵"),
            "planOriginalTitleLang": "ja",
            "planTranslationTitle": [],
        },
    }
    request = {
        "requestId": "5",
        "requestStatus": changes.get("status", "inProgress"),
        "requestPrice": changes.get("price", 5000),
        "requestPostDeadlineDatetime": changes.get("due", "2026-10-01T23:59:59+09:00"),
        "plan": plan,
    }
    body = replies.commission(requests=[request])["body"]
    return page("commission_complete_illust", body, at, mode="all")


@pytest.mark.promise("Former values")
def test_prices_titles_statuses_and_deadlines_of_commissions_have_a_past(engine: Engine) -> None:
    late = {"status": "complete", "price": 0, "due": "2026-11-01T23:59:59+09:00"}
    told = [commission(0), commission(1, plan_price=4000, title="別の絵", **late)]
    for order in (told, told[::-1]):
        empty(engine)
        store(engine, *order)
        assert of(engine, "v_commission_plan_history", "field, value, present") == [
            ("standard_price", "3000", "4000"),
            ("title", "絵", "別の絵"),
        ]
        assert of(engine, "v_commission_request_history", "field, value, present") == [
            ("post_due_at", "2026-10-01 14:59:59", "2026-11-01 14:59:59"),
            ("price", "5000", "0"),
            ("status", "inProgress", "complete"),
        ]


def tagged(at: int, translations: dict[str, Any]) -> Page:
    body = {"tag": "空", "word": "空", "pixpedia": [], "tagTranslation": {"空": translations}}
    return page("tag", body, at, tag="空")


@pytest.mark.promise("Former values")
def test_translations_have_a_past_and_an_empty_one_tells_nothing(engine: Engine) -> None:
    store(engine, tagged(0, {"en": "sky", "ko": "하늘"}), tagged(1, {"en": "heaven", "ko": "", "zh": ""}))
    assert of(engine, "tag_translations", "lang, translation") == [("en", "heaven"), ("ko", "하늘")]
    assert of(engine, "v_tag_translation_history", "lang, value, present") == [("en", "sky", "heaven")]


def test_a_works_own_page_tells_translations_of_its_tags(engine: Engine) -> None:
    tag = {
        "tag": "空",
        "locked": True,
        "deletable": False,
        "userId": "7",
        "userName": "作家",
        "romaji": "sora",
        "translation": {"en": "sky", "ko": ""},
    }
    told = replies.detail_page(1, tags={"authorId": "7", "isLocked": False, "tags": [tag]})
    store(engine, told)
    assert told.refused == []
    assert of(engine, "tag_translations", "lang, translation") == [("en", "sky"), ("romaji", "sora")]


@pytest.mark.promise("One bad value")
def test_a_comment_names_whom_it_answers_and_one_bad_field_does_not_refuse_it(engine: Engine) -> None:
    answer = {
        "id": "3",
        "userId": "8",
        "userName": "読者",
        "comment": "はい",
        "commentDate": "2026-10-01 10:00",
        "stampId": None,
        "commentParentId": "2",
        "commentRootId": "1",
        "replyToUserId": "9",
        "replyToUserName": "別の人",
        "hasReplies": "maybe",
    }
    told = page("artwork_comments", {"comments": [answer], "hasNext": False}, 0, illust_id="1", limit="50")
    store(engine, told)
    assert of(engine, "comments", "comment_id, text, reply_to_user_id, reply_to_user_name, root_comment_id") == [
        (3, "はい", 9, "別の人", 1)
    ]
    assert one(engine, "SELECT error FROM dead_letters") == ("hasReplies: not true or false",)
    assert told.lost == ""


FINE, CUT = "2024-02-05T00:02:09+09:00", "2024-02-05T00:02:00+09:00"


def dated(at: int, created: str, updated: str) -> Page:
    work = replies.thumbnail(1, createDate=created, updateDate=updated)
    return replies.list_page(work, at_ms=AT + at)


@pytest.mark.promise("Former values")
def test_a_time_cut_to_the_minute_never_replaces_a_finer_one(engine: Engine) -> None:
    cut = {"createDate": "2024-02-04T15:02:00+00:00", "uploadDate": "2024-02-04T15:02:00+00:00"}
    told = [dated(0, FINE, FINE), replies.detail_page(1, at_ms=AT + 1, **cut), dated(2, CUT, CUT)]
    second = datetime(2024, 2, 4, 15, 2, 9, tzinfo=UTC)
    for order in (told, told[::-1], [told[1], told[0], told[2]]):
        empty(engine)
        store(engine, *order)
        with reading(engine) as connection:
            works = METADATA.tables["artworks"]
            row = connection.execute(works.select().where(works.c.artwork_id == 1)).one()
        assert (row.created_at, row.updated_at) == (second, second)
        assert of(engine, "artwork_history", "field") == []


@pytest.mark.promise("Former values")
def test_a_re_dated_work_keeps_its_former_dates(engine: Engine) -> None:
    later = "2024-03-01T10:00:05+09:00"
    told = [dated(0, FINE, FINE), dated(1, later, later), dated(2, "2024-03-01T10:00:00+09:00", later)]
    for order in (told, told[::-1], [told[2], told[0], told[1]]):
        empty(engine)
        store(engine, *order)
        assert of(engine, "v_artwork_history", "field, value, present") == [
            ("created_at", "2024-02-04 15:02:09", "2024-03-01 01:00:05"),
            ("updated_at", "2024-02-04 15:02:09", "2024-03-01 01:00:05"),
        ]


@pytest.mark.parametrize(
    ("timestamp", "second"), [(1707058929, 9), (1707058920, 0), (1707058980, 0), (1709254805, 0), (None, 0), ("x", 0)]
)
def test_a_ranking_tells_first_publication_to_the_second_where_it_can(timestamp: Any, second: int) -> None:
    told = replies.ranking_page(replies.work(illust_upload_timestamp=timestamp))
    assert told.rows["artworks"][0]["created_at"] == datetime(2024, 2, 4, 15, 2, second, tzinfo=UTC)


def test_a_novel_ranking_keeps_its_day_and_fills_the_tables_of_novels(engine: Engine) -> None:
    row = {
        "id": 501,
        "rank": "1",
        "title": "小説",
        "user_id": "1100",
        "user_name": "作者",
        "tag_a": ["空", "海"],
        "create_date": "2026-06-20 21:00:00",
        "comment": "あらすじ",
        "character_count": "4000",
        "word_count": "1200",
        "reading_time": "480",
        "bookmark_count": "0",
        "series_id": "7",
        "series_title": "連作",
        "genre": "2",
        "language": "ja",
        "ai_type": 1,
        "x_restrict": "0",
        "is_original": "1",
    }
    for at, rows in enumerate(([row], {"0": row, "2": {**row, "id": 502, "rank": 3}})):
        body = {"display_a": {"rank_a": rows}, "date": "2026年6月21日", "prev_date": None, "next_date": None}
        told = page("novel_ranking", body, at, mode="daily", date="", p="1")
        assert told.outcome is Outcome.COMPLETE, told.message
        assert told.refused == []
        assert [sight.path for sight in told.paths if not sight.is_declared] == []
        store(engine, told)
    assert of(engine, "novel_ranking_entries", "mode, CAST(ranking_on AS TEXT), rank, novel_id") == [
        ("daily", "2026-06-21", 1, 501),
        ("daily", "2026-06-21", 3, 502),
    ]
    assert of(engine, "novels", "novel_id, title, user_id, text_count, bookmark_count, series_id, language") == [
        (501, "小説", 1100, 4000, 0, 7, "ja"),
        (502, "小説", 1100, 4000, 0, 7, "ja"),
    ]
    assert of(engine, "users", "user_id, name") == [(1100, "作者")]
    assert of(engine, "v_novel_tags", "novel_id, tag") == [(501, "海"), (501, "空"), (502, "海"), (502, "空")]
    assert of(engine, "novel_series", "series_id, title") == [(7, "連作")]


def test_a_novel_ranking_of_no_known_day_is_no_answer() -> None:
    body = {"display_a": {"rank_a": [{"id": 1, "rank": 1}]}, "date": "きょう"}
    assert page("novel_ranking", body, 0, mode="daily", date="", p="1").outcome is Outcome.FAILED


def test_a_null_that_was_is_no_text(engine: Engine) -> None:
    base = replies.detail(5)["body"]
    withheld = {"urls": {"thumb": None, "original": None}}
    told = [
        replies.detail_page(5, at_ms=AT + at, **(withheld if at == 1 else {"urls": copy.deepcopy(base["urls"])}))
        for at in range(3)
    ]
    expected = None
    for order in ([0, 1, 2], [2, 1, 0], [1, 0, 2], [1, 2, 0], [0, 2, 1], [2, 0, 1]):
        empty(engine)
        store(engine, *(told[place] for place in order))
        expected = expected or dump(engine)
        assert dump(engine) == expected
        assert of(engine, "artwork_history", "field, value") == [("restriction", "restricted")]
    store(engine, replies.detail_page(5, at_ms=AT + 9, **withheld))
    assert of(engine, "artwork_history", "field, value") == [("restriction", None)]
