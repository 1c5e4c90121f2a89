"""All at once: ten times as many within seconds, and back. What gives way, and does it recover?"""

from shape import Shape
from visitors import Visitor

__all__ = ["Spike", "Visitor"]


class Spike(Shape):
    starts_at = 1
    stages = [(1, 1), (0.1, 10), (1, 10), (0.1, 1), (2, 1)]
