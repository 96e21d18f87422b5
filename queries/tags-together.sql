-- Which tags stand together on ranked works?
-- group: tags
-- cannot say: pairs on works that were not ranked; tags are the works' of today; pairs among the 200 most frequent
-- :mode     text = daily           ranking mode
-- :content  text = all             all, illust, manga or ugoira
-- :since    date = newest-365      first ranking date
-- :until    date = newest          last ranking date
-- :most     integer = 30           rows
WITH charted AS (
    SELECT DISTINCT e.artwork_id
    FROM rankings r
    JOIN ranking_entries e ON e.ranking_id = r.ranking_id
    WHERE r.mode = :mode AND r.content = :content AND r.ranking_on BETWEEN :since AND :until
), present AS MATERIALIZED (
    SELECT t.artwork_id, t.tag_id
    FROM charted c
    JOIN artworks a ON a.artwork_id = c.artwork_id
    JOIN artwork_tags t ON t.artwork_id = c.artwork_id AND t.last_seen_at >= a.tags_seen_at
), frequent AS MATERIALIZED (
    -- Pairs of the frequent alone: those of all tags are too many, and mean little.
    SELECT tag_id, count(*) AS works FROM present GROUP BY tag_id ORDER BY works DESC, tag_id LIMIT 200
), pairs AS (
    SELECT x.tag_id AS one, y.tag_id AS other, count(*) AS works
    FROM present x
    JOIN frequent f ON f.tag_id = x.tag_id
    JOIN present y ON y.artwork_id = x.artwork_id AND y.tag_id > x.tag_id
    JOIN frequent g ON g.tag_id = y.tag_id
    GROUP BY x.tag_id, y.tag_id
    ORDER BY works DESC, one, other
    LIMIT :most
)
SELECT a.name AS tag, b.name AS other_tag, p.works, x.works AS works_of_tag, y.works AS works_of_other,
    round(1.0 * p.works / (x.works + y.works - p.works), 3) AS jaccard
FROM pairs p
JOIN tags a ON a.tag_id = p.one
JOIN tags b ON b.tag_id = p.other
JOIN frequent x ON x.tag_id = p.one
JOIN frequent y ON y.tag_id = p.other
ORDER BY p.works DESC, p.one, p.other;
-- known: days
-- known: tags listed for {known} of {of} ranked works
SELECT count(a.tags_seen_at), count(*)
FROM (SELECT DISTINCT e.artwork_id FROM rankings r JOIN ranking_entries e ON e.ranking_id = r.ranking_id
    WHERE r.mode = :mode AND r.content = :content AND r.ranking_on BETWEEN :since AND :until) c
LEFT JOIN artworks a ON a.artwork_id = c.artwork_id;
