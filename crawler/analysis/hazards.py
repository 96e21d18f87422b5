"""Warn of statements that compute something else than they seem to, without asking the archive.

Declarations decide: which columns name one row (`grains`), what each column means (its span, unit and NULL), and what
may not stand beside rankings. No rule is about the text of one statement.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from crawler.analysis.grains import RANKED, aggregated, of_an_aggregate, read_select, says, within
from crawler.analysis.statement import Place, Statement, made_of, meaning_in, origins
from crawler.tables.meaning import CUMULATIVE, LOOK_WARNING, MOMENT, OF_THE_RANKING, WINDOW_WARNING, Meaning

OF_RANKINGS = RANKED | {"rankings", "v_rankings"}
TAGS_OF_NOW = frozenset({"artwork_tags", "v_artwork_tags"})
RECHECKS = frozenset({"v_rechecks", "v_own_pages"})
STATES = frozenset({"artworks", "v_artworks", "v_ranking_history"})
TODAYS = frozenset({"title", "tags", "user_name", "ai_type", "x_restrict", "kind", "state"})
"""Columns of v_ranking_history that say how a thing is now, beside the day of the row."""
UNKNOWN = "no response has contained it"
OWN = frozenset({"is_complete"})
"""Columns that no response holds, and that every row has."""
SECOND = 10**9
LEAST_SPAN = 3600 * SECOND
"""Nanoseconds: a smaller number beside a difference of moments is meant in seconds, minutes or days."""
COMPARISONS = (exp.GT, exp.GTE, exp.LT, exp.LTE)
PASSES_ON = (exp.Coalesce, exp.Case, exp.And, exp.Or)
"""Functions that give a time as they get it."""
OF_JAPAN = ("+9 hour", "+09:00", "asia/tokyo", "'9 hour", "'9' hour")
"""Signs that a time was brought to Japan's."""
OF_SPANS = ("'%s'", "unixepoch", "julianday", "epoch")
"""Signs that a time is counted from a moment, in no zone."""
TIME_FUNCTIONS = frozenset({"STRFTIME", "DATETIME", "JULIANDAY", "UNIXEPOCH"})


def hazards(statement: Statement, *, has_modes: bool) -> Iterator[str]:
    """Yield a line for each hazard of a statement. has_modes: whether rankings of several modes are archived."""
    yield from _of_columns(statement)
    for scope in statement.scopes:
        found = read_select(scope)
        if found is not None:
            for aggregate, column in aggregated(scope):
                yield from of_an_aggregate(aggregate, column, within(aggregate, found), has_modes=has_modes)
        yield from _of_quotients(scope)
        yield from _of_moments(scope)
        yield from _of_unknowns(scope)
        yield from _of_zones(scope)
    yield from _of_first_ranks(statement)
    yield from _of_states(statement)
    yield from _beside_rankings(statement)


def _of_first_ranks(statement: Statement) -> Iterator[str]:
    """Warn of entries beside other entries, where only the first ranks are read."""
    count = max(sum(map(_is_of_entries, _sources(scope))) for scope in statement.scopes)
    bounds = {
        one.sql()
        for one in statement.tree.find_all(exp.LTE, exp.LT)
        if isinstance(one.this, exp.Column) and one.this.name == "rank"
    }
    if bounds and count > 1:
        yield (
            f"{min(bounds)}: what is new among these ranks, or has left them, may have been ranked below"
            " (previous_rank is NULL for what was not ranked the day before)"
        )


def _sources(scope: Scope) -> list[exp.Expr]:
    """Return the tables and subqueries of a SELECT, those of its conditions included."""
    read = [
        source if isinstance(source, exp.Table) else source.expression for _, source in scope.selected_sources.values()
    ]
    return read + [one.expression for one in scope.subquery_scopes]


def _is_of_entries(source: exp.Expr) -> bool:
    return any(table.name in RANKED for table in source.find_all(exp.Table))


# Columns


def _of_columns(statement: Statement) -> Iterator[str]:
    compared = {
        one.this.name
        for one in statement.tree.find_all(exp.GT, exp.GTE, exp.NEQ, exp.Nullif, exp.Is, exp.Count)
        if isinstance(one.this, exp.Column)
    }
    has_rankings = bool(OF_RANKINGS & statement.relations.keys())
    used = []
    for relation, name in statement.places:
        meaning = meaning_in(relation, name)
        # Who bounds a column, or asks for its NULL, knows of its zeros and gaps; counts are only warned of where they are divided.
        silent = {"", WINDOW_WARNING} | (set() if has_rankings else {LOOK_WARNING})
        if meaning and meaning.warning not in silent and name not in compared:
            yield f"{name}: {meaning.warning}"
        if relation == "v_ranking_history" and name in TODAYS:
            used.append(name)
    if used:
        yield f"{', '.join(used)} of v_ranking_history: as they are now, not as on the ranking's day"


def _of_quotients(scope: Scope) -> Iterator[str]:
    """Warn of counts over one another that are of other spans, or of other moments."""
    for division in scope.find_all(exp.Div):
        above, below = (_counts(scope, side) for side in (division.left, division.right))
        spans = [{m.window for place in side if (m := meaning_in(*place))} for side in (above, below)]
        names = [", ".join(sorted({name for _, name in side})) for side in (above, below)]
        for one, other in (spans, spans[::-1]):
            if OF_THE_RANKING in one and CUMULATIVE in other:
                yield (
                    f"never divide {names[0]} by {names[1]}: one counts {OF_THE_RANKING}, the other {CUMULATIVE}, so the"
                    " quotient means nothing"
                )
        homes = [{relation for relation, _ in side} for side in (above, below)]
        if all(homes) and not homes[0] & homes[1]:
            yield (
                f"counts of {', '.join(sorted(homes[0]))} over counts of {', '.join(sorted(homes[1]))}: they are of"
                " different moments (v_counts has both of one look)"
            )


def _counts(scope: Scope, side: exp.Expr) -> set[Place]:
    return {
        place
        for place in made_of(scope, side)
        if (meaning := meaning_in(*place)) is not None and meaning.unit == "count"
    }


def _of_moments(scope: Scope) -> Iterator[str]:
    """Warn of moments beside numbers of seconds, and of differences that only say when something was seen."""
    for difference in scope.find_all(exp.Sub):
        names = [column.name for column in difference.find_all(exp.Column)]
        is_span = len(names) == 2 and all(name.endswith("_seen_at") for name in names)
        if is_span and not says(difference, frozenset({"seen", "observed"})):
            yield f"{' less '.join(names)}: when responses showed it, which is less than how long it was there"
    for one in scope.find_all(exp.Sub, exp.Add, *COMPARISONS):
        for side, other in ((one.left, one.right), (one.right, one.left)):
            number = _number(other)
            is_short = number is not None and 0 < abs(number) < LEAST_SPAN
            if (is_short or _tells_time(other)) and (moments := _moments(scope, side)):
                yield f"{', '.join(moments)}: nanoseconds since 1970, beside a number of seconds (a second is {SECOND:,})"
    for function in filter(_tells_time, scope.find_all(exp.Func)):
        for argument in function.iter_expressions():
            if moments := _moments(scope, argument):
                yield f"{', '.join(moments)}: nanoseconds since 1970; divide by {SECOND:,}.0 for seconds"


def _number(expression: exp.Expr) -> float | None:
    """The value of a number, or of a product of numbers; None for what is neither."""
    expression = expression.unnest()
    if isinstance(expression, exp.Mul):
        sides = [_number(side) for side in (expression.left, expression.right)]
        return None if None in sides else sides[0] * sides[1]  # type: ignore[operator]  # both are there
    return float(expression.to_py()) if expression.is_number else None


def _tells_time(expression: exp.Expr) -> bool:
    if isinstance(expression, exp.Anonymous):
        return expression.name.upper() in TIME_FUNCTIONS
    return isinstance(expression, (exp.TimeToStr, exp.TimeToUnix, exp.UnixToTime, exp.Datetime, exp.Date))


def _moments(scope: Scope, side: exp.Expr) -> list[str]:
    """The moments that a side of a comparison or difference is, or is the difference of."""
    side = side.unnest()
    if isinstance(side, (exp.Max, exp.Min, exp.Avg, exp.Sum)):
        side = side.this
    parts = [side.left, side.right] if isinstance(side, exp.Sub) else [side]
    return [
        part.name
        for part in (one.unnest() for one in parts)
        if isinstance(part, exp.Column)
        and any(m.unit == MOMENT for place in origins(scope, part) if (m := meaning_in(*place)))
    ]


def _of_unknowns(scope: Scope) -> Iterator[str]:
    """Warn of columns whose NULL is taken as a value, or as no."""
    for call in scope.find_all(exp.Coalesce):
        value = call.expressions[0] if call.expressions else call
        for name, meaning in _unknown(scope, call.this) if value.is_number else ():
            yield f"{name}: NULL means that {meaning.null}, and coalesce() takes it as {value.sql()}"
    known = set()
    for negated in scope.find_all(exp.Not):
        test = negated.this
        if isinstance(test, exp.Is) and isinstance(test.expression, exp.Null):
            known.add(test.this.name)
        elif isinstance(test, exp.Is) and isinstance(test.expression, exp.Boolean):
            for name, meaning in _unknown(scope, test.this):
                yield f"{name}: NULL means that {meaning.null}, and IS NOT takes it with the others"
    means = [mean.this for mean in scope.find_all(exp.Avg)]
    shares = [
        share.left
        for share in scope.find_all(exp.Div)
        if any(isinstance(count.this, exp.Star) for count in share.right.find_all(exp.Count))
    ]
    rests = [rest.right for rest in scope.find_all(exp.Sub) if isinstance(rest.left.unnest(), exp.Count)]
    conditions = [one for counted in (*means, *shares, *rests) for one in _conditions(counted)]
    if _is_left_out(scope.expression) and scope.expression.args.get("where"):
        conditions.append(scope.expression.args["where"])
    for column in (column for one in conditions for column in one.find_all(exp.Column)):
        for name, meaning in _unknown(scope, column):
            if name not in known and meaning.null == UNKNOWN:
                yield f"{name}: rows where it is unknown count as no; leave them out: {name} IS NOT NULL"


def _is_left_out(query: exp.Expr) -> bool:
    """Return True for the query of NOT IN, NOT EXISTS or EXCEPT."""
    inner, outer = query, query.parent
    while isinstance(outer, (exp.Subquery, exp.Paren, exp.In, exp.Exists)):
        inner, outer = outer, outer.parent
    return isinstance(outer, exp.Not) or (isinstance(outer, exp.Except) and inner is outer.expression)


def _conditions(counted: exp.Expr) -> Iterator[exp.Expr]:
    """Yield the conditions of what is counted: those of CASE … ELSE 0 and of FILTER."""
    for case in counted.find_all(exp.Case):
        if case.args.get("default") is not None:
            yield from (one.this for one in case.args["ifs"])
    for one in counted.find_all(exp.Filter):
        yield one.expression


def _unknown(scope: Scope, column: exp.Expr) -> Iterator[tuple[str, Meaning]]:
    """The column with what its NULL means, where it may be NULL."""
    if isinstance(column, exp.Column):
        for place in origins(scope, column):
            meaning = meaning_in(*place)
            if meaning is not None and meaning.null and column.name not in OWN:
                yield column.name, meaning


def _of_zones(scope: Scope) -> Iterator[str]:
    """Warn of times in UTC that a function takes apart."""
    for column in scope.find_all(exp.Column):
        functions = []
        node = column.parent
        while node is not None and not isinstance(node, (exp.AggFunc, exp.Select)):
            functions += [node] if isinstance(node, exp.Func) else []
            node = node.parent
        functions = [one for one in functions if not isinstance(one, PASSES_ON)]
        # The outermost call: the time may be brought to Japan's anywhere inside it.
        text = functions[-1].sql().lower() if functions else ""
        is_utc = column.name in ("created_at", "uploaded_at") and functions
        if is_utc and not any(sign in text for sign in (*OF_JAPAN, *OF_SPANS)):
            yield (
                f"{column.name} is UTC, a ranking's day Japan's: created_on, created_hour and created_weekday of"
                " v_artworks and v_ranking_history are Japan's"
            )


def _beside_rankings(statement: Statement) -> Iterator[str]:
    """Warn of tags as they are now beside rankings of then."""
    if not OF_RANKINGS & statement.relations.keys():
        return
    is_timed = any(
        relation in TAGS_OF_NOW and name in ("first_seen_at", "last_seen_at") for relation, name in statement.places
    )
    if TAGS_OF_NOW & statement.relations.keys() and not is_timed:
        yield "tags of all times beside rankings: v_ranking_tags has those that came with the entry (hindsight)"


def _of_states(statement: Statement) -> Iterator[str]:
    """Warn of a share of works that are gone: most works were never requested again."""
    is_share = statement.tree.find(exp.Div, exp.Avg) is not None
    is_of_states = any(relation in STATES and name == "state" for relation, name in statement.places)
    if is_share and is_of_states and not RECHECKS & statement.relations.keys():
        yield (
            "state: that a work is gone is only known if its own page was requested again: v_rechecks has these works"
            " (a share of all works is too low)"
        )
