"""Meanings of codes: one list a code, for every column that holds it."""

from __future__ import annotations

from collections.abc import Mapping

from crawler.model.page import Outcome
from crawler.model.run_summary import COMPLETE, REPLAYED

OK, WARNING, TROUBLE, STOPPED, NO_BEGINNING = "ok", "warning", "trouble", "stopped", "could not begin"
"""Ends of job runs."""

Codes = Mapping[int | str, str]

KIND: Codes = {"illust": "illustrations, one or more pages", "manga": "a manga", "ugoira": "a moving picture"}
WORK_KIND: Codes = {**KIND, "novel": "a novel"}
X_RESTRICT: Codes = {0: "all ages", 1: "R-18", 2: "R-18G"}
VISIBILITY: Codes = {0: "public", 1: "only for mypixiv", 2: "private"}
AI_TYPE: Codes = {0: "not stated (older works)", 1: "made by a human", 2: "made with AI"}
SANITY_LEVEL: Codes = {0: "not rated", 2: "safe", 4: "mildly sensitive", 6: "sensitive, which R-18 always is"}
SEXUAL_LEVEL: Codes = {0: "none", 1: "slight", 2: "strong"}
BOOK_STYLE: Codes = {
    0: "not stated",
    1: "read from right to left",
    2: "read from left to right",
    3: "scrolled downwards",
}
STATE: Codes = {
    "visible": "shown in the newest response that names it",
    "login_only": "blank: shown only to members",
    "not_found": "its own page was not found",
    "unknown": "blank, and the response gives no reason: mostly removed",
    "…": "blank for another reason, in pixiv's word",
}
RESTRICTION: Codes = {"login_only": "only members see it", "restricted": "the page names no image"}
REST: Codes = {"show": "in public", "hide": "seen only by the account"}
VARIANT: Codes = {"": "the one set that there is", **REST}
# The place of a mode and of a content is part of every stored ranking_id: append, never reorder.
MODE: Codes = {
    "daily": "a day, all ages",
    "weekly": "the seven days up to the date",
    "monthly": "some thirty days up to the date",
    "rookie": "newcomers of the site",
    "original": "works marked as original",
    "daily_ai": "a day, made with AI",
    "male": "a day, popular with men",
    "female": "a day, popular with women",
    "daily_r18": "as daily, R-18",
    "weekly_r18": "as weekly, R-18",
    "daily_r18_ai": "as daily_ai, R-18",
    "male_r18": "as male, R-18",
    "female_r18": "as female, R-18",
    "r18g": "a week, R-18G",
}
NOVEL_MODE: Codes = {
    **MODE,
    "weekly_r18_ai": "as weekly_r18, made with AI",
    "weekly_original": "as weekly, original works",
    "weekly_ai": "as weekly, made with AI",
}
CONTENT: Codes = {
    "all": "every kind of work",
    "illust": "only illustrations",
    "manga": "only manga",
    "ugoira": "only moving pictures",
    "complex": "a name of 2022 for all",
}
REQUEST_STATUS: Codes = {
    "inProgress": "accepted, and not delivered",
    "complete": "delivered",
    "…": "any other, in pixiv's own word",
}
ROLE: Codes = {"others": "neither creator nor fan, or no session", "…": "creator or fan, in pixiv's word"}
OUTCOME: Codes = {
    Outcome.COMPLETE: "complete response",
    Outcome.PARTIAL: "some of its rows were rejected",
    Outcome.NOT_YET: "not published yet",
    Outcome.ABSENT: "unavailable, with evidence",
    Outcome.FORBIDDEN: "not to be requested, or refused for good",
    Outcome.NEEDS_SESSION: "shown only with a session",
    Outcome.FAILED: "failed: requested again",
}
assert set(OUTCOME) == set(Outcome)
CRAWL_OUTCOME: Codes = {
    COMPLETE: "all that was requested is archived",
    REPLAYED: "archived from its captures; how it ended is not known",
    "…": "what is incomplete or failed, in words",
}
SESSION: Codes = {
    "anonymous": "none was given",
    "account": "one was given",
    "served": "one was given, and pixiv accepted it",
    "refused": "one was given, and the site did not take it",
}
JOB_OUTCOME: Codes = {
    OK: "all that was due is archived",
    WARNING: "all that was due is archived, and somebody should check something",
    TROUBLE: "steps failed (before 0.2 also a warning)",
    STOPPED: "somebody stopped it, or the machine: it is due again",
    NO_BEGINNING: "no request was sent",
}
TRACKED: Codes = {
    "tag": "a search for it, newest first",
    "user": "profile and works",
    "artwork": "a work's own page",
    "series": "a series",
    "ranking": "a mode and content, each day",
    "cohort": "ids drawn by chance of each day",
    "volume": "how many works have a tag, each day",
}
ACKNOWLEDGED: Codes = {"coverage": "failed pages", "drift": "changes in responses", "dead": "rejected rows"}
FORGOTTEN: Codes = {"user": "a person", "artwork": "a work", "…": "what belongs to one: novel, series, comment"}
FORGOTTEN_ROOT: Codes = {"user": "a person", "artwork": "a work"}
JSON_TYPE: Codes = {
    "object": "keys and values",
    "array": "a list",
    "string": "a text",
    "integer": "a whole number",
    "number": "a number with a point",
    "boolean": "true or false",
    "null": "nothing",
}
ACTION: Codes = {"bookmark": "a bookmark was set", "like": "a like was given"}
SEND: Codes = {"always": "after each run", "trouble": "when something needs attention", "never": "no message"}
OWNER: Codes = {
    "user": "whose works, follows, bookmarks",
    "artwork": "whose pages, tags, frames",
    "…": "as owner_id's column says",
}
