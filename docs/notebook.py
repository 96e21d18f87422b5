"""A release opened with DuckDB and pandas, and three pictures: `marimo edit docs/notebook.py -- --release FOLDER`."""

import marimo

app = marimo.App(width="medium", app_title="A release of the archive")


@app.cell
def _():
    import altair as alt
    import duckdb
    import marimo as mo
    import pandas as pd

    release = str(mo.cli_args().get("release") or "var/release")
    connection = duckdb.connect(f"{release}/archive.duckdb", read_only=True)
    return alt, connection, mo, pd, release


@app.cell
def _(connection, mo):
    panel = connection.sql(
        "SELECT mode, content, min(ranking_on) AS first_on, max(ranking_on) AS last_on, count(*) AS days,"
        " sum(entry_count) AS entries FROM rankings GROUP BY ALL ORDER BY ALL"
    ).df()
    mo.md(f"""# What is in it

{panel.to_html(index=False)}

What each column means stands in `datapackage.json`; what is missing in `QUALITY.md`.
""")
    return (panel,)


@app.cell
def _(alt, connection):
    # Views are all since publication: a rank's views by year, never divided by its ratings.
    ranks = connection.sql(
        "SELECT r.ranking_on, e.rank, e.view_count FROM rankings r JOIN ranking_entries e USING (ranking_id)"
        " WHERE r.mode = 'daily' AND r.content = 'all' AND e.rank IN (1, 10, 50)"
    ).df()
    views_at_ranks = (
        alt.Chart(ranks)
        .mark_line()
        .encode(x="ranking_on:T", y=alt.Y("view_count:Q", scale=alt.Scale(type="log")), color="rank:N")
    )
    views_at_ranks  # noqa: B018  # marimo shows a cell's last expression
    return ranks, views_at_ranks


@app.cell
def _(alt, pd, release):
    # The Parquet files by themselves, with pandas.
    from pathlib import Path

    entries = pd.concat(pd.read_parquet(file) for file in sorted(Path(release, "ranking_entries").glob("*.parquet")))
    stays = entries.groupby(["ranking_id"]).size().rename("entries").reset_index()
    sizes = alt.Chart(stays).mark_bar().encode(x=alt.X("entries:Q", bin=True), y="count()")
    sizes  # noqa: B018
    return entries, sizes


@app.cell
def _(alt, connection):
    # Tags as they were on the ranking's day; hindsight is left out, not mixed in.
    tags = connection.sql(
        "SELECT tag, count(DISTINCT artwork_id) AS works FROM v_ranking_tags WHERE NOT is_hindsight"
        " GROUP BY tag ORDER BY works DESC LIMIT 20"
    ).df()
    frequent = alt.Chart(tags).mark_bar().encode(x="works:Q", y=alt.Y("tag:N", sort="-x"))
    frequent  # noqa: B018
    return frequent, tags


if __name__ == "__main__":
    app.run()
