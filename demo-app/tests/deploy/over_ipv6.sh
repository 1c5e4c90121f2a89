# Runs the demo as `fly.toml` has it, and a receiver, in a network of their own that has no IPv4 address for
# the receiver's name, and prints what the receiver has got.
#
#     sh over_ipv6.sh NAME RECEIVER PYTHON FOLDER DEMO..
#
# The network, mounts and processes are those of the namespaces that this runs in, and end with them.
set -eu
name=$1 receiver=$2 python=$3 folder=$4
shift 4

ip link set lo up
printf '127.0.0.1 localhost\n::1 %s\n' "$name" >"$folder/hosts"
mount --bind "$folder/hosts" /etc/hosts

"$receiver" --host ::1 -p 8126 --otlp-http-port 4318 --otlp-grpc-port 4317 --snapshot-dir "$folder" \
    --disable-llmobs-data-forwarding >"$folder/receiver.log" 2>&1 &
"$@" >"$folder/demo.log" 2>&1 &

exec "$python" - <<'PYTHON'
import json
import sys
import time
import urllib.request

DEADLINE = time.monotonic() + 60


def get(url):
    """Asks until somebody is there."""
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return answer.read()
        except OSError:
            if time.monotonic() > DEADLINE:
                sys.exit(f"{url} does not answer")
            time.sleep(0.05)


RECEIVED = "http://[::1]:4318/test/session/traces"
get(RECEIVED)
# By both protocols, as Fly's proxy and its Prometheus come.
for host in ["127.0.0.1", "[::1]"]:
    get(f"http://{host}:4000/users-fast")
    assert get(f"http://{host}:4000/metrics")
while True:
    received = get(RECEIVED)
    if b"/users-fast" in received:
        break
    if time.monotonic() > DEADLINE:
        sys.exit("no span arrives: " + get("http://[::1]:4000/health").decode())
    time.sleep(0.1)
health = json.loads(get("http://[::1]:4000/health"))
print(json.dumps({"received": json.loads(received), "health": health}))
PYTHON
