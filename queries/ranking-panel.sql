-- What does the archive hold of each ranking: days, entries, works, artists?
-- group: research
-- cannot say: what was published and not ranked
-- :since    date = 2007-09-13      first ranking date
-- :until    date = newest          last ranking date
SELECT r.mode, r.content, min(r.ranking_on) AS first_on, max(r.ranking_on) AS last_on, count(DISTINCT r.ranking_id) AS days,
    count(DISTINCT CASE WHEN r.is_complete THEN r.ranking_id END) AS complete_days, count(e.artwork_id) AS entries,
    count(DISTINCT e.artwork_id) AS works, count(DISTINCT a.user_id) AS artists,
    count(CASE WHEN e.mask_reason IS NOT NULL THEN 1 END) AS withheld_entries
FROM rankings r
LEFT JOIN ranking_entries e ON e.ranking_id = r.ranking_id
LEFT JOIN artworks a ON a.artwork_id = e.artwork_id
WHERE r.ranking_on BETWEEN :since AND :until
GROUP BY r.mode, r.content
ORDER BY r.mode, r.content;
-- known: days
