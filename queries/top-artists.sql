-- Which artists have the most entries, and how high did they come?
-- :mode     text = daily           ranking mode
-- :content  text = all             all, illust, manga or ugoira
-- :since    date = newest-365      first ranking date
-- :until    date = newest          last ranking date
-- :most     integer = 20           rows
SELECT user_id, max(user_name) AS artist, count(*) AS entries,
    count(DISTINCT artwork_id) AS works, min(rank) AS best_rank
FROM v_ranking_history
WHERE mode = :mode AND content = :content AND ranking_on BETWEEN :since AND :until
    AND user_id IS NOT NULL
GROUP BY user_id
ORDER BY entries DESC, best_rank, user_id
LIMIT :most;
