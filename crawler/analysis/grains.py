"""Warn of sums, means and counts of rows that stand for something else: grains and spans are declared here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from crawler.analysis.statement import Place, columns_of, meaning_in
from crawler.tables.meaning import CUMULATIVE, OF_THE_RANKING
from crawler.tables.metadata import METADATA

ENTRY, DAY = ("ranking_on", "mode", "content", "rank"), ("day_number", "mode", "content", "rank")
GRAINS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "rankings": (("ranking_id",), ("ranking_on", "mode", "content")),
    "ranking_entries": (("ranking_id", "rank"), ("ranking_id", "artwork_id")),
    "v_rankings": (("ranking_id",), ("ranking_on", "mode", "content")),
    "v_ranking_history": (ENTRY, DAY),
    "v_ranking_hindsight": (ENTRY, DAY, ("ranking_id", "rank")),
    "v_ranking_tags": ((*ENTRY, "tag"), (*DAY, "tag"), ("ranking_id", "rank", "tag"), ("ranking_id", "rank", "tag_id")),
    "v_artworks": (("artwork_id",),),
    "v_artwork_tags": (("artwork_id", "tag_id"), ("artwork_id", "tag")),
    "v_artwork_counts": (("artwork_id", "observed_at"),),
    "v_counts": (("artwork_id", "source", "at_moment"),),
    "tags": (("tag_id",), ("name",)),
}
"""Columns that name one row, where these are not the primary key alone."""
RANKINGS = (("ranking_id",), ("ranking_on", "mode"), ("day_number", "mode"))
"""Columns that name one ranking: in it a work stands once."""
TIMES = {
    "ranking_entries": RANKINGS,
    "v_ranking_history": RANKINGS,
    "v_ranking_hindsight": RANKINGS,
    "v_ranking_tags": RANKINGS,
    "artwork_counts": (("observed_at",),),
    "v_artwork_counts": (("observed_at",),),
    "v_counts": (("at_moment",), ("seen_at",)),
}
"""Tables and views in which a work stands once a moment, and the columns that name the moment."""
RANKED = frozenset(name for name, moments in TIMES.items() if moments is RANKINGS)
"""Tables and views in which a work stands as often as it was ranked."""
SAYS_ROWS = frozenset({"entries", "rows", "days", "times", "appearances", "looks"})
"""Words in the name of a count that say that it counts rows."""


@dataclass(frozen=True)
class SelectRead:
    """Reads of one SELECT: relations by alias, equal columns, and columns with one value in each group."""

    relations: Mapping[str, str]
    equal: frozenset[frozenset[Place]]
    fixed: frozenset[Place]

    def is_fixed(self, alias: str, columns: tuple[str, ...]) -> bool:
        """Return True if columns of a relation, or such that are equal to them, have one value in each group."""
        return all(self._is_fixed((alias, column)) for column in columns)

    def _is_fixed(self, place: Place) -> bool:
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
            column == place[1] and alias != place[0] and column not in columns_of(self.relations[place[0]])
            for alias, column in self.fixed
        )

    def multiplied_by(self, alias: str) -> list[str]:
        """The relations of which several rows may stand beside one row of another."""
        known = {alias}
        while True:
            new = {
                other
                for other, relation in self.relations.items()
                if other not in known
                and any(all(self._is_given((other, column), known) for column in key) for key in _keys(relation))
            }
            if not new:
                return [other for other in self.relations if other not in known]
            known |= new

    def _is_given(self, place: Place, known: set[str]) -> bool:
        if place in self.fixed:
            return True
        return any(place in pair and any(other[0] in known for other in pair - {place}) for pair in self.equal)


def read_select(scope: Scope) -> SelectRead | None:
    """Return what a SELECT reads; None for a UNION and the like."""
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
    # A ranking's day has one number.
    equal = {
        frozenset(((alias, "ranking_on"), (alias, "day_number")))
        for alias, relation in relations.items()
        if "day_number" in columns_of(relation)
    }
    fixed = set()
    for condition in conditions:
        for one in condition.flatten() if isinstance(condition, exp.And) else (condition,):
            if isinstance(one, exp.EQ):
                sides = [_columns(side, scope) for side in (one.left, one.right)]
                places = [place for place in map(_place, (one.left, one.right)) if place]
                # `b.day = a.day + 1` names one row as well as `b.day = a.day` does.
                if places and all(len(side) == 1 for side in sides):
                    equal.add(sides[0] | sides[1])
                elif places and not all(sides):
                    fixed.add(places[0])
    group = select.args.get("group")
    fixed |= {place for column in (group.expressions if group else ()) if (place := _place(column))}
    return SelectRead(relations, frozenset(equal), frozenset(fixed))


def _place(side: exp.Expr) -> Place | None:
    return (side.table, side.name) if isinstance(side, exp.Column) else None


def _columns(value: exp.Expr, scope: Scope) -> frozenset[Place]:
    """The columns of a SELECT that a value is made of: none for the newest day of a subquery."""
    columns = value.find_all(exp.Column)
    return frozenset((one.table, one.name) for one in columns if one.table in scope.selected_sources)


def aggregated(scope: Scope) -> Iterator[tuple[exp.AggFunc, exp.Column | None]]:
    """The sums, means and counts that a scope shows, each with the column it is of; None: of rows."""
    for aggregate in scope.find_all(exp.Sum, exp.Avg, exp.Count):
        if aggregate.find(exp.Distinct) or aggregate.find_ancestor(exp.Having, exp.Order):
            continue
        of = aggregate.this
        if isinstance(of, exp.Case):  # what is summed, not what it depends on
            of = exp.Tuple(expressions=[one.args["true"] for one in of.args["ifs"]])
        columns = list(of.find_all(exp.Column))
        if isinstance(aggregate.this, exp.Star) or len(columns) == 1:
            yield aggregate, columns[0] if columns else None


def within(aggregate: exp.AggFunc, found: SelectRead) -> SelectRead:
    """Return the reads with what has one value in each group of an aggregate, or in each partition of OVER."""
    window = aggregate.find_ancestor(exp.Window, exp.Select)
    if not isinstance(window, exp.Window):
        return found
    parts = (_place(one) for one in window.args.get("partition_by") or ())
    return replace(found, fixed=found.fixed | {place for place in parts if place is not None})


def says(node: exp.Expr, words: frozenset[str], of: type[exp.Expr] = exp.Expr) -> bool:
    """Return True if a column that the SELECT of a node shows has one of these words in its name.

    of: what such a column holds.
    """
    select = node.find_ancestor(exp.Select)
    shown = select.selects if select is not None else []
    return any(words & set(one.alias.lower().split("_")) for one in shown if one.alias and one.find(of))


def of_an_aggregate(
    aggregate: exp.AggFunc, column: exp.Column | None, read: SelectRead, *, has_modes: bool
) -> Iterator[str]:
    """Yield what an aggregate of a column (None: of rows) may count more than once, or mix.

    has_modes: whether rankings of several modes are archived.
    """
    if isinstance(aggregate, exp.Count):
        if not says(aggregate, SAYS_ROWS, exp.Count):
            yield from _of_a_count(column, read)
        return
    relation = read.relations.get(column.table, "") if column is not None else ""
    if column is None or not relation:
        return
    said, meaning = f"{column.name} of {relation}", meaning_in(relation, column.name)
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


def _of_a_count(column: exp.Column | None, read: SelectRead) -> Iterator[str]:
    """Warn of a count of rows in which a work stands several times, though it does not say that it counts rows."""
    for name, relation in read.relations.items():
        moments = TIMES.get(relation, ())
        is_once = read.is_fixed(name, ("artwork_id",)) or read.is_fixed(name, ("rank",))
        if moments and not is_once and not any(read.is_fixed(name, one) for one in moments):
            yield (
                "rows here are entries, one a day and rank: a work counts as often as it was ranked"
                " (count(DISTINCT artwork_id) counts works)"
                if moments is RANKINGS
                else f"rows of {relation} are re-checks: a work counts once for each re-check"
            )
            return
    if column is None or (column.name,) not in _keys(read.relations.get(column.table, "")):
        return
    many = [read.relations[one] for one in read.multiplied_by(column.table)]
    if many:
        yield (
            f"{column.name} of {read.relations[column.table]}: counted once for each row of {', '.join(many)}"
            f" (count(DISTINCT {column.name}) counts each once)"
        )


@cache
def _keys(relation: str) -> tuple[tuple[str, ...], ...]:
    if relation in GRAINS:
        return GRAINS[relation]
    table = METADATA.tables.get(relation)
    return (tuple(column.name for column in table.primary_key),) if table is not None else ()
