-- How did the runs of jobs end, night by night?
-- group: health
-- cannot say: crawls by hand: they are in crawls
-- :since    date = today-365      runs that began from this day on
-- :until    date = today           runs that began up to this day
SELECT started_at, job, outcome, request_count, minutes
FROM v_job_runs
WHERE substr(CAST(started_at AS TEXT), 1, 10) BETWEEN CAST(:since AS TEXT) AND CAST(:until AS TEXT)
ORDER BY started_at DESC;
