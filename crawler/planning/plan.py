"""From arguments to targets: what is to be fetched, checked before any request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from scrapy.settings import BaseSettings

from crawler.clock import now
from crawler.endpoints import ENDPOINTS, FAMILIES
from crawler.endpoints.model import ANYONE, Asker, Endpoint
from crawler.endpoints.params import ArgumentRules, several
from crawler.errors import BadArgument, choices
from crawler.fetch.run import Run
from crawler.fetch.session import Session, asker_of
from crawler.model.page import Outcome
from crawler.model.target import Target
from crawler.planning.arguments import resolved

OWN = ("endpoints", "pages", "refetch")
ABSENT_ONES = "absent"


def argument_names(family: str) -> tuple[str, ...]:
    """The arguments that a family's spider takes."""
    known = {name for endpoint in FAMILIES[family] for name in endpoint.request.params}
    known |= {endpoint.paging.param for endpoint in FAMILIES[family] if endpoint.paging.param}
    return (*sorted(known), *OWN)


def choose(family: str, arguments: Mapping[str, str]) -> list[Endpoint]:
    """The endpoints that the arguments request. Raises BadArgument naming the valid ones."""
    offered = {endpoint.name: endpoint for endpoint in FAMILIES[family]}
    known = argument_names(family)
    for name in arguments:
        if name not in known:
            raise BadArgument(f"{family} takes no argument {name}. {choices(name, known)}")
    requested = arguments.get("endpoints")
    if requested is not None:
        names = dict.fromkeys(several(requested))
        for name in names:
            if name not in offered:
                raise BadArgument(f"endpoints={name}: no such one. {choices(name, offered)}")
        chosen = [offered[name] for name in names]
    else:
        chosen = [e for e in offered.values() if not e.policy.is_extra and not _missing(e, arguments)]
    sources = {endpoint.name for endpoint in chosen}
    if requested is None:
        # Even if its own argument is missing: its targets come from rows of the source.
        chosen += [e for e in offered.values() if e.policy.after in sources and e.name not in sources]
    for endpoint in chosen:
        missing = _missing(endpoint, arguments)
        if missing and endpoint.policy.after not in sources:
            also = f", or endpoints={endpoint.policy.after},{endpoint.name}" if endpoint.policy.after else ""
            raise BadArgument(f"{endpoint.name} needs an argument: -a {missing[0]}=…{also}")
    if not chosen:
        wanted = sorted({name for e in offered.values() for name in _missing(e, {})})
        raise BadArgument(f"{family} needs one of: {', '.join(f'-a {name}=…' for name in wanted)}")
    return chosen


def follow_ups(family: str, arguments: Mapping[str, str]) -> list[Endpoint]:
    """Those chosen whose targets follow from those of others (`after`)."""
    chosen = choose(family, arguments)
    names = {endpoint.name for endpoint in chosen}
    return [endpoint for endpoint in chosen if endpoint.policy.after in names]


@dataclass(frozen=True)
class CrawlPlan:
    """Plan of a crawl. targets: what is to be fetched.

    following: the endpoints whose targets follow from those of others. pages: the user's bound;
    refetch: "1" for all that is archived, `absent` for what is absent, "" for nothing.
    """

    run: Run
    session: Session | None
    targets: tuple[Target, ...]
    following: tuple[Endpoint, ...]
    pages: int | None
    refetch: str


def plan_crawl(family: str, arguments: Mapping[str, str], settings: BaseSettings, session: Session | None) -> CrawlPlan:
    """The plan of a crawl that begins now. Raises BadArgument for anything that cannot be requested.

    arguments: as given; the run records them so, with the names of files and questions.
    """
    asker = asker_of(settings, session)
    run = Run.begin(family, arguments, session, asker)
    arguments = resolved(arguments, settings["ARCHIVE_URL"], is_plan=False)
    targets = plan(family, arguments, rules_of(settings), night=run.night, asker=asker)
    return CrawlPlan(
        run,
        session,
        tuple(targets),
        tuple(follow_ups(family, arguments)),
        read_count("pages", arguments.get("pages")),
        read_refetch(arguments.get("refetch")),
    )


def plan(
    family: str, arguments: Mapping[str, str], rules: ArgumentRules, *, night: str, asker: Asker = ANYONE
) -> list[Target]:
    """Every target that the arguments request, as the target of its first page.

    Raises BadArgument for anything that cannot be requested.
    """
    targets: list[Target] = []
    following = follow_ups(family, arguments)
    for endpoint in choose(family, arguments):
        if endpoint in following:
            continue
        values: list[Sequence[str]] = []
        for name, param in endpoint.request.params.items():
            given = arguments.get(name, param.default(allow_r18=rules.allow_r18))
            assert given is not None, f"{name} was found to be needed"
            is_left_out = given == "" and param.default(allow_r18=rules.allow_r18) == ""
            values.append([""] if is_left_out else param.parse(name, given, rules))
        for combination in product(*values):
            params = dict(zip(endpoint.request.params, combination, strict=True))
            if endpoint.request.check:
                endpoint.request.check(params)
            page = _first_page(endpoint, params, arguments)
            targets.append(endpoint.target(params, page, night, asker))
    return targets


def _first_page(endpoint: Endpoint, params: Mapping[str, str], arguments: Mapping[str, str]) -> int:
    """The page to begin at, where the user gives the parameter that names it."""
    name = endpoint.paging.param
    if name is None or name not in arguments:
        return 1
    page = endpoint.paging.page_of({name: arguments[name]}, params)
    if page is None:
        raise BadArgument(f"{name}={arguments[name]}: no page begins there")
    return page


def unanswerable(target: Target, session: Session | None) -> tuple[Outcome, str] | None:
    """Return why a target cannot be answered with the present session; None if it can."""
    endpoint = ENDPOINTS[target.endpoint]
    if session is None:
        needs = endpoint.policy.wants_session(target.params)
        return (Outcome.NEEDS_SESSION, "needs a session: set PIXIV_PHPSESSID") if needs else None
    # A session that does not begin with an ID has a hash for its owner: then pixiv decides.
    is_other = session.owner.isdecimal() and session.owner != target.params.get("user_id")
    # Of somebody else the site answers `hide` with the public list.
    is_own = endpoint.policy.login == "own" or target.params.get("rest") == "hide"
    if is_own and is_other:
        return Outcome.FORBIDDEN, f"shown only to the account itself; the session is of {session.owner}"
    return None


def rules_of(settings: BaseSettings) -> ArgumentRules:
    """By what arguments are read now."""
    return ArgumentRules(settings.getbool("ALLOW_R18"), now())


def check(family: str, arguments: Mapping[str, str], rules: ArgumentRules) -> None:
    """Raises BadArgument where a spider of the family would not take the arguments."""
    plan(family, arguments, rules, night="")
    read_count("pages", arguments.get("pages"))
    read_refetch(arguments.get("refetch"))


def read_count(name: str, text: str | None) -> int | None:
    """A bound given as an argument: a whole number above 0, or None. Raises BadArgument."""
    if text is None:
        return None
    if not text.isdecimal() or int(text) < 1:
        raise BadArgument(f"{name}={text}: a whole number above 0")
    return int(text)


def read_refetch(text: str | None) -> str:
    """Read what is requested again: "1" all, `absent` what is unavailable, "" nothing. Raises BadArgument."""
    if text not in (None, "0", "1", ABSENT_ONES):
        raise BadArgument(f"refetch={text}: 1 (all), absent (what was found absent), or 0")
    return text if text in ("1", ABSENT_ONES) else ""


def _missing(endpoint: Endpoint, arguments: Mapping[str, str]) -> list[str]:
    """The arguments that an endpoint cannot be requested without, of those not given."""
    return [
        name
        for name, param in endpoint.request.params.items()
        if param.default(allow_r18=False) is None and name not in arguments
    ]
