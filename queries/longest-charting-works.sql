-- Which works stayed longest in a ranking?
-- group: rankings
-- cannot say: how long a work could stay is set by the mode: no work is in a daily ranking for more than two days, so weekly is the default
-- :mode     text = weekly          ranking mode
-- :content  text = all             all, illust, manga or ugoira
-- :since    date = newest-365      first ranking date
-- :until    date = newest          last ranking date
-- :most     integer = 20           rows
WITH longest AS (
    SELECT e.artwork_id, count(*) AS days, min(e.rank) AS best_rank,
        min(r.ranking_on) AS first_on, max(r.ranking_on) AS last_on
    FROM rankings r
    JOIN ranking_entries e ON e.ranking_id = r.ranking_id
    WHERE r.mode = :mode AND r.content = :content AND r.ranking_on BETWEEN :since AND :until
    GROUP BY e.artwork_id
    ORDER BY days DESC, best_rank, e.artwork_id
    LIMIT :most
)
SELECT l.artwork_id, a.title, u.name AS artist, l.days, l.best_rank, l.first_on, l.last_on
FROM longest l
LEFT JOIN artworks a ON a.artwork_id = l.artwork_id
LEFT JOIN users u ON u.user_id = a.user_id
ORDER BY l.days DESC, l.best_rank, l.artwork_id;
-- known: days
