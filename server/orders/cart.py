"""What somebody has chosen and not ordered yet."""

from collections.abc import Iterable
from typing import Protocol

import msgspec
from msgspec.structs import replace

from server.errors import Unprocessable

MOST = 99  # of one thing; the same limit as in an order


class Line(Protocol):
    @property
    def sku(self) -> str: ...
    @property
    def quantity(self) -> int: ...
    @property
    def variant(self) -> str | None: ...


class CartLine(msgspec.Struct, frozen=True):
    """So many of a product in one variant."""

    sku: str
    quantity: int
    variant: str | None = None


class TooManyOfOne(Unprocessable):
    type = "too-many-of-one"
    title = "That is too many of one thing"
    detail = "{quantity} of {sku}; at most {most} fit into a cart or an order."


class Cart(msgspec.Struct, frozen=True):
    """The cart of the person `id`; `version` counts its changes."""

    id: str
    lines: tuple[CartLine, ...] = ()
    version: int = 0

    def fill(self, lines: Iterable[Line]) -> "Cart":
        """With these lines instead. Raises TooManyOfOne."""
        merged = merge(lines)
        if merged == self.lines:
            return self
        return replace(self, lines=merged, version=self.version + 1)

    def take(self, ordered: Iterable[Line]) -> "Cart":
        """What was ordered leaves; what was put in beyond that stays."""
        taken = {(line.sku, line.variant): line.quantity for line in merge(ordered)}
        left = (
            replace(line, quantity=line.quantity - taken.get((line.sku, line.variant), 0))
            if line.quantity > taken.get((line.sku, line.variant), 0)
            else None
            for line in self.lines
        )
        return self.fill(line for line in left if line is not None)


def merge(lines: Iterable[Line]) -> tuple[CartLine, ...]:
    """Lines of the same product and variant become one, at the place of the first.

    Raises TooManyOfOne.
    """
    sums: dict[tuple[str, str | None], int] = {}
    for line in lines:
        key = (line.sku, line.variant)
        sums[key] = sums.get(key, 0) + line.quantity
        if sums[key] > MOST:
            raise TooManyOfOne(sku=line.sku, quantity=sums[key], most=MOST)
    return tuple(CartLine(sku, quantity, variant) for (sku, variant), quantity in sums.items())
