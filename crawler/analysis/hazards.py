"""Hazards of a statement of one's own: read off the grain of its tables and the spans of its counts, scope by scope.

What is declared decides: primary keys (of views `GRAINS`), and `window` of a column. No rule is about one statement's
text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from sqlglot import exp
from sqlglot.optimizer.scope import Scope, traverse_scope

from crawler.archive.view_columns import view_meanings
from crawler.tables.meaning import CUMULATIVE, OF_THE_RANKING, Meaning, meaning_of
from crawler.tables.metadata import METADATA

ENTRY, DAY = ("ranking_on", "mode", "content", "rank"), ("day_number", "mode", "content", "rank")
GRAINS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "rankings": (("ranking_id",), ("ranking_on", "mode", "content")),
    "v_rankings": (("ranking_id",), ("ranking_on", "mode", "content")),
    "v_ranking_history": (ENTRY, DAY),
    "v_ranking_hindsight": (ENTRY, DAY, ("ranking_id", "rank")),
    "v_ranking_tags": ((*ENTRY, "tag"), (*DAY, "tag"), ("ranking_id", "rank", "tag"), ("ranking_id", "rank", "tag_id")),
    "v_artworks": (("artwork_id",),),
    "v_artwork_tags": (("artwork_id", "tag_id"), ("artwork_id", "tag")),
    "v_artwork_counts": (("artwork_id", "observed_at"),),
    "v_looks": (("artwork_id", "source", "at_moment"),),
    "tags": (("tag_id",), ("name",)),
}  # fmt: skip
"""Columns that name one row, where these are not the primary key alone."""
RANKINGS = (("ranking_id",), ("ranking_on", "mode"), ("day_number", "mode"))
"""Columns that name one ranking: in it a work stands once."""
TIMES = {"ranking_entries": RANKINGS, "v_ranking_history": RANKINGS, "v_ranking_hindsight": RANKINGS, "v_ranking_tags": RANKINGS,
         "artwork_counts": (("observed_at",),), "v_artwork_counts": (("observed_at",),), "v_looks": (("at_moment",), ("seen_at",))}  # fmt: skip
"""Tables and views in which a work stands once a moment, and the columns that name the moment."""
RANKED = frozenset(name for name, moments in TIMES.items() if moments is RANKINGS)
"""Tables and views in which a work stands as often as it was ranked."""
TAGS_OF_NOW = frozenset({"artwork_tags", "v_artwork_tags"})
SAYS_ROWS = frozenset({"entries", "rows", "days", "times", "appearances", "looks"})
"""Words in the name of a count that say that it counts rows."""


@dataclass(frozen=True)
class Read:
    """Reads of one SELECT: relations by alias, equal columns, and columns with one value in each group."""

    relations: Mapping[str, str]
    equal: frozenset[frozenset[tuple[str, str]]]
    fixed: frozenset[tuple[str, str]]

    def is_fixed(self, alias: str, columns: tuple[str, ...]) -> bool:
        """Return True if columns of a relation, or such that are equal to them, have one value in each group."""
        return all(self._is_fixed((alias, column)) for column in columns)

    def _is_fixed(self, place: tuple[str, str]) -> bool:
        seen, left = {place}, [place]
        while left:
            one = left.pop()
            if one in self.fixed:
                return True
            new = {other for pair in self.equal if one in pair for other in pair} - seen
            seen |= new
            left += new
        # `r.mode` names the ranking of an entry of which `mode` is no column.
        return any(
            column == place[1] and alias != place[0] and column not in _columns(self.relations[place[0]])
            for alias, column in self.fixed
        )  # fmt: skip

    def multiplied_by(self, alias: str) -> list[str]:
        """The relations of which several rows may stand beside one row of another."""
        known = {alias}
        while True:
            new = {
                other
                for other, relation in self.relations.items()
                if other not in known
                and any(
                    all(self._is_given((other, column), known) for column in key)
                    for key in _keys(relation)
                )
            }
            if not new:
                return [other for other in self.relations if other not in known]
            known |= new

    def _is_given(self, place: tuple[str, str], known: set[str]) -> bool:
        if place in self.fixed:
            return True
        return any(
            place in pair and any(other[0] in known for other in pair - {place})
            for pair in self.equal
        )


def hazards(qualified: exp.Expr, *, has_modes: bool) -> Iterator[str]:
    """A line for each hazard of a statement whose columns say of which relation they are.

    has_modes: whether rankings of several modes are archived.
    """
    for scope in traverse_scope(qualified):
        read = _read(scope)
        if read is not None:
            yield from _of_joins(scope, read)
            for aggregate, column in _aggregated(scope):
                yield from _of_an_aggregate(aggregate, column, read, has_modes=has_modes)
    for difference in qualified.find_all(exp.Sub):
        names = [column.name for column in difference.find_all(exp.Column)]
        if len(names) == 2 and all(name.endswith("_seen_at") for name in names):
            yield f"{' less '.join(names)}: when responses showed it, which is less than how long it was there"


def _read(scope: Scope) -> Read | None:
    select = scope.expression
    if not isinstance(select, exp.Select):
        return None
    relations = {
        alias: source.name
        for alias, source in scope.sources.items()
        if isinstance(source, exp.Table) and _keys(source.name)
    }
    where = select.args.get("where")
    conditions = [join.args["on"] for join in select.args.get("joins") or () if join.args.get("on")]
    conditions += [where.this] if where else []
    equal, fixed = set(), set()
    for condition in conditions:
        for one in condition.flatten() if isinstance(condition, exp.And) else (condition,):
            if isinstance(one, exp.EQ):
                sides = [_place(side) for side in (one.left, one.right)]
                places = [place for place in sides if place is not None]
                if len(places) == 2:
                    equal.add(frozenset(places))
                elif places and not _other(one, places[0]).find(exp.Column):
                    fixed.add(places[0])
    group = select.args.get("group")
    for column in group.expressions if group else ():
        fixed |= {place for place in (_place(column),) if place is not None}
    return Read(relations, frozenset(equal), frozenset(fixed))


def _place(side: exp.Expr) -> tuple[str, str] | None:
    return (side.table, side.name) if isinstance(side, exp.Column) else None


def _other(equality: exp.EQ, place: tuple[str, str]) -> exp.Expr:
    return equality.right if _place(equality.left) == place else equality.left


def _aggregated(scope: Scope) -> Iterator[tuple[exp.AggFunc, exp.Column | None]]:
    """The sums, means and counts of a scope, each with the column it is of; None: of rows."""
    for aggregate in scope.find_all(exp.Sum, exp.Avg, exp.Count):
        if isinstance(aggregate.parent, exp.Window) or aggregate.find(exp.Distinct, exp.Case):
            continue
        columns = list(aggregate.find_all(exp.Column))
        if isinstance(aggregate.this, exp.Star) or len(columns) == 1:
            yield aggregate, columns[0] if columns else None


def _of_an_aggregate(
    aggregate: exp.AggFunc, column: exp.Column | None, read: Read, *, has_modes: bool
) -> Iterator[str]:
    if column is None or isinstance(aggregate, exp.Count):
        yield from _of_a_count(aggregate, read)
        return
    relation = read.relations.get(column.table, "")
    if not relation:
        return
    said, meaning = f"{column.name} of {relation}", _meaning(relation, column.name)
    many = read.multiplied_by(column.table)
    if many:
        names = ", ".join(read.relations[one] for one in many)
        yield f"{said}: each row stands here once for each row of {names}, so a sum or mean counts it as often"
    moments = TIMES.get(relation, ())
    is_of_one_moment = any(read.is_fixed(column.table, names) for names in moments)
    if meaning is None or is_of_one_moment:
        return
    if isinstance(aggregate, exp.Sum) and moments and meaning.window == CUMULATIVE:
        yield f"{said}: {CUMULATIVE}, so a sum over days counts the same ones again (take the last, or differences)"
    is_of_one_mode = read.is_fixed(column.table, ("mode",))
    if meaning.window == OF_THE_RANKING and has_modes and not is_of_one_mode:
        yield f"{said}: of {OF_THE_RANKING}: a day, a week or a month; modes are mixed here"


def _of_a_count(aggregate: exp.AggFunc, read: Read) -> Iterator[str]:
    """A count of rows in which a work stands several times, unless it says that it counts rows."""
    alias = aggregate.find_ancestor(exp.Alias)
    named = alias.alias.lower() if alias is not None else ""
    if SAYS_ROWS & set(named.split("_")):
        return
    for name, relation in read.relations.items():
        moments = TIMES.get(relation, ())
        is_once = read.is_fixed(name, ("artwork_id",)) or read.is_fixed(name, ("rank",))
        if moments and not is_once and not any(read.is_fixed(name, one) for one in moments):
            yield (
                "rows here are entries, one a day and rank: a work counts as often as it was ranked"
                " (count(DISTINCT artwork_id) counts works)"
                if moments is RANKINGS
                else f"rows of {relation} are looks: a work counts as often as it was looked at"
            )


def _of_joins(scope: Scope, read: Read) -> Iterator[str]:
    """Tags of now beside rankings of then."""
    relations = set(read.relations.values())
    is_ranked = bool(RANKED & relations) or "rankings" in relations
    tags = [alias for alias, relation in read.relations.items() if relation in TAGS_OF_NOW]
    is_timed = any(
        column.table in tags and column.name in ("first_seen_at", "last_seen_at")
        for column in scope.columns
    )
    if is_ranked and tags and not is_timed:
        yield "tags of all times beside rankings: v_ranking_tags has those that came with the entry (hindsight)"


def _keys(relation: str) -> tuple[tuple[str, ...], ...]:
    if relation in GRAINS:
        return GRAINS[relation]
    table = METADATA.tables.get(relation)
    return (tuple(column.name for column in table.primary_key),) if table is not None else ()


def _columns(relation: str) -> set[str]:
    table = METADATA.tables.get(relation)
    return (
        set(table.columns.keys()) if table is not None else set(view_meanings().get(relation, ()))
    )


def _meaning(relation: str, name: str) -> Meaning | None:
    table = METADATA.tables.get(relation)
    if table is not None:
        return meaning_of(table.columns[name]) if name in table.columns else None
    meaning = view_meanings().get(relation, {}).get(name)
    if meaning is None or meaning.window:
        return meaning
    # A view that says something of its own of a column keeps the span of the tables' columns of that name.
    spans = {
        meaning_of(t.columns[name]).window for t in METADATA.tables.values() if name in t.columns
    }
    return replace(meaning, window=spans.pop()) if len(spans) == 1 else meaning
