-- The former name of v_counts: it works until version 1.0.
SELECT artwork_id, kind, ai_type, x_restrict, user_id, created_at, source, at_moment,
    seen_at, age_days, view_count, bookmark_count, like_count, comment_count
FROM v_counts
