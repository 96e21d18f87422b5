-- How do views and ratings fall with the rank?
-- group: rankings
-- cannot say: ratings per view: ratings are of the ranking's own span, views of all time
-- :mode     text = daily           ranking mode
-- :content  text = all             all, illust, manga or ugoira
-- :since    date = newest-365      first ranking date
-- :until    date = newest          last ranking date
SELECT (e.rank - 1) / 50 * 50 + 1 AS from_rank, (e.rank - 1) / 50 * 50 + 50 AS to_rank,
    count(*) AS entries, CAST(round(avg(e.view_count)) AS INTEGER) AS mean_views,
    CAST(round(avg(e.rating_count)) AS INTEGER) AS mean_ratings
FROM rankings r
JOIN ranking_entries e ON e.ranking_id = r.ranking_id
WHERE r.mode = :mode AND r.content = :content AND r.ranking_on BETWEEN :since AND :until
GROUP BY (e.rank - 1) / 50
ORDER BY from_rank;
-- known: days
