-- What share of a ranking is new, month by month?
-- group: rankings
-- cannot say: returns apart from debuts: what is new was not in the ranking before; see re-entry-share
-- :mode     text = daily           ranking mode
-- :content  text = all             all, illust, manga or ugoira
-- :since    date = newest-365      first ranking date
-- :until    date = newest          last ranking date
-- new_to_ranking: not ranked the day before; new_to_these_ranks: also those that were ranked below the stored ranks
WITH read AS (
    SELECT ranking_id, ranking_on, CASE WHEN is_complete THEN NULL ELSE depth END AS depth
    FROM v_rankings
    WHERE mode = :mode AND content = :content AND ranking_on BETWEEN :since AND :until
)
SELECT substr(CAST(r.ranking_on AS TEXT), 1, 7) AS month,
    CASE WHEN r.depth IS NULL THEN 'all' ELSE '1-' || CAST(r.depth AS TEXT) END AS ranks,
    count(DISTINCT r.ranking_id) AS days, count(*) AS entries,
    sum(CASE WHEN e.previous_rank IS NULL THEN 1 ELSE 0 END) AS new_to_ranking,
    round(100.0 * sum(CASE WHEN e.previous_rank IS NULL THEN 1 ELSE 0 END) / count(*), 1) AS percent_new_to_ranking,
    sum(CASE WHEN e.previous_rank IS NULL OR e.previous_rank > r.depth THEN 1 ELSE 0 END) AS new_to_these_ranks,
    round(100.0 * sum(CASE WHEN e.previous_rank IS NULL OR e.previous_rank > r.depth THEN 1 ELSE 0 END) / count(*), 1)
        AS percent_new_to_these_ranks
FROM read r
JOIN ranking_entries e ON e.ranking_id = r.ranking_id
GROUP BY substr(CAST(r.ranking_on AS TEXT), 1, 7), r.depth
ORDER BY month, ranks;
-- known: days
