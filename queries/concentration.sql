-- How much of a ranking do its most frequent artists hold?
-- group: artists
-- cannot say: artists who were never ranked: among all of the site it is far more
-- :mode     text = daily           ranking mode
-- :content  text = all             all, illust, manga or ugoira
-- :since    date = newest-365      first ranking date
-- :until    date = newest          last ranking date
WITH held AS (
    SELECT a.user_id, count(*) AS entries
    FROM rankings r
    JOIN ranking_entries e ON e.ranking_id = r.ranking_id
    JOIN artworks a ON a.artwork_id = e.artwork_id
    WHERE r.mode = :mode AND r.content = :content AND r.ranking_on BETWEEN :since AND :until AND a.user_id IS NOT NULL
    GROUP BY a.user_id
), placed AS (
    SELECT entries, row_number() OVER (ORDER BY entries DESC, user_id) AS place, count(*) OVER () AS artists,
        sum(entries) OVER () AS all_entries
    FROM held
)
SELECT max(artists) AS artists, CAST(max(all_entries) AS INTEGER) AS entries,
    round(100.0 * sum(CASE WHEN place <= 10 THEN entries ELSE 0 END) / max(all_entries), 1) AS top_10_percent,
    round(100.0 * sum(CASE WHEN place <= 100 THEN entries ELSE 0 END) / max(all_entries), 1) AS top_100_percent,
    round(100.0 * sum(CASE WHEN place * 100 <= artists THEN entries ELSE 0 END) / max(all_entries), 1) AS top_hundredth_percent,
    round(1.0 * sum((2 * place - artists - 1) * -entries) / max(artists * all_entries), 3) AS gini
FROM placed
HAVING count(*) > 0;
-- known: days
-- known: the artist known for {known} of {of} entries
SELECT count(a.user_id), count(*) FROM rankings r JOIN ranking_entries e ON e.ranking_id = r.ranking_id
LEFT JOIN artworks a ON a.artwork_id = e.artwork_id
WHERE r.mode = :mode AND r.content = :content AND r.ranking_on BETWEEN :since AND :until;
