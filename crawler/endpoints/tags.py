"""Tags by name."""

from __future__ import annotations

from crawler.endpoints.blocks import OWN, TAG_TRANSLATIONS, UNSEEN
from crawler.endpoints.model import At, Endpoint, ReplySpec, RequestSpec
from crawler.endpoints.params import Words
from crawler.tables.artworks import Tag
from crawler.tables.tags import TagChild, TagDetail, TagStory

ENDPOINTS = (
    Endpoint(
        name="tag",
        request=RequestSpec("/ajax/search/tags/{tag}", params={"tag": Words()}),
        reply=ReplySpec(
            rows=(
                At(Tag),
                At(TagDetail),
                At(Tag, "pixpedia.childrenTags[]"),
                At(TagChild, "pixpedia.childrenTags[]"),
                TAG_TRANSLATIONS,
            ),
            holds=("tag", "word", "pixpedia{}"),
            ignored={"breadcrumbs": UNSEEN, "myFavoriteTags": OWN},
        ),
    ),
    Endpoint(
        name="tag_stories",
        request=RequestSpec("/ajax/stories/tag_stories", params={"tag": Words()}),
        reply=ReplySpec(
            rows=(
                At(Tag, given={"tag_id": "tag", "name": "tag"}),
                At(TagStory, "tagStoryIds[]", given={"tag_id": "tag"}),
            ),
            holds=("tagStoryIds[]",),
        ),
    ),
)
