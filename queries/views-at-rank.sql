-- How many views does it take to stand at rank 1, 10 and 50, month by month?
-- group: rankings
-- cannot say: what a work needs today: views are those up to the publication of each ranking
-- :mode     text = daily           ranking mode
-- :content  text = all             all, illust, manga or ugoira
-- :since    date = newest-365      first ranking date
-- :until    date = newest          last ranking date
WITH held AS (
    SELECT substr(CAST(r.ranking_on AS TEXT), 1, 7) AS month, e.rank, e.view_count
    FROM rankings r
    JOIN ranking_entries e ON e.ranking_id = r.ranking_id
    WHERE r.mode = :mode AND r.content = :content AND r.ranking_on BETWEEN :since AND :until
        AND e.rank IN (1, 10, 50) AND e.view_count > 0
), placed AS (
    SELECT month, rank, view_count, row_number() OVER (PARTITION BY month, rank ORDER BY view_count) AS place,
        count(*) OVER (PARTITION BY month, rank) AS days
    FROM held
)
SELECT month, rank, max(days) AS days, max(CASE WHEN place <= (days + 3) / 4 THEN view_count END) AS lower_quarter,
    max(CASE WHEN place <= (days + 1) / 2 THEN view_count END) AS median_views,
    max(CASE WHEN place <= (3 * days + 3) / 4 THEN view_count END) AS upper_quarter
FROM placed
GROUP BY month, rank
ORDER BY month, rank;
-- known: days
