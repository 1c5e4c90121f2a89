"""Reads a dashboard into the types of Grafana's foundation SDK, writes it again, and prints every
difference; fails if there is one.

    python round_trip.py DASHBOARD.json

What the SDK does not know is dropped, and a misspelt key with it. But for these: what the Prometheus
data source reads of an annotation, which later versions of the SDK have.
"""

import json
import sys

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard


OF_MARKS = {"step", "tagKeys", "textFormat", "titleFormat", "useValueForTime"}


def differences(path, ours, theirs):
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in ours.keys() | theirs.keys():
            if key not in theirs:
                if key in OF_MARKS and path.startswith("dashboard.annotations.list["):
                    continue
                yield f"{path}.{key}: dropped"
            # What it adds are defaults.
            elif key in ours:
                yield from differences(f"{path}.{key}", ours[key], theirs[key])
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for at, pair in enumerate(zip(ours, theirs)):
            yield from differences(f"{path}[{at}]", *pair)
    elif type(ours) is not type(theirs) or ours != theirs:
        yield f"{path}: {ours!r} became {theirs!r}"


register_default_plugins()
with open(sys.argv[1], encoding="utf-8") as file:
    ours = json.load(file)
theirs = json.loads(json.dumps(Dashboard.from_json(ours), cls=JSONEncoder))
found = sorted(differences("dashboard", ours, theirs))
print("\n".join(found))
sys.exit(1 if found else 0)
