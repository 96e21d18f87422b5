-- Which works entered a ranking on a day, and had they been there before?
-- group: rankings
-- cannot say: whether a work was ranked before the first archived day
-- :mode     text = daily           ranking mode
-- :content  text = all             all, illust, manga or ugoira
-- :on       date = newest          ranking date
-- :since    date = newest-365      how far back a return is looked for
SELECT h.rank, h.artwork_id, h.title, h.user_name AS artist, h.rating_count, h.view_count,
    (SELECT max(r.ranking_on)
     FROM ranking_entries e
     JOIN rankings r ON r.ranking_id = e.ranking_id
     WHERE e.artwork_id = h.artwork_id AND r.mode = h.mode AND r.content = h.content
         AND r.ranking_on < h.ranking_on AND r.ranking_on >= :since) AS last_seen_on
FROM v_ranking_history h
WHERE h.mode = :mode AND h.content = :content AND h.ranking_on = :on AND h.previous_rank IS NULL
ORDER BY h.rank;
-- known: days
