-- Which works stayed longest in the daily ranking?
SELECT artwork_id, max(title) AS title, max(user_name) AS artist,
    count(DISTINCT ranking_on) AS days, min(rank) AS best_rank
FROM v_ranking_history
WHERE mode = 'daily' AND content = 'all'
GROUP BY artwork_id
ORDER BY days DESC, best_rank, artwork_id
LIMIT 20;
