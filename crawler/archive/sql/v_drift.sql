-- What changed in replies. By ranking date where there is one: archives are often filled backwards.
-- null is no type of its own, and what is null at the end has not ended.
-- what: undeclared (no entry knows the path), began or ended (since or until a time or day within what is archived)
SELECT endpoint, path, json_type,
    CASE WHEN NOT is_declared THEN 'undeclared'
        WHEN has_begun THEN 'began' ELSE 'ended' END AS what,
    first_on, last_on,
    MOMENT(first_seen_at) AS first_seen_at,
    MOMENT(last_seen_at) AS last_seen_at, sample
FROM (SELECT d.*,
    CASE WHEN first_on IS NULL
        THEN first_seen_at > min(first_seen_at) OVER of_endpoint
        ELSE first_on > min(first_on) OVER of_endpoint END AS has_begun,
    CASE WHEN last_on IS NULL
        THEN last_seen_at < max(last_seen_at) OVER of_endpoint
            AND coalesce(max(CASE WHEN json_type = 'null' THEN last_seen_at END)
                OVER of_path < max(last_seen_at) OVER of_endpoint, TRUE)
        ELSE last_on < max(last_on) OVER of_endpoint
            AND coalesce(max(CASE WHEN json_type = 'null' THEN last_on END)
                OVER of_path < max(last_on) OVER of_endpoint, TRUE) END AS has_ended
    FROM drift d WINDOW of_endpoint AS (PARTITION BY endpoint),
        of_path AS (PARTITION BY endpoint, path)) AS census
WHERE NOT is_declared OR (json_type <> 'null' AND (has_begun OR has_ended))
