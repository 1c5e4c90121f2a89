"""Does it work at all? A visit a second for half a minute: before anything larger, and after a deploy."""

import verdict
from shape import Shape
from visitors import Visitor

__all__ = ["Smoke", "Visitor"]

verdict.with_few_visits()


class Smoke(Shape):
    starts_at = 0.2
    stages = [(0.5, 0.2)]
