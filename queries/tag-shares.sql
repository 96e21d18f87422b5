-- What share of the ranked works carries each of the most usual tags, month by month?
-- group: tags
-- cannot say: how usual a tag is among works that were not ranked
-- :mode     text = daily           ranking mode
-- :content  text = all             all, illust, manga or ugoira
-- :since    date = newest-365      first ranking date
-- :until    date = newest          last ranking date
-- :most     integer = 12           so many tags
WITH tagged AS (
    SELECT DISTINCT substr(CAST(ranking_on AS TEXT), 1, 7) AS month, artwork_id, tag
    FROM v_ranking_tags
    WHERE mode = :mode AND content = :content AND ranking_on BETWEEN :since AND :until
), works AS (
    SELECT month, count(DISTINCT artwork_id) AS works FROM tagged GROUP BY month
), usual AS (
    SELECT tag FROM tagged GROUP BY tag ORDER BY count(*) DESC, tag LIMIT :most
)
SELECT t.month, t.tag, count(*) AS works_with_tag, max(w.works) AS works_with_tags,
    round(CAST(100.0 * count(*) / max(w.works) AS NUMERIC), 1) AS percent
FROM tagged t
JOIN usual u ON u.tag = t.tag
JOIN works w ON w.month = t.month
GROUP BY t.month, t.tag
ORDER BY t.tag, t.month;
-- known: days
-- known: tags of the day for {known} of {of} entries; the others came with a response of more than two days later (hindsight), or without tags
SELECT sum(CASE WHEN has_tags AND NOT is_hindsight THEN 1 ELSE 0 END), count(*) FROM v_ranking_hindsight
WHERE mode = :mode AND content = :content AND ranking_on BETWEEN :since AND :until;
