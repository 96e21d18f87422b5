-- How many ratings and views does it take to stand at a rank, by mode?
-- :content  text = all             all, illust, manga or ugoira
-- :since    date = newest-365      first ranking date
-- :until    date = newest          last ranking date
SELECT mode, rank, count(*) AS days,
    min(rating_count) AS least_ratings, CAST(round(avg(rating_count)) AS INTEGER) AS mean_ratings,
    min(view_count) AS least_views, CAST(round(avg(view_count)) AS INTEGER) AS mean_views
FROM v_ranking_history
WHERE content = :content AND ranking_on BETWEEN :since AND :until
    AND rank IN (1, 2, 3, 10, 50, 100, 200, 300, 400, 500)
GROUP BY mode, rank
ORDER BY mode, rank;
