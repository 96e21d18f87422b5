"""Tags by name."""

from __future__ import annotations

from crawler.endpoints.blocks import OWN, TAG_TRANSLATIONS, UNSEEN
from crawler.endpoints.model import At, Endpoint
from crawler.endpoints.params import Words
from crawler.items.artworks import Tag
from crawler.items.tags import TagChild, TagDetail, TagStory

ENDPOINTS = (
    Endpoint(
        name="tag",
        path="/ajax/search/tags/{tag}",
        params={"tag": Words()},
        holds=("tag", "word", "pixpedia{}"),
        rows=(
            At(Tag), At(TagDetail), At(Tag, "pixpedia.childrenTags[]"),
            At(TagChild, "pixpedia.childrenTags[]"), TAG_TRANSLATIONS,
        ),
        ignored={"breadcrumbs": UNSEEN, "myFavoriteTags": OWN},
    ),
    Endpoint(
        name="tag_stories",
        path="/ajax/stories/tag_stories",
        params={"tag": Words()},
        holds=("tagStoryIds[]",),
        rows=(
            At(Tag, given={"tag_id": "tag", "name": "tag"}),
            At(TagStory, "tagStoryIds[]", given={"tag_id": "tag"}),
        ),
    ),
)  # fmt: skip
