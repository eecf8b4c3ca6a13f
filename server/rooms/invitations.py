"""Codes that lead into a room: one of its own for everybody, and invitations to a role."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct, convert

from server.auth import Role
from server.errors import Conflict
from server.rooms.code import RANDOM_BYTES, UnknownCode, make_code, read_code
from server.rooms.repository import Codes
from server.rooms.repository.codes import OF_A_ROOM
from server.rooms.role import RoomRole, check_invite


class TooManyInvitations(Conflict):
    type = "too-many-invitations"
    title = "This room has too many invitations"
    detail = "There may be {limit} at a time; wait until some have ended, or make shorter ones."


class Invitation(Struct, frozen=True):
    """What a code stands for. `role` None: everybody comes in as what they are."""

    id: str
    purpose: str  # room, invite
    showroom: str
    room: str
    role: RoomRole | None = None
    expires_at: str | None = None  # RFC 3339; None: never


@dataclass(slots=True)
class Invitations:
    """A room's own code is made when it is first asked for, and stays."""

    codes: Codes
    clock: Callable[[], datetime]  # UTC, aware
    random_bytes: Callable[[int], bytes]
    _of_rooms: dict[str, str] = field(default_factory=dict)
    _making: asyncio.Lock = field(default_factory=asyncio.Lock)

    def known(self, room: str) -> str:
        """The room's own code; empty when nobody has asked for it."""
        return self._of_rooms.get(room, "")

    async def of_room(self, showroom: str, room: str) -> str:
        """The room's own code."""
        if room not in self._of_rooms:
            async with self._making:  # one at a time: a room has one code
                if room not in self._of_rooms:
                    self._of_rooms[room] = await self._find_or_make(showroom, room)
        return self._of_rooms[room]

    async def read(self, text: str) -> Invitation:
        """What a code as it was typed stands for. Raises UnknownCode, also for one that ended."""
        document = await self.codes.code(read_code(text))
        if document is None:
            raise UnknownCode
        found = convert(document, Invitation)
        if found.expires_at is not None and found.expires_at <= self.clock().isoformat():
            raise UnknownCode
        return found

    async def invite(
        self, showroom: str, room: str, by: Role, role: RoomRole, minutes: int
    ) -> Invitation:
        """A code for a role and a time. Raises InviteNotYours, TooManyInvitations."""
        check_invite(by, role)
        now = self.clock()
        there = await self.codes.codes_of(room)
        ended = [one for one in there if (one["expires_at"] or "~") <= now.isoformat()]
        for one in ended:
            await self.codes.delete_code(one["id"])
        if len(there) - len(ended) >= OF_A_ROOM:
            raise TooManyInvitations(limit=OF_A_ROOM)
        ends = (now + timedelta(minutes=minutes)).isoformat()
        return await self._make("invite", showroom, room, role, ends)

    async def _find_or_make(self, showroom: str, room: str) -> str:
        code = await self.codes.own_code(room)
        if code is None:
            code = (await self._make("room", showroom, room, None, None)).id
            await self.codes.set_own_code(room, code)
        return code

    async def _make(
        self, purpose: str, showroom: str, room: str, role: RoomRole | None, ends: str | None
    ) -> Invitation:
        while True:  # a code of a thousand million is taken now and then
            made = Invitation(self.new_code(), purpose, showroom, room, role, ends)
            document: dict[str, Any] = {
                name: getattr(made, name) for name in made.__struct_fields__
            }
            if await self.codes.add_code({**document, "role": role and str(role)}):
                return made

    def new_code(self) -> str:
        """Six characters that nobody can guess."""
        return make_code(self.random_bytes(RANDOM_BYTES))
