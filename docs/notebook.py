"""Four pictures of a release, with DuckDB and pandas.

To edit:  marimo edit docs/notebook.py -- --release FOLDER
To share: python docs/notebook.py --release FOLDER --page PAGE.html writes them as one file that loads nothing.
"""

import marimo

app = marimo.App(width="medium", app_title="A release of the archive")


@app.cell
def _():
    import altair as alt
    import duckdb
    import marimo as mo
    import pandas as pd

    release = str(mo.cli_args().get("release") or "var/release")
    page = mo.cli_args().get("page")
    connection = duckdb.connect(f"{release}/archive.duckdb", read_only=True)
    ((mode,),) = connection.sql(
        "SELECT mode FROM rankings WHERE content = 'all' GROUP BY mode ORDER BY count(*) DESC, mode LIMIT 1"
    ).fetchall()
    return alt, connection, mo, mode, page, pd, release


@app.cell
def _(connection, mo, mode):
    panel = connection.sql(
        "SELECT mode, content, min(ranking_on) AS first_on, max(ranking_on) AS last_on, count(*) AS days,"
        " sum(entry_count)::BIGINT AS entries FROM rankings GROUP BY ALL ORDER BY ALL"
    ).df()
    mo.md(f"""# What is in it

{panel.to_html(index=False)}

The pictures show the {mode} ranking, whose days are the most. `datapackage.json` says what each column means, `QUALITY.md` what is missing.
""")
    return (panel,)


@app.cell
def _(alt, connection, mode):
    # view_count counts since publication, so it is compared at one rank, and never divided by the day's ratings.
    needed = connection.execute(
        "SELECT date_trunc('month', ranking_on) AS month, rank, median(view_count) AS views, count(*) AS days"
        " FROM v_ranking_history WHERE mode = $mode AND content = 'all' AND rank IN (1, 10, 50) GROUP BY ALL ORDER BY ALL",
        {"mode": mode},
    ).df()
    views_needed = (
        alt.Chart(needed, title="Views that it takes to stand at a rank: the median day of each month", width=500)
        .mark_line(point=True)
        .encode(
            x=alt.X("month:T", title=None, axis=alt.Axis(format="%Y-%m")),
            y=alt.Y("views:Q", scale=alt.Scale(type="log"), title="views"),
            color="rank:O",
        )
    )
    views_needed  # noqa: B018  # marimo shows a cell's last expression
    return (views_needed,)


@app.cell
def _(alt, connection, mode):
    # The days that a work was ranked, in a row or not; works of the last month may come back, so they are left out.
    stays = connection.execute(
        "SELECT least(days, 15) AS days, count(*) AS works FROM ("
        " SELECT artwork_id, count(*) AS days FROM v_ranking_history WHERE mode = $mode AND content = 'all'"
        " GROUP BY artwork_id HAVING max(ranking_on) < (SELECT max(ranking_on) FROM rankings) - 7"
        ") GROUP BY ALL ORDER BY ALL",
        {"mode": mode},
    ).df()
    stays["percent"] = 100 * stays["works"] / max(stays["works"].sum(), 1)
    days_ranked = (
        alt.Chart(
            stays, title="Days that a work is ranked (15: or more), share of the works not ranked for a week", width=500
        )
        .mark_bar()
        .encode(x=alt.X("days:O", title="days", axis=alt.Axis(labelAngle=0)), y=alt.Y("percent:Q", title="% of works"))
    )
    days_ranked  # noqa: B018
    return (days_ranked,)


@app.cell
def _(alt, mode, pd, release):
    # The flat file alone, with pandas: an entry without a previous rank was not ranked the day before.
    history = pd.read_parquet(
        f"{release}/ranking_history.parquet", columns=["mode", "content", "ranking_on", "rank", "previous_rank"]
    )
    history = history[(history["mode"] == mode) & (history["content"] == "all")]
    history["month"] = pd.to_datetime(history["ranking_on"]).dt.to_period("M").dt.to_timestamp()
    history["ranks"] = pd.cut(history["rank"], [0, 10, 50, 500], labels=["1-10", "11-50", "51-500"]).astype(str)
    new = history.assign(is_new=history["previous_rank"].isna()).groupby(["month", "ranks"])["is_new"].mean().mul(100)
    new_entries = (
        alt.Chart(
            new.rename("percent").reset_index(), title="Entries of works that were not ranked the day before", width=500
        )
        .mark_line(point=True)
        .encode(
            x=alt.X("month:T", title=None, axis=alt.Axis(format="%Y-%m")),
            y=alt.Y("percent:Q", title="% of entries", scale=alt.Scale(domain=[0, 100])),
            color=alt.Color("ranks:N", sort=["1-10", "11-50", "51-500"]),
        )
    )
    new_entries  # noqa: B018
    return (new_entries,)


@app.cell
def _(alt, connection, mode):
    # Tags as they were on the ranking's day. Those that were read later (is_hindsight) are left out, not mixed in.
    shares = connection.execute(
        "WITH tagged AS ("
        " SELECT DISTINCT date_trunc('month', ranking_on) AS month, artwork_id, tag FROM v_ranking_tags"
        " WHERE mode = $mode AND content = 'all' AND NOT is_hindsight"
        "), works AS (SELECT month, count(DISTINCT artwork_id) AS works FROM tagged GROUP BY month)"
        " SELECT month, tag, 100.0 * count(*) / any_value(works) AS percent FROM tagged JOIN works USING (month)"
        " WHERE tag IN (SELECT tag FROM tagged GROUP BY tag ORDER BY count(*) DESC, tag LIMIT 6) GROUP BY ALL ORDER BY ALL",
        {"mode": mode},
    ).df()
    tag_shares = (
        alt.Chart(
            shares, title="Share of the ranked works that carry a tag, for the six most usual", width=200, height=90
        )
        .mark_line(point=True)
        .encode(
            x=alt.X("month:T", title=None, axis=alt.Axis(format="%Y-%m", tickCount=3)),
            y=alt.Y("percent:Q", title="%"),
            facet=alt.Facet("tag:N", columns=3, title=None),
        )
    )
    tag_shares  # noqa: B018
    return (tag_shares,)


def page_of(outputs) -> str:
    """The outputs of the cells as HTML without a script: texts, and charts as SVG."""
    import altair as alt
    import vl_convert

    parts = [
        vl_convert.vegalite_to_svg(output.to_dict()) if isinstance(output, alt.TopLevelMixin) else output.text
        for output in outputs
        if output is not None
    ]
    figures = "\n".join(f"<section>{part}</section>" for part in parts)
    return f"<!doctype html>\n<html lang='en'>\n<meta charset='utf-8'>\n<title>A release of the archive</title>\n{figures}\n</html>\n"


if __name__ == "__main__":
    shown, made = app.run()
    if made["page"]:
        from pathlib import Path

        Path(str(made["page"])).write_text(page_of(shown), encoding="utf-8")
