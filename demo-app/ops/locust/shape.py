"""What the shapes have in common."""

import math

from locust import LoadTestShape

import verdict
from settings import PACE, SPEED, VISITS

# Users that come or go in a second, at most: locust warns of more. How quickly it is meant, the stages say.
SPAWN_RATE = 100


class Shape(LoadTestShape):
    """Visits over time. `stages` are pairs of minutes and of how many times as many visits as on an
    ordinary day there are at their end; in between, it is in proportion."""

    abstract = True
    starts_at = 0.0
    stages = []
    # Give up if an objective is missed, but not before so many minutes.
    abort_after = None

    def tick(self):
        now = self.get_run_time() * SPEED / 60
        if self.abort_after is not None and now > self.abort_after and verdict.missed():
            return None
        times = self.times(now)
        return None if times is None else (users(times), SPAWN_RATE)

    def times(self, now):
        """How many times as many visits as on an ordinary day, so many minutes after the start. None
        if it is over."""
        began, before = 0.0, self.starts_at
        for minutes, after in self.stages:
            if now < began + minutes:
                return before + (after - before) * (now - began) / minutes
            began, before = began + minutes, after
        return None


def users(times):
    """So many users make so many visits, one each in `PACE` seconds."""
    return max(1, math.ceil(VISITS * times * PACE))
