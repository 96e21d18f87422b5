-- How many bookmarks has a work per 100 views, by kind, age and rating?
-- group: works over time
-- cannot say: works whose own page was never read; those that were read were mostly ranked ones, which is no sample of all
-- :since    date = today-365      counts from this day on
-- :until    date = today           counts up to this day
WITH looked AS (
    SELECT c.*, CASE WHEN age_days < 1 THEN 1 WHEN age_days < 7 THEN 2 WHEN age_days < 30 THEN 3
        WHEN age_days < 365 THEN 4 ELSE 5 END AS age_class
    FROM v_counts c
    WHERE c.source = 'page' AND c.view_count > 0 AND c.bookmark_count IS NOT NULL
        AND substr(CAST(c.seen_at AS TEXT), 1, 10) BETWEEN CAST(:since AS TEXT) AND CAST(:until AS TEXT)
), placed AS (
    -- One look a work and class: a work that is looked at often counts once.
    SELECT l.*, row_number() OVER (PARTITION BY artwork_id, age_class ORDER BY at_moment DESC) AS place FROM looked l
)
SELECT kind, coalesce(CAST(x_restrict AS TEXT), 'unknown') AS x_restrict,
    CASE age_class WHEN 1 THEN 'under a day' WHEN 2 THEN 'under a week' WHEN 3 THEN 'under a month'
        WHEN 4 THEN 'under a year' ELSE 'a year and more' END AS age,
    count(*) AS works,
    round(CAST(100.0 * sum(bookmark_count) / sum(view_count) AS NUMERIC), 2) AS bookmarks_per_100_views,
    round(CAST(avg(100.0 * bookmark_count / view_count) AS NUMERIC), 2) AS mean_of_works
FROM placed
WHERE place = 1
GROUP BY kind, coalesce(CAST(x_restrict AS TEXT), 'unknown'), age_class
ORDER BY kind, x_restrict, age_class;
-- known: both counts known for {known} of {of} works of the archive
-- better: {run} crawl artworks -a endpoints=artwork -a 'illust_id=?ranked-without-details'
SELECT count(CASE WHEN view_count > 0 AND bookmark_count IS NOT NULL THEN 1 END), count(*) FROM artworks;
