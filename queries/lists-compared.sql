-- How far do two rankings of the same day agree, as male and female?
-- group: rankings
-- cannot say: who looks at works: the lists are pixiv's own division
-- :mode      text = male             ranking mode
-- :other     text = female           the other mode
-- :content   text = all              all, illust, manga or ugoira
-- :since     date = newest-365       first ranking date
-- :until     date = newest           last ranking date
SELECT substr(CAST(r.ranking_on AS TEXT), 1, 7) AS month, count(DISTINCT r.ranking_id) AS days, count(*) AS entries,
    count(f.artwork_id) AS in_both, round(100.0 * count(f.artwork_id) / count(*), 1) AS percent_in_both,
    round(avg(abs(e.rank - f.rank)), 1) AS mean_difference_of_ranks
FROM rankings r
JOIN rankings o ON o.ranking_on = r.ranking_on AND o.content = r.content AND o.mode = :other
JOIN ranking_entries e ON e.ranking_id = r.ranking_id
LEFT JOIN ranking_entries f ON f.ranking_id = o.ranking_id AND f.artwork_id = e.artwork_id
WHERE r.mode = :mode AND r.content = :content AND r.ranking_on BETWEEN :since AND :until
GROUP BY substr(CAST(r.ranking_on AS TEXT), 1, 7)
ORDER BY month;
-- known: both rankings complete on {known} of {of} days
-- better: {run} crawl rankings -a mode=…,… -a date=…
SELECT sum(CASE WHEN r.is_complete AND o.is_complete THEN 1 ELSE 0 END), count(*)
FROM rankings r LEFT JOIN rankings o ON o.ranking_on = r.ranking_on AND o.content = r.content AND o.mode = :other
WHERE r.mode = :mode AND r.content = :content AND r.ranking_on BETWEEN :since AND :until;
