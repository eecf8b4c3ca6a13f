"""What can be done to a placed order, and what follows from it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from server.auth import STAFF, Role

BUYER: Final = frozenset({Role.SHOPPER, Role.STAFF})  # the shopper whose order it is, or staff
__all__ = ["BUYER", "STAFF", "Action", "Step"]


class Action(StrEnum):
    PREPARE = "prepare"
    FINISH = "finish"
    HAND_OVER = "hand_over"
    ANNOUNCE = "announce"
    PACK = "pack"
    SHIP = "ship"
    DELIVER = "deliver"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class Step:
    """One row of a state table: the next status, the event the outside hears, who may do it."""

    to: StrEnum
    event: str
    by: frozenset[Role]
