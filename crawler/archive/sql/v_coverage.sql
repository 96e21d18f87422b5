-- What is archived of every request, with times for people.
SELECT endpoint, params, night, page, outcome, message, next_page,
    MOMENT(completed_at) AS completed_at,
    MOMENT(last_at) AS last_at
FROM coverage
