-- How many bookmarks have works of the top ranks, by weekday?
-- group: research
-- cannot say: bookmarks on the day of the ranking: rankings carry none, these are of the newest count, at whatever age
-- cannot say: bookmarks of those whose page nobody read: pages of the highest ranks are read first, so those known may be the better ones
-- cannot say: weekday 1 is Monday, of the ranking's day
-- :mode     text = daily           ranking mode
-- :content  text = all             all, illust, manga or ugoira
-- :since    date = newest-365      first ranking date
-- :until    date = newest          last ranking date
-- :top      integer = 50            ranks from 1 to this
WITH charted AS (
    -- 2007-09-13, day 0, was a Thursday.
    SELECT ((r.ranking_id >> 9) + 3) % 7 + 1 AS weekday, e.artwork_id, count(*) AS entries
    FROM rankings r
    JOIN ranking_entries e ON e.ranking_id = r.ranking_id
    WHERE r.mode = :mode AND r.content = :content AND r.ranking_on BETWEEN :since AND :until AND e.rank <= :top
    GROUP BY ((r.ranking_id >> 9) + 3) % 7, e.artwork_id
)
SELECT c.weekday, CAST(sum(c.entries) AS INTEGER) AS entries, count(*) AS works, count(a.bookmark_count) AS works_known,
    CAST(round(avg(a.bookmark_count)) AS INTEGER) AS mean_bookmarks_of_known
FROM charted c
LEFT JOIN artworks a ON a.artwork_id = c.artwork_id
GROUP BY c.weekday
ORDER BY c.weekday;
-- known: days
-- known: bookmarks known for {known} of {of} of these works
-- better: {run} crawl artworks -a endpoints=artwork -a 'illust_id=?ranked-without-details'
SELECT count(a.bookmark_count), count(*)
FROM (SELECT DISTINCT e.artwork_id FROM rankings r JOIN ranking_entries e ON e.ranking_id = r.ranking_id
    WHERE r.mode = :mode AND r.content = :content AND r.ranking_on BETWEEN :since AND :until AND e.rank <= :top) c
LEFT JOIN artworks a ON a.artwork_id = c.artwork_id;
