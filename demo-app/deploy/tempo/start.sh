#!/bin/sh
# Gives the volume to Tempo's user, and runs what it is told as that user.
set -eu

folder=${TEMPO_FOLDER:-/var/tempo}
user=10001

mkdir -p "$folder"
# Once: of a volume that is full, this would take a while.
if [ "$(stat -c %u "$folder")" != "$user" ]; then
    chown -R "$user:$user" "$folder"
fi
exec setpriv --reuid="$user" --regid="$user" --clear-groups --no-new-privs -- "$@"
