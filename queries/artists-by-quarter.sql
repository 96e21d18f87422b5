-- Which artists had the most entries in the top ten, quarter by quarter?
-- group: artists
-- cannot say: names are today's; a quarter of which few days are archived has fewer entries: days says how many are
-- :mode     text = daily           ranking mode
-- :content  text = all             all, illust, manga or ugoira
-- :since    date = newest-365      first ranking date
-- :until    date = newest          last ranking date
-- :top      integer = 10            ranks from 1 to this
-- :most     integer = 10           artists a quarter
WITH charted AS (
    SELECT substr(CAST(r.ranking_on AS TEXT), 1, 4) || ' Q'
        || CAST((CAST(substr(CAST(r.ranking_on AS TEXT), 6, 2) AS INTEGER) + 2) / 3 AS TEXT) AS quarter,
        a.user_id, count(*) AS entries, count(DISTINCT e.artwork_id) AS works, min(e.rank) AS best_rank
    FROM rankings r
    JOIN ranking_entries e ON e.ranking_id = r.ranking_id
    JOIN artworks a ON a.artwork_id = e.artwork_id
    WHERE r.mode = :mode AND r.content = :content AND r.ranking_on BETWEEN :since AND :until AND e.rank <= :top
        AND a.user_id IS NOT NULL
    GROUP BY 1, a.user_id
), placed AS (
    SELECT c.*, row_number() OVER (PARTITION BY quarter ORDER BY entries DESC, best_rank, user_id) AS place FROM charted c
)
SELECT p.quarter, d.days, p.place, p.user_id, u.name AS artist, p.entries, p.works, p.best_rank
FROM placed p
JOIN (
    SELECT substr(CAST(ranking_on AS TEXT), 1, 4) || ' Q'
        || CAST((CAST(substr(CAST(ranking_on AS TEXT), 6, 2) AS INTEGER) + 2) / 3 AS TEXT) AS quarter, count(*) AS days
    FROM rankings
    WHERE mode = :mode AND content = :content AND ranking_on BETWEEN :since AND :until
    GROUP BY 1
) d ON d.quarter = p.quarter
LEFT JOIN users u ON u.user_id = p.user_id
WHERE p.place <= :most
ORDER BY p.quarter, p.place;
-- known: days
