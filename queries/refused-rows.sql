-- Which rows of replies did not fit, and where?
-- group: health
-- cannot say: what a row would have said: {run} status dead shows its JSON
-- :since    date = today-365      replies from this day on
-- :until    date = today           replies up to this day
SELECT endpoint, table_name, error, count(*) AS dead_letters, min(seen_at) AS first_at, max(seen_at) AS last_at
FROM v_dead_letters
WHERE substr(CAST(seen_at AS TEXT), 1, 10) BETWEEN CAST(:since AS TEXT) AND CAST(:until AS TEXT)
GROUP BY endpoint, table_name, error
ORDER BY count(*) DESC, endpoint, table_name, error;
