-- What share of ranked works was made with AI, by mode and month?
-- group: research
-- cannot say: works whose author does not say so; before 2022-10-31 none says it
-- cannot say: the share of all where few are known: those known may differ from the others
-- :content  text = all             all, illust, manga or ugoira
-- :since    date = newest-365      first ranking date
-- :until    date = newest          last ranking date
WITH charted AS (
    SELECT r.mode, substr(CAST(r.ranking_on AS TEXT), 1, 7) AS month, e.artwork_id
    FROM rankings r
    JOIN ranking_entries e ON e.ranking_id = r.ranking_id
    WHERE r.content = :content AND r.ranking_on BETWEEN :since AND :until
    GROUP BY r.mode, substr(CAST(r.ranking_on AS TEXT), 1, 7), e.artwork_id
)
SELECT c.mode, c.month, max(d.days) AS days, count(*) AS works, count(a.ai_type) AS works_known,
    sum(CASE WHEN a.ai_type = 2 THEN 1 ELSE 0 END) AS works_with_ai,
    round(100.0 * sum(CASE WHEN a.ai_type = 2 THEN 1 ELSE 0 END) / nullif(count(a.ai_type), 0), 1) AS percent_of_known
FROM charted c
JOIN (
    SELECT mode, substr(CAST(ranking_on AS TEXT), 1, 7) AS month, count(*) AS days
    FROM rankings
    WHERE content = :content AND ranking_on BETWEEN :since AND :until
    GROUP BY mode, substr(CAST(ranking_on AS TEXT), 1, 7)
) d ON d.mode = c.mode AND d.month = c.month
LEFT JOIN artworks a ON a.artwork_id = c.artwork_id
GROUP BY c.mode, c.month
ORDER BY c.mode, c.month;
-- known: days
-- known: ai_type known for {known} of {of} ranked works
-- better: {run} crawl artworks -a endpoints=artwork -a 'illust_id=?ranked-without-details'
SELECT count(a.ai_type), count(*)
FROM (SELECT DISTINCT e.artwork_id FROM rankings r JOIN ranking_entries e ON e.ranking_id = r.ranking_id
    WHERE r.content = :content AND r.ranking_on BETWEEN :since AND :until) c
LEFT JOIN artworks a ON a.artwork_id = c.artwork_id;
