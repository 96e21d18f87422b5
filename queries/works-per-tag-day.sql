-- How many works with a tag are posted, day by day?
-- group: research
-- cannot say: days that were not searched one by one; what was removed before the search
-- cannot say: whether a 0 that is not certain is one: throttling looks the same until another night finds none either
-- cannot say: totals are the site's own; R-18 works are in them where the search was for all
-- :tag      text                    the tag
-- :since    date = today-365       first day of publication
-- :until    date = today           last day of publication
SELECT v.day, v.mode, v.type, v.total AS works, v.is_certain, v.seen_at
FROM v_tag_volume v
JOIN (
    SELECT tag, mode, type, day, max(seen_moment) AS newest FROM v_tag_volume WHERE ai_type IS NULL GROUP BY tag, mode, type, day
) n ON n.tag = v.tag AND n.mode = v.mode AND n.type = v.type AND n.day = v.day AND n.newest = v.seen_moment
WHERE v.tag = :tag AND v.ai_type IS NULL AND v.day BETWEEN CAST(:since AS TEXT) AND CAST(:until AS TEXT)
ORDER BY v.day, v.mode, v.type;
-- known: a total that is certain known for {known} of {of} searches
-- better: scrapy track add volume TAG; past days: scrapy crawl search -a endpoints=search_artworks -a word=TAG -a scd=DAY -a ecd=DAY -a pages=1
SELECT sum(is_certain), count(*) FROM v_tag_volume
WHERE tag = :tag AND day BETWEEN CAST(:since AS TEXT) AND CAST(:until AS TEXT);
