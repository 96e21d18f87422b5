#!/bin/sh
# Run pixiv-archive as PUID:PGID. `schedule JOB …` runs jobs when they are due, without a queue; all else is a command.
set -eu
umask 077

# PUID=0 stays root: in a rootless container that is the user outside.
if [ "$(id -u)" = 0 ] && [ "${PUID:-1000}" != 0 ]; then
    PUID=${PUID:-1000} PGID=${PGID:-1000}
    chown "$PUID:$PGID" "$HOME"
    exec setpriv --reuid="$PUID" --regid="$PGID" --clear-groups "$0" "$@"
fi

child=
is_stopping=
stop() {
    is_stopping=1
    if [ -n "$child" ]; then kill -TERM "$child" 2>/dev/null || true; fi
}
trap stop TERM INT HUP

# A signal ends `wait`, not the command: that is waited for once more.
run() {
    "$@" &
    child=$!
    if [ -n "$is_stopping" ]; then kill -TERM "$child" 2>/dev/null || true; fi # the signal came just before
    status=0
    wait "$child" || status=$?
    if [ -n "$is_stopping" ]; then
        again=0
        wait "$child" || again=$?
        if [ "$again" != 127 ]; then status=$again; fi # 127: it had ended before
    fi
    child=
}

# A second at a time, so that no signal is lost between a look and a long sleep.
pause() {
    left=$1
    while [ -z "$is_stopping" ] && [ "$left" -gt 0 ]; do
        sleep 1
        left=$((left - 1))
    done
}

if [ "${1:-}" = schedule ]; then
    shift
    while [ -z "$is_stopping" ]; do
        for job in "$@"; do
            if [ -z "$is_stopping" ]; then run pixiv-archive job run "$job" --if-due --quiet; fi
        done
        pause "${SCHEDULE_PAUSE:-300}"
    done
    exit 0
fi

run pixiv-archive "$@"
# Wrongly set up, or the session does not serve: a restart policy would try it again at once, in vain.
if [ "${1:-}" = worker ] && { [ "$status" = 2 ] || [ "$status" = 3 ]; }; then
    echo "next try in an hour (docker restart tries now)" >&2
    pause "${RETRY_PAUSE:-3600}"
fi
exit "$status"
