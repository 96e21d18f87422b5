-- Which paths did the works that stayed longest take through the ranks?
-- group: rankings
-- cannot say: where a work stood below the last rank, or on days that are not archived
-- :mode     text = weekly          ranking mode
-- :content  text = all             all, illust, manga or ugoira
-- :since    date = newest-365      first ranking date
-- :until    date = newest          last ranking date
-- :most     integer = 60           works
WITH longest AS (
    SELECT e.artwork_id, count(*) AS days, min(e.rank) AS best_rank
    FROM rankings r
    JOIN ranking_entries e ON e.ranking_id = r.ranking_id
    WHERE r.mode = :mode AND r.content = :content AND r.ranking_on BETWEEN :since AND :until
    GROUP BY e.artwork_id
    ORDER BY best_rank, days DESC, e.artwork_id
    LIMIT :most
)
SELECT r.ranking_on, e.rank, l.artwork_id, a.title, u.name AS artist, e.view_count, e.rating_count, l.best_rank
FROM longest l
JOIN ranking_entries e ON e.artwork_id = l.artwork_id
JOIN rankings r ON r.ranking_id = e.ranking_id
LEFT JOIN artworks a ON a.artwork_id = l.artwork_id
LEFT JOIN users u ON u.user_id = a.user_id
WHERE r.mode = :mode AND r.content = :content AND r.ranking_on BETWEEN :since AND :until
ORDER BY l.best_rank, l.artwork_id, r.ranking_on;
-- known: days
