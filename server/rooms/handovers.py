"""Taking one's visit to another device: the same person, cart, avatar and place."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from msgspec import Struct, convert, to_builtins

from server.auth import SESSION, Claims, Person
from server.errors import Forbidden, NotFound
from server.rooms.admissions import Admissions
from server.rooms.code import UnknownCode, read_code
from server.rooms.doors import Doors, UnknownRoom
from server.rooms.messages import Auth
from server.rooms.open_rooms import Admission, Live, UnknownShowroom
from server.rooms.pose import decode_frame
from server.rooms.repository import Codes
from server.rooms.role import RoomRole
from server.rooms.seats import Seat


class NotYourPlace(NotFound):
    type = "not-your-place"
    title = "You are not in that room"
    detail = "Take a visit along from the room it is in, with the avatar of its welcome."


class SignInThere(Forbidden):
    type = "sign-in-there"
    title = "Sign in on the other device instead"
    detail = "Only a guest's visit can be taken along by code."


class Place(Struct, frozen=True):
    """Where somebody's head was."""

    position: tuple[float, float, float]  # metres
    rotation: tuple[float, float, float, float]  # x y z w


class Handover(Struct, frozen=True):
    """Type the code on the other device, or open the address there, before it ends; once."""

    code: str
    url: str
    expires_at: str


class Continued(Struct, frozen=True):
    """The visit, on this device: send `token` from now on, and connect to `url` with
    `auth: {resume}`. `resume` None: the room is full; join it to wait for a place."""

    token: str
    person: Person
    expires_at: str  # of the token
    showroom: str
    room: str
    url: str
    resume: str | None
    place: Place | None


@dataclass(slots=True)
class Handovers:
    """Only a hash of a code is stored, and it opens once."""

    codes: Codes
    doors: Doors
    admissions: Admissions

    async def offer(self, session: Claims, room: str, avatar_id: str, url: str) -> Handover:
        """A code for the visit of the session's person. Raises NotYourPlace, SignInThere."""
        if session.extra.get("login") is not None:
            raise SignInThere(role=str(session.person.role))
        live = self.doors.rooms.find(room)
        seat = live.seats.find(avatar_id) if live else None
        if live is None or seat is None or seat.person.id != session.person.id:
            raise NotYourPlace
        now = self.doors.clock()
        ends = (now + timedelta(seconds=self.doors.handover_seconds)).isoformat()
        document = {
            "person": to_builtins(session.person),
            "session_ends": session.expires_at.isoformat(),
            "showroom": live.showroom,
            "room": live.room.id,
            "avatar": avatar_id,
            "role": str(seat.role),
            "place": to_builtins(place_of(live, seat)),
            "expires_at": ends,
            "used": False,
        }
        await self.codes.sweep_handovers(now.isoformat())
        code = await self._store(document)
        return Handover(code, f"{self.doors.public_url or url}/#continue={code}", ends)

    async def room_of(self, text: str) -> str:
        """Where the visit of a code is. Raises UnknownCode."""
        document = await self.codes.handover(hash_of(read_code(text)))
        if document is None:
            raise UnknownCode
        return str(document["room"])

    async def redeem(self, text: str, url: str) -> Continued:
        """The visit, to the first who brings its code. Raises UnknownCode, Banned."""
        now = self.doors.clock()
        document = await self.codes.use_handover(hash_of(read_code(text)), now.isoformat())
        person = convert(document["person"], Person)
        ends = datetime.fromisoformat(document["session_ends"])
        if ends <= now:
            raise UnknownCode
        await self.doors.refuse_banned(document["showroom"], person)
        live, seat = await self._seat(document, person)
        resume, place = None, convert(document["place"], Place | None)
        if live and seat:
            resume = self.admissions.resume_token(Admission(live, seat, Auth()))
            place = place_of(live, seat) or place
        return Continued(
            token=self.doors.tokens.issue(person, SESSION, ends - now, now),
            person=person,
            expires_at=ends.isoformat(),
            showroom=document["showroom"],
            room=document["room"],
            url=self.doors.node_url or url,
            resume=resume,
            place=place,
        )

    async def _seat(
        self, document: dict[str, Any], person: Person
    ) -> tuple[Live | None, Seat | None]:
        """The seat of the visit, for as long as a ticket lives; the same avatar gets another one
        when it was given up, for who walks from one device to the other takes their time."""
        doors = self.doors
        try:
            showroom = await doors.rooms.showroom(document["showroom"])
            live = await doors.find(document["room"], showroom)
        except (UnknownShowroom, UnknownRoom):
            return None, None
        until = doors.clock().timestamp() + doors.ticket_seconds
        avatar_id, role = document["avatar"], document["role"]
        seat = live.seats.find(avatar_id)
        if seat is None and role != RoomRole.WATCHER and live.seats.unclaimed > 0:
            seat = live.seats.reserve(avatar_id, person, until, RoomRole(role))
        live.seats.hold(avatar_id, until)
        return live, seat

    async def _store(self, document: dict[str, Any]) -> str:
        while True:
            code = self.doors.invitations.new_code()
            # A visitor types either kind into the same field.
            if await self.codes.code(code) is None and await self.codes.add_handover(
                {"id": hash_of(code), **document}
            ):
                return code


def hash_of(code: str) -> str:
    """Hex SHA-256. Thirty bits are soon tried out, so this hides a code from a glance at the
    storage only; what keeps it safe is its short life and that it opens once."""
    return sha256(code.encode()).hexdigest()


def place_of(live: Live, seat: Seat) -> Place | None:
    """Where this avatar is now; None for who is not in the room."""
    _, poses = decode_frame(live.room.poses.keyframe(0), live.room.company.bounds)
    for index, pose in poses:
        if index == seat.index:
            return Place(pose.position, pose.rotation)
    return None
