-- How many views does a rank have, year by year?
-- group: rankings
-- cannot say: what a rank takes: it is given by the ranking's own rule, views are all since the work's publication, at most two days in a daily ranking
-- :mode     text = daily           ranking mode
-- :content  text = all             all, illust, manga or ugoira
-- :since    date = 2007-09-13      first ranking date
-- :until    date = newest          last ranking date
SELECT substr(CAST(r.ranking_on AS TEXT), 1, 4) AS year, e.rank, count(*) AS days, min(e.view_count) AS least_views,
    CAST(round(avg(e.view_count)) AS INTEGER) AS mean_views, max(e.view_count) AS most_views
FROM rankings r
JOIN ranking_entries e ON e.ranking_id = r.ranking_id
WHERE r.mode = :mode AND r.content = :content AND r.ranking_on BETWEEN :since AND :until
    AND e.rank IN (1, 10, 50, 100, 300, 500)
GROUP BY substr(CAST(r.ranking_on AS TEXT), 1, 4), e.rank
ORDER BY year, e.rank;
-- known: days
-- known: views known for {known} of {of} entries at these ranks
SELECT count(e.view_count), count(*) FROM rankings r JOIN ranking_entries e ON e.ranking_id = r.ranking_id
WHERE r.mode = :mode AND r.content = :content AND r.ranking_on BETWEEN :since AND :until
    AND e.rank IN (1, 10, 50, 100, 300, 500);
