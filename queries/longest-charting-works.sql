-- Which works stayed longest in a ranking?
-- :mode     text = daily           ranking mode
-- :content  text = all             all, illust, manga or ugoira
-- :since    date = newest-365      first ranking date
-- :until    date = newest          last ranking date
-- :most     integer = 20           rows
SELECT artwork_id, max(title) AS title, max(user_name) AS artist,
    count(*) AS days, min(rank) AS best_rank, min(ranking_on) AS first_on, max(ranking_on) AS last_on
FROM v_ranking_history
WHERE mode = :mode AND content = :content AND ranking_on BETWEEN :since AND :until
GROUP BY artwork_id
ORDER BY days DESC, best_rank, artwork_id
LIMIT :most;
