"""What a socket is sent right after CONNECT, before anything else."""

from server.rooms.admissions import missed
from server.rooms.connection import Connection
from server.rooms.gate import encode
from server.rooms.messages import Box, Welcome, You
from server.rooms.messages.entry import Resumed
from server.rooms.service import RoomHub


def greet(connection: Connection, hub: RoomHub) -> list[str]:
    """Encoded messages. The avatar is in the room, and its `joined` has been told and numbered."""
    admission = connection.admission
    auth, live = admission.auth, admission.live
    if auth.resume is None or auth.rev is None or auth.epoch is None:
        return [encode(welcome(connection, hub))]
    texts = missed(live, connection.avatar_id, auth.rev, auth.epoch)
    if texts is None:
        return [encode(welcome(connection, hub))]
    return [encode(resumed(connection, hub, auth.rev)), *texts]


def welcome(connection: Connection, hub: RoomHub) -> Welcome:
    """The whole room as this one may see it."""
    live = connection.admission.live
    room, company, own = live.room, live.room.company, connection.avatar_id
    return Welcome(
        room=room.id,
        rev=company.rev,
        you=you(connection),
        bounds=Box(company.bounds.min, company.bounds.max),
        tick_hz=hub.tick_hz,
        server_time=hub.now() * 1000,
        resume=hub.admissions.resume_token(connection.admission),
        avatars=[avatar for avatar in company.avatars.values() if avatar.id != own],
        objects=room.objects.views(),
        cart=connection.cart,
        epoch=live.epoch,
        display=room.objects.state(own),
        together=room.together.state(own),
        safety=room.safety.state(own),
        voice=room.voice.state(own),
        pace=connection.pace,
        door=hub.doors.state(live, own),
    )


def resumed(connection: Connection, hub: RoomHub, from_rev: int) -> Resumed:
    """What the missed changes do not tell."""
    live = connection.admission.live
    return Resumed(
        room=live.room.id,
        epoch=live.epoch,
        from_rev=from_rev,
        to_rev=live.room.rev,
        you=you(connection),
        server_time=hub.now() * 1000,
        resume=hub.admissions.resume_token(connection.admission),
        cart=connection.cart,
        safety=live.room.safety.state(connection.avatar_id),
        door=hub.doors.state(live, connection.avatar_id),
    )


def you(connection: Connection) -> You:
    """As the room calls this one; who only watches has no avatar and no index."""
    admission = connection.admission
    seat = admission.seat
    if seat.index is None:
        return You(seat.avatar_id, None, seat.person.name, str(seat.role), "")
    shown = admission.live.room.company.avatars.get(seat.avatar_id, admission.avatar)
    return You(shown.id, shown.index, shown.name, shown.role, shown.color, shown.figure)
