-- How many ratings and views does it take to stand at a rank, by mode?
-- group: rankings
-- cannot say: ratings are of the ranking's own span, views of all time: no rate can be made of the two
-- :content  text = all             all, illust, manga or ugoira
-- :since    date = newest-365      first ranking date
-- :until    date = newest          last ranking date
SELECT r.mode, e.rank, count(*) AS days,
    min(e.rating_count) AS least_ratings, CAST(round(avg(e.rating_count)) AS INTEGER) AS mean_ratings,
    min(e.view_count) AS least_views, CAST(round(avg(e.view_count)) AS INTEGER) AS mean_views
FROM rankings r
JOIN ranking_entries e ON e.ranking_id = r.ranking_id
WHERE r.content = :content AND r.ranking_on BETWEEN :since AND :until
    AND e.rank IN (1, 2, 3, 10, 50, 100, 200, 300, 400, 500)
GROUP BY r.mode, e.rank
ORDER BY r.mode, e.rank;
-- known: days
