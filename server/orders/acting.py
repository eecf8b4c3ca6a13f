"""Acting on a placed order: its state tables put to work."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final

from msgspec.structs import replace

from server.auth import Role
from server.errors import Conflict, Forbidden, PreconditionFailed, VitrineError
from server.orders import gift, pickup
from server.orders.action import Action, Step
from server.orders.gift import GiftBox, GiftStatus, NotAnnounced
from server.orders.order import (
    Goods,
    Order,
    Payment,
    PaymentStatus,
    Stage,
    WrongState,
    record,
    stamp,
)


class VersionMissing(VitrineError):
    status = 428
    type = "version-missing"
    title = "Say which version you looked at"
    detail = 'Send If-Match with the order\'s version, like If-Match: "3".'


STEPS: Final[Mapping[tuple[StrEnum, Action], Step]] = {**pickup.STEPS, **gift.STEPS}


ROLES: Final[Mapping[Action, frozenset[Role]]] = {
    action: frozenset[Role]().union(*(step.by for (_, its), step in STEPS.items() if its == action))
    for action in Action
}


def act(
    order: Order,
    action: Action,
    role: Role,
    by: str,
    version: int | None,
    now: datetime,
    event: str,
) -> Order:
    """One step of the state tables. `version`: the one the caller looked at, None for any.

    Raises Forbidden, PreconditionFailed, WrongState, NotAnnounced, TooEarly.
    """
    if role not in ROLES[action]:
        raise Forbidden(role=str(role))
    if version is not None and version != order.version:
        raise PreconditionFailed(sent=version, current=order.version)
    step = step_of(order, action, role, now)
    acted = replace(
        order,
        fulfilment=replace(order.fulfilment, status=step.to),
        payment=pay(order.payment, action),
        goods=Goods.RETURNING if action is Action.CANCEL else order.goods,
        version=order.version + 1,
    )
    if action is Action.ANNOUNCE:
        acted = announced(acted, by, now)
    return record(acted, step.event, by, now, event)


def step_of(order: Order, action: Action, role: Role, now: datetime) -> Step:
    """The row of the table. Raises WrongState, NotAnnounced, TooEarly."""
    box = order.fulfilment
    step = STEPS.get((box.status, action)) if order.stage is Stage.PLACED else None
    if step is not None and role in step.by:
        if action is Action.SHIP and isinstance(box, GiftBox):
            gift.check_ship(box, now)
        return step
    early = action in {Action.PACK, Action.SHIP} and isinstance(box, GiftBox)
    if early and box.status is GiftStatus.DRAFT and isinstance(box, GiftBox):
        raise NotAnnounced(action=str(action), name=box.announce.name)
    state = box.status if order.stage is Stage.PLACED else order.status
    raise WrongState(action=str(action), state=str(state))


def allowed(order: Order, role: Role, now: datetime) -> tuple[Action, ...]:
    """What the caller may do next."""

    def possible(action: Action) -> bool:
        try:
            step_of(order, action, role, now)
        except Conflict:
            return False
        return True

    return tuple(action for action in Action if possible(action))


def pay(payment: Payment, action: Action) -> Payment:
    if action is Action.CANCEL:
        return replace(payment, status=PaymentStatus.VOIDED)
    if action is Action.HAND_OVER:
        return replace(payment, status=PaymentStatus.CAPTURED)
    return payment


def announced(order: Order, by: str, now: datetime) -> Order:
    box = order.fulfilment
    if not isinstance(box, GiftBox):
        return order
    posting = replace(box.posting, sent_by=by, sent_at=stamp(now), error=None)
    return replace(order, fulfilment=replace(box, posting=posting))


def postponed(order: Order, error: str, next_at: str) -> Order:
    """The announcement did not go out and is tried again; nothing a caller decides by changes."""
    box = order.fulfilment
    if not isinstance(box, GiftBox) or box.status is not GiftStatus.DRAFT:
        return order
    posting = replace(box.posting, attempts=box.posting.attempts + 1, error=error, next_at=next_at)
    return replace(order, fulfilment=replace(box, posting=posting))
