"""In which role somebody is in a room: what they may do there."""

from enum import StrEnum
from typing import Final

from server.auth import Role


class RoomRole(StrEnum):
    """Comes from the account; checked by the server for each act."""

    SHOPPER = "shopper"
    STAFF = "staff"
    DESIGNER = "designer"
    MODERATOR = "moderator"
    WATCHER = "watcher"  # sees and hears, without an avatar


ALL: Final = frozenset(RoomRole)
VISITORS: Final = ALL - {RoomRole.WATCHER}
GUIDES: Final = frozenset({RoomRole.STAFF, RoomRole.DESIGNER, RoomRole.MODERATOR})
MODERATORS: Final = frozenset({RoomRole.STAFF, RoomRole.MODERATOR})

OF_ACCOUNTS: Final = {
    Role.SHOPPER: RoomRole.SHOPPER,
    Role.STAFF: RoomRole.STAFF,
    Role.DESIGNER: RoomRole.DESIGNER,
    Role.INTEGRATION: RoomRole.SHOPPER,
    Role.OPERATOR: RoomRole.MODERATOR,
}


def role_of(account: Role) -> RoomRole:
    """The role that an account brings into a room."""
    return OF_ACCOUNTS[account]
