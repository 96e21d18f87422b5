-- At which hour and weekday were ranked works published?
-- group: rankings
-- cannot say: which hour is best to publish: works that were not ranked are not in it
-- cannot say: weekday 1 is Monday, hours are Japan's
-- :mode     text = daily           ranking mode
-- :content  text = all             all, illust, manga or ugoira
-- :since    date = newest-365      first ranking date
-- :until    date = newest          last ranking date
WITH best AS (
    SELECT e.artwork_id, min(e.rank) AS best_rank
    FROM rankings r
    JOIN ranking_entries e ON e.ranking_id = r.ranking_id
    WHERE r.mode = :mode AND r.content = :content AND r.ranking_on BETWEEN :since AND :until
    GROUP BY e.artwork_id
)
SELECT a.created_weekday AS weekday, a.created_hour AS hour_in_japan, count(*) AS works, round(avg(b.best_rank), 1) AS mean_best_rank,
    sum(CASE WHEN b.best_rank <= 10 THEN 1 ELSE 0 END) AS works_in_top_10
FROM best b
JOIN v_artworks a ON a.artwork_id = b.artwork_id
WHERE a.created_hour IS NOT NULL
GROUP BY a.created_weekday, a.created_hour
ORDER BY weekday, hour_in_japan;
-- known: days
-- known: the time of publication known for {known} of {of} ranked works
SELECT count(a.created_at), count(*)
FROM (SELECT DISTINCT e.artwork_id FROM rankings r JOIN ranking_entries e ON e.ranking_id = r.ranking_id
    WHERE r.mode = :mode AND r.content = :content AND r.ranking_on BETWEEN :since AND :until) c
LEFT JOIN artworks a ON a.artwork_id = c.artwork_id;
