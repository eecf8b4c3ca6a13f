"""In which role somebody is in a room: what they may do there."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from server.auth import Role
from server.errors import Forbidden


class RoomRole(StrEnum):
    """Comes from the account, a wish lowers it and an invitation may raise it; checked by the
    server for each act."""

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

# From the least to the most. Who has one may ask to be any of those below it.
ORDER: Final = (
    RoomRole.WATCHER,
    RoomRole.SHOPPER,
    RoomRole.DESIGNER,
    RoomRole.MODERATOR,
    RoomRole.STAFF,
)
GUESTS: Final = frozenset({RoomRole.WATCHER, RoomRole.SHOPPER, RoomRole.DESIGNER})
# Whom each role may invite. Nobody is invited to be staff: that comes with an account only.
INVITES: Final[Mapping[RoomRole, frozenset[RoomRole]]] = {
    RoomRole.STAFF: GUESTS | {RoomRole.MODERATOR},
    RoomRole.MODERATOR: GUESTS | {RoomRole.MODERATOR},
    RoomRole.DESIGNER: GUESTS,
}


class RoleNotYours(Forbidden):
    type = "role-not-yours"
    title = "This role is not yours to take"
    detail = "You may be a {role} or less, not a {wish}. Ask the house for an invitation."


class InviteNotYours(Forbidden):
    type = "invite-not-yours"
    title = "You cannot invite to this role"
    detail = "A {role} may not hand out codes for a {wish}."


def role_of(
    account: Role, wish: RoomRole | None = None, invite: RoomRole | None = None
) -> RoomRole:
    """The role in a room: the account's, or the invitation's where that is more, lowered by a wish.

    An invitation to watch is such a wish. Raises RoleNotYours for a wish above.
    """
    role = max(OF_ACCOUNTS[account], invite or RoomRole.WATCHER, key=ORDER.index)
    if wish is None:
        wish = RoomRole.WATCHER if invite is RoomRole.WATCHER else role
    if ORDER.index(wish) > ORDER.index(role):
        raise RoleNotYours(role=str(role), wish=str(wish))
    return wish


def check_invite(account: Role, wish: RoomRole) -> None:
    """Whether somebody may hand out codes for this role. Raises InviteNotYours."""
    role = OF_ACCOUNTS[account]
    if wish not in INVITES.get(role, frozenset()):
        raise InviteNotYours(role=str(role), wish=str(wish))
