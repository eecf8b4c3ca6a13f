"""Carts: filled with what the catalogue knows, emptied by ordering."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import structlog

from server.auth import Person, Role
from server.errors import Forbidden, PreconditionFailed
from server.orders.body import Line
from server.orders.cart import Cart, CartLine
from server.orders.checkout import Checkout
from server.orders.repository import OrderBook

log = structlog.get_logger()


@dataclass
class CartService:
    """`listeners` hear of every change as (person id, cart)."""

    book: OrderBook
    checkout: Checkout
    listeners: Sequence[Callable[[str, dict[str, Any]], None]] = ()

    async def cart(self, person: Person, id: str) -> Cart:
        """An empty one where nothing was put in. Raises Forbidden for another shopper's."""
        self._admit(person, id)
        return await self.book.cart(id)

    async def fill(
        self, person: Person, id: str, lines: Sequence[Line], version: int | None = None
    ) -> Cart:
        """With these lines instead of what was in it.

        Raises Forbidden, UnknownProduct, UnknownVariant, TooManyOfOne; PreconditionFailed when
        `version` is given and is not the present one.
        """
        self._admit(person, id)
        resolved = await self.checkout.resolved(lines)

        def change(cart: Cart) -> Cart:
            if version is not None and version != cart.version:
                raise PreconditionFailed(sent=version, current=cart.version)
            return cart.fill(resolved)

        return self._changed(await self.book.change_cart(id, change))

    async def take(self, person: str, ordered: Sequence[CartLine]) -> None:
        """What was ordered leaves; what was put in beyond that stays."""
        before = await self.book.cart(person)
        if before.take(ordered) is not before:
            self._changed(await self.book.change_cart(person, lambda cart: cart.take(ordered)))

    def _admit(self, person: Person, id: str) -> None:
        if person.id != id and person.role is not Role.STAFF:
            raise Forbidden(role=str(person.role))

    def _changed(self, cart: Cart) -> Cart:
        for listener in self.listeners:
            try:
                listener(cart.id, msgspec.to_builtins(cart))
            except Exception:
                log.exception("cart.listener_failed", cart=cart.id)
        return cart
