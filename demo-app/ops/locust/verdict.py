"""Holds the demo to its objectives, and says at the end whether it kept them: by a table, and by the
program's exit code, which is 1 if it did not.

Each objective is about the requests of its routes, and there have to be any: a share of nothing says
nothing. Counted one by one, not estimated from a histogram.
"""

import json
import pathlib
import urllib.request

from locust import events
from locust.runners import MasterRunner, WorkerRunner

OBJECTIVES = json.loads(pathlib.Path(__file__).with_name("objectives.json").read_text())

# The share of visits that begin on time, and of those in which visitors could do what they came for.
VISITS = 0.99

# Seconds. A visit that begins later waited for its user's last one, or for the machine that makes the load.
LATE = 1.0

# With few visits a share is chance: then objectives that allow for a bad request in a hundred are left out.
FEW = 0.99

_requests = {one["name"]: [0, 0] for one in OBJECTIVES}  # good, all
_visits = {"completed": 0, "late": 0, "all": 0}
_few = False


def with_few_visits():
    """For shapes with so few visits that one bad request is chance."""
    global _few
    _few = True


def visited(completed, late):
    """A visit has ended, which began so many seconds after it was due."""
    _visits["all"] += 1
    _visits["completed"] += completed
    _visits["late"] += late > LATE


@events.request.add_listener
def _requested(response_time, context, **_):
    if context.get("deliberate"):
        return
    for one in OBJECTIVES:
        if context.get("route") in one["routes"]:
            # Who was interrupted could not say; that is when time is up.
            good = not context.get("failed", True)
            if one["latency_ms"] is not None:
                if not good:
                    continue  # A failure is no answer, however quick it is.
                good = response_time <= one["latency_ms"]
            _requests[one["name"]][0] += good
            _requests[one["name"]][1] += 1


def lines():
    """Each objective with what came of it: (name, share of good ones, target, of how many, kept)."""
    for one in OBJECTIVES:
        if _few and one["target"] <= FEW:
            continue
        good, requests = _requests[one["name"]]
        share = good / requests if requests else 0.0
        yield one["name"], share, one["target"], requests, requests > 0 and share >= one["target"]
    visits = _visits["all"]
    for name, count, target in [
        ("visits completed", _visits["completed"], VISITS),
        ("visits on time", visits - _visits["late"], VISITS),
    ]:
        share = count / visits if visits else 0.0
        yield name, share, target, visits, visits > 0 and share >= target


def missed():
    """The names of the objectives that were not kept."""
    return [name for name, _, _, _, kept in lines() if not kept]


@events.init.add_listener
def _ready(environment, **_):
    # Who is there when the time is up may finish.
    environment.stop_timeout = 30
    if isinstance(environment.runner, (MasterRunner, WorkerRunner)):
        raise SystemExit("each process would know of its own requests only: run one, without --master and --processes")


@events.test_start.add_listener
def _is_there(environment, **_):
    host = environment.host or environment.user_classes[0].host
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        direct.open(f"{host}/health", timeout=15).close()
    except (OSError, ValueError) as error:
        print(f"no demo answers at {host}: start one, or say --host ({error})")
        environment.runner.quit()


@events.quitting.add_listener
def _said(environment, **_):
    print(f"\n{'objective':<20} {'share':>10} {'target':>10} {'of':>8}")
    for name, share, target, count, kept in lines():
        print(f"{name:<20} {share:>10.4%} {target:>10.4%} {count:>8} {'kept' if kept else 'MISSED'}")
    environment.process_exit_code = 1 if missed() else 0
