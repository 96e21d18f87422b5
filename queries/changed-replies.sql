-- What did pixiv change in its replies, and when?
-- group: health
-- cannot say: changes between two archived days
-- :since    date = 2007-09-13      changes from this day on
-- :until    date = today           changes up to this day
SELECT endpoint, path, json_type, what, coalesce(CAST(first_on AS TEXT), substr(CAST(first_seen_at AS TEXT), 1, 10)) AS first_on,
    coalesce(CAST(last_on AS TEXT), substr(CAST(last_seen_at AS TEXT), 1, 10)) AS last_on, sample
FROM v_drift
WHERE coalesce(CAST(first_on AS TEXT), substr(CAST(first_seen_at AS TEXT), 1, 10)) BETWEEN CAST(:since AS TEXT) AND CAST(:until AS TEXT)
    OR coalesce(CAST(last_on AS TEXT), substr(CAST(last_seen_at AS TEXT), 1, 10)) BETWEEN CAST(:since AS TEXT) AND CAST(:until AS TEXT)
ORDER BY endpoint, first_on, path, json_type;
