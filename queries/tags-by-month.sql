-- How many ranked works carry a tag, month by month?
-- group: tags
-- cannot say: the percentage is of works that have tags
-- cannot say: how many works with the tag were posted: rankings show what was ranked
-- :tag      text                    the tag
-- :mode     text = daily           ranking mode
-- :content  text = all             all, illust, manga or ugoira
-- :since    date = newest-365      first ranking date
-- :until    date = newest          last ranking date
SELECT substr(CAST(r.ranking_on AS TEXT), 1, 7) AS month, count(DISTINCT r.ranking_id) AS days,
    count(DISTINCT CASE WHEN t.tag = :tag THEN t.artwork_id END) AS works_with_tag,
    count(DISTINCT t.artwork_id) AS works_with_tags,
    round(100.0 * count(DISTINCT CASE WHEN t.tag = :tag THEN t.artwork_id END) / nullif(count(DISTINCT t.artwork_id), 0), 1)
        AS percent
FROM rankings r
JOIN v_ranking_tags t ON t.ranking_id = r.ranking_id
WHERE r.mode = :mode AND r.content = :content AND r.ranking_on BETWEEN :since AND :until
GROUP BY substr(CAST(r.ranking_on AS TEXT), 1, 7)
ORDER BY month;
-- known: days
-- known: tags of the day for {known} of {of} entries; the others came with a response of more than two days later (hindsight), or without tags
SELECT sum(CASE WHEN has_tags AND NOT is_hindsight THEN 1 ELSE 0 END), count(*) FROM v_ranking_hindsight
WHERE mode = :mode AND content = :content AND ranking_on BETWEEN :since AND :until;
