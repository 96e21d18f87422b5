-- How every run of a job ended, with times for people.
-- started_at: when it began
-- finished_at: when it ended
-- minutes: how long it took
SELECT run_id, job, MOMENT(started_at) AS started_at, MOMENT(finished_at) AS finished_at,
    SPAN(started_at, finished_at) / 60 AS minutes, outcome, request_count, summary
FROM job_runs
