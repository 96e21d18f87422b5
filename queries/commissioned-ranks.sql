-- Do commissioned works rank better than others?
-- group: commissions
-- cannot say: how many commissioned works were not ranked; what is not known to be commissioned stands under no
-- :mode     text = daily           ranking mode
-- :content  text = all             all, illust, manga or ugoira
-- :since    date = newest-365      first ranking date
-- :until    date = newest          last ranking date
WITH best AS (
    SELECT e.artwork_id, min(e.rank) AS best_rank, count(*) AS days
    FROM rankings r
    JOIN ranking_entries e ON e.ranking_id = r.ranking_id
    WHERE r.mode = :mode AND r.content = :content AND r.ranking_on BETWEEN :since AND :until
    GROUP BY e.artwork_id
), commissioned AS (
    SELECT post_work_id AS artwork_id FROM commission_requests WHERE post_work_kind <> 'novel'
    UNION
    SELECT artwork_id FROM artwork_details WHERE commission_request_id IS NOT NULL
)
SELECT CASE WHEN c.artwork_id IS NULL THEN 'no' ELSE 'yes' END AS commissioned, count(*) AS ranked_works,
    round(avg(b.best_rank), 1) AS mean_best_rank, round(avg(b.days), 2) AS mean_days
FROM best b
LEFT JOIN commissioned c ON c.artwork_id = b.artwork_id
GROUP BY CASE WHEN c.artwork_id IS NULL THEN 'no' ELSE 'yes' END
ORDER BY commissioned;
-- known: days
-- known: whether it was commissioned known for {known} of {of} ranked works, whose own page was read
-- better: {run} crawl artworks -a endpoints=artwork -a 'illust_id=?ranked-without-details'
SELECT count(d.artwork_id), count(*)
FROM (SELECT DISTINCT e.artwork_id FROM rankings r JOIN ranking_entries e ON e.ranking_id = r.ranking_id
    WHERE r.mode = :mode AND r.content = :content AND r.ranking_on BETWEEN :since AND :until) c
LEFT JOIN artwork_details d ON d.artwork_id = c.artwork_id;
