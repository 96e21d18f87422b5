-- What share of a ranking is new, month by month?
-- group: rankings
-- cannot say: returns apart from debuts: what is new was not in the ranking before; see re-entry-share
-- :mode     text = daily           ranking mode
-- :content  text = all             all, illust, manga or ugoira
-- :since    date = newest-365      first ranking date
-- :until    date = newest          last ranking date
SELECT substr(CAST(r.ranking_on AS TEXT), 1, 7) AS month, count(DISTINCT r.ranking_id) AS days, count(*) AS entries,
    sum(CASE WHEN e.previous_rank IS NULL THEN 1 ELSE 0 END) AS newcomers,
    round(100.0 * sum(CASE WHEN e.previous_rank IS NULL THEN 1 ELSE 0 END) / count(*), 1) AS newcomer_percent
FROM rankings r
JOIN ranking_entries e ON e.ranking_id = r.ranking_id
WHERE r.mode = :mode AND r.content = :content AND r.ranking_on BETWEEN :since AND :until
GROUP BY substr(CAST(r.ranking_on AS TEXT), 1, 7)
ORDER BY month;
-- known: days
