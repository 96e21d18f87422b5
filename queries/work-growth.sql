-- How did the views, likes and bookmarks of a work grow?
-- group: works over time
-- cannot say: what lies between two counts; rankings carry views alone
-- :artwork_id  integer                the work
-- :since       date = 2007-09-13      counts from this day on
SELECT seen_at, round(CAST(age_days AS NUMERIC), 2) AS age_days, source, view_count, bookmark_count, like_count, comment_count
FROM v_counts
WHERE artwork_id = :artwork_id AND substr(CAST(seen_at AS TEXT), 1, 10) >= CAST(:since AS TEXT)
ORDER BY at_moment;
-- known: bookmarks known for {known} of {of} counts of the work
-- better: {run} track add artwork ID, so that it is re-checked
SELECT count(bookmark_count), count(*) FROM v_counts WHERE artwork_id = :artwork_id;
