-- What share of a day's entries are returns of works that had dropped out?
-- group: rankings
-- cannot say: in a daily ranking there are no returns: works stay one or two days in a row, so weekly is the default
-- cannot say: returns of works that were ranked before the period alone
-- :mode     text = weekly          ranking mode
-- :content  text = all             all, illust, manga or ugoira
-- :since    date = newest-365      first ranking date
-- :until    date = newest          last ranking date
WITH charted AS (
    SELECT r.ranking_on, r.ranking_id >> 9 AS day_number, e.artwork_id,
        CASE WHEN e.previous_rank IS NULL THEN 1 ELSE 0 END AS is_new
    FROM rankings r
    JOIN ranking_entries e ON e.ranking_id = r.ranking_id
    WHERE r.mode = :mode AND r.content = :content AND r.ranking_on BETWEEN :since AND :until
), debuts AS (
    -- The first entry of each work, one number for its day and whether it was new then.
    SELECT min(day_number * 2 + 1 - is_new) AS first_entry
    FROM charted
    GROUP BY artwork_id
), first_timers AS (
    SELECT first_entry / 2 AS day_number, count(*) AS works
    FROM debuts
    WHERE first_entry % 2 = 0
    GROUP BY first_entry / 2
), days AS (
    SELECT ranking_on, day_number, count(*) AS entries, sum(is_new) AS newcomers
    FROM charted
    GROUP BY ranking_on, day_number
)
SELECT d.ranking_on, d.entries, d.newcomers, d.newcomers - coalesce(f.works, 0) AS returns,
    round(100.0 * (d.newcomers - coalesce(f.works, 0)) / d.entries, 1) AS return_percent
FROM days d
LEFT JOIN first_timers f ON f.day_number = d.day_number
ORDER BY d.ranking_on;
-- known: days
