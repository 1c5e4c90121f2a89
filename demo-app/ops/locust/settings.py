"""What can be told from outside, by the same names as the scripts for k6."""

import math
import os


def _number(name, otherwise, zero=False):
    text = os.environ.get(name, "")
    if not text:
        return otherwise
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or value < 0 or (value == 0 and not zero):
        raise SystemExit(f"{name}: write a number{'' if zero else ' greater than 0'}, not {text}")
    return value


# Where the demo is, unless `--host` says so.
BASE_URL = os.environ.get("BASE_URL") or "http://127.0.0.1:4000"

# How many visits begin in a second, on an ordinary day.
VISITS = _number("VISITS", 5.0)

# Divides all times of a shape: with 60, minutes become seconds.
SPEED = _number("SPEED", 1.0)

# Multiplies the time that visitors take to read; 0 for none.
THINK = _number("THINK", 1.0, zero=True)

# Whether pages that are broken on purpose are visited as well. No objective is about them.
BROKEN = os.environ.get("BROKEN") == "1"

# Seconds from one visit of a user to the next. Longer than a visit takes while all is well, so that the
# next one is on time even if pages take some seconds longer.
PACE = max(2.0, 25.0 * THINK)
