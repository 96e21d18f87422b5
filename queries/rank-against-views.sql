-- How do views and ratings fall with the rank?
-- :mode     text = daily           ranking mode
-- :content  text = all             all, illust, manga or ugoira
-- :since    date = newest-365      first ranking date
-- :until    date = newest          last ranking date
SELECT (rank - 1) / 50 * 50 + 1 AS from_rank, (rank - 1) / 50 * 50 + 50 AS to_rank,
    count(*) AS entries, CAST(round(avg(view_count)) AS INTEGER) AS mean_views, CAST(round(avg(rating_count)) AS INTEGER) AS mean_ratings,
    round(100.0 * sum(rating_count) / nullif(sum(view_count), 0), 2) AS ratings_per_100_views
FROM v_ranking_history
WHERE mode = :mode AND content = :content AND ranking_on BETWEEN :since AND :until
GROUP BY (rank - 1) / 50
ORDER BY from_rank;
