-- When does a work get its tag of so many users (1000users入り)?
-- group: tags
-- cannot say: the hour: between the last reply without the tag and the first with it
-- cannot say: how many works: a work may have several such tags, each in a row
-- :users    integer = 1000           the tag's number
-- :since    date = 2007-09-13      from this day on
-- :until    date = today           up to this day
-- :most     integer = 50           rows
SELECT t.artwork_id, a.title, t.tag, a.created_at,
    (SELECT max(h.last_seen_at) FROM v_artwork_history h
     WHERE h.artwork_id = t.artwork_id AND h.field = 'tags' AND h.last_seen_at < t.first_seen_at) AS last_seen_without,
    t.first_seen_at AS first_seen_with
FROM v_artwork_tags t
JOIN artworks a ON a.artwork_id = t.artwork_id
WHERE t.tag_id IN (
        -- Of 500users入り, not of 7500users入り. As IDs, because SQLite reads every tag of every work otherwise.
        SELECT tag_id FROM tags WHERE name LIKE '%' || CAST(:users AS TEXT) || 'users入り'
            AND substr(name, length(name) - length(CAST(:users AS TEXT) || 'users入り'), 1) NOT IN ('0', '1', '2', '3', '4', '5', '6', '7', '8', '9'))
    AND substr(CAST(a.created_at AS TEXT), 1, 10) BETWEEN CAST(:since AS TEXT) AND CAST(:until AS TEXT)
ORDER BY t.first_seen_at DESC, t.artwork_id
LIMIT :most;
-- known: seen before they had the tag {known} of {of} works that have it
-- better: {run} track add user ID, so that works are seen while they are young
SELECT count(DISTINCT CASE WHEN EXISTS (SELECT 1 FROM artwork_history h WHERE h.artwork_id = t.artwork_id AND h.field = 'tags'
    AND h.last_seen_at < w.first_seen_at) THEN t.artwork_id END), count(DISTINCT t.artwork_id)
FROM v_artwork_tags t
JOIN artwork_tags w ON w.artwork_id = t.artwork_id AND w.tag_id = t.tag_id
WHERE t.tag_id IN (
    SELECT tag_id FROM tags WHERE name LIKE '%' || CAST(:users AS TEXT) || 'users入り'
        AND substr(name, length(name) - length(CAST(:users AS TEXT) || 'users入り'), 1) NOT IN ('0', '1', '2', '3', '4', '5', '6', '7', '8', '9'));
