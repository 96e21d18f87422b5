-- What share of a day's entries are returns of works that had dropped out?
-- :mode     text = daily           ranking mode
-- :content  text = all             all, illust, manga or ugoira
-- :since    date = newest-365      first ranking date
-- :until    date = newest          last ranking date
WITH charted AS (
    SELECT r.ranking_on, e.artwork_id, e.previous_rank,
        lag(r.ranking_on) OVER (PARTITION BY e.artwork_id ORDER BY r.ranking_on) AS before_on
    FROM rankings r
    JOIN ranking_entries e ON e.ranking_id = r.ranking_id
    WHERE r.mode = :mode AND r.content = :content AND r.ranking_on BETWEEN :since AND :until
)
SELECT ranking_on, count(*) AS entries,
    sum(CASE WHEN previous_rank IS NULL THEN 1 ELSE 0 END) AS newcomers,
    sum(CASE WHEN previous_rank IS NULL AND before_on IS NOT NULL THEN 1 ELSE 0 END) AS returns,
    round(100.0 * sum(CASE WHEN previous_rank IS NULL AND before_on IS NOT NULL THEN 1 ELSE 0 END)
        / count(*), 1) AS return_percent
FROM charted
GROUP BY ranking_on
ORDER BY ranking_on;
