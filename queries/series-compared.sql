-- Do works of a series stand higher or stay longer than others?
-- group: rankings
-- cannot say: whether the series helps: authors who make series may be better known
-- cannot say: works that joined a series after they were last seen
-- :mode     text = weekly           ranking mode
-- :content  text = all             all, illust, manga or ugoira
-- :since    date = newest-365      first ranking date
-- :until    date = newest          last ranking date
WITH stays AS (
    SELECT e.artwork_id, count(*) AS days, min(e.rank) AS best_rank
    FROM rankings r
    JOIN ranking_entries e ON e.ranking_id = r.ranking_id
    WHERE r.mode = :mode AND r.content = :content AND r.ranking_on BETWEEN :since AND :until
    GROUP BY e.artwork_id
)
SELECT a.kind, CASE WHEN a.series_id IS NULL THEN 'no' ELSE 'yes' END AS in_a_series, count(*) AS works,
    round(avg(s.days), 2) AS mean_days, round(avg(s.best_rank), 1) AS mean_best_rank
FROM stays s
JOIN artworks a ON a.artwork_id = s.artwork_id
WHERE a.kind IS NOT NULL
GROUP BY a.kind, CASE WHEN a.series_id IS NULL THEN 'no' ELSE 'yes' END
ORDER BY a.kind, in_a_series;
-- known: days
