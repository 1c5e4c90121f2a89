"""Four hours of the same: what grows that should not? It is given up if an objective is missed, because
then there is something to repair first."""

from shape import Shape
from visitors import Visitor

__all__ = ["Soak", "Visitor"]


class Soak(Shape):
    starts_at = 1
    stages = [(240, 1)]
    abort_after = 10
