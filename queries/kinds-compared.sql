-- How do manga and illustrations differ in a ranking?
-- group: rankings
-- cannot say: why: manga-only rankings have another size
-- :mode     text = daily           ranking mode
-- :content  text = all             all, illust, manga or ugoira
-- :since    date = newest-365      first ranking date
-- :until    date = newest          last ranking date
WITH stays AS (
    SELECT e.artwork_id, count(*) AS days, min(e.rank) AS best_rank, max(e.view_count) AS views
    FROM rankings r
    JOIN ranking_entries e ON e.ranking_id = r.ranking_id
    WHERE r.mode = :mode AND r.content = :content AND r.ranking_on BETWEEN :since AND :until
    GROUP BY e.artwork_id
)
SELECT coalesce(a.kind, 'unknown') AS kind, count(*) AS works, round(avg(s.days), 2) AS mean_days,
    round(avg(s.best_rank), 1) AS mean_best_rank, CAST(round(avg(s.views)) AS INTEGER) AS mean_views_at_last_entry,
    round(avg(a.page_count), 1) AS mean_pages
FROM stays s
LEFT JOIN artworks a ON a.artwork_id = s.artwork_id
GROUP BY coalesce(a.kind, 'unknown')
ORDER BY works DESC, kind;
-- known: days
-- known: the kind known for {known} of {of} ranked works
-- better: {run} crawl artworks -a endpoints=artwork -a 'illust_id=?ranked-without-details'
SELECT count(a.kind), count(*)
FROM (SELECT DISTINCT e.artwork_id FROM rankings r JOIN ranking_entries e ON e.ranking_id = r.ranking_id
    WHERE r.mode = :mode AND r.content = :content AND r.ranking_on BETWEEN :since AND :until) c
LEFT JOIN artworks a ON a.artwork_id = c.artwork_id;
