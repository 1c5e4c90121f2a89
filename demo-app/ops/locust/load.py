"""An ordinary day in ten minutes: does the demo keep its objectives under the load that it is made for?"""

from shape import Shape
from visitors import Visitor

__all__ = ["Load", "Visitor"]


class Load(Shape):
    stages = [(1, 1), (8, 1), (1, 0)]
