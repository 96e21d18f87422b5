-- Which artists have the most entries, and how high did they come?
-- group: artists
-- cannot say: why an artist is ranked: it counts entries, and works
-- :mode     text = daily           ranking mode
-- :content  text = all             all, illust, manga or ugoira
-- :since    date = newest-365      first ranking date
-- :until    date = newest          last ranking date
-- :most     integer = 20           rows
WITH charted AS (
    SELECT e.artwork_id, count(*) AS entries, min(e.rank) AS best_rank
    FROM rankings r
    JOIN ranking_entries e ON e.ranking_id = r.ranking_id
    WHERE r.mode = :mode AND r.content = :content AND r.ranking_on BETWEEN :since AND :until
    GROUP BY e.artwork_id
), best AS (
    SELECT a.user_id, CAST(sum(c.entries) AS INTEGER) AS entries, count(*) AS works,
        min(c.best_rank) AS best_rank
    FROM charted c
    JOIN artworks a ON a.artwork_id = c.artwork_id
    WHERE a.user_id IS NOT NULL
    GROUP BY a.user_id
    ORDER BY entries DESC, best_rank, a.user_id
    LIMIT :most
)
SELECT l.user_id, u.name AS artist, l.entries, l.works, l.best_rank
FROM best l
LEFT JOIN users u ON u.user_id = l.user_id
ORDER BY l.entries DESC, l.best_rank, l.user_id;
-- known: days
-- known: the artist known for {known} of {of} ranked works
-- better: {run} crawl artworks -a endpoints=artwork -a 'illust_id=?ranked-without-details'
SELECT count(a.user_id), count(*)
FROM (SELECT DISTINCT e.artwork_id FROM rankings r JOIN ranking_entries e ON e.ranking_id = r.ranking_id
    WHERE r.mode = :mode AND r.content = :content AND r.ranking_on BETWEEN :since AND :until) c
LEFT JOIN artworks a ON a.artwork_id = c.artwork_id;
