"""What a socket is sent right after CONNECT, before anything else."""

from server.rooms.connection import Connection
from server.rooms.gate import encode
from server.rooms.messages import Box, Welcome, You
from server.rooms.service import RoomHub


def greet(connection: Connection, hub: RoomHub) -> list[str]:
    """Encoded messages. The avatar is in the room, and its `joined` has been told and numbered."""
    return [encode(welcome(connection, hub))]


def welcome(connection: Connection, hub: RoomHub) -> Welcome:
    """The whole room as this one may see it."""
    admission = connection.admission
    room, company = admission.live.room, admission.live.room.company
    you = company.avatars.get(admission.seat.avatar_id, admission.avatar)
    return Welcome(
        room=room.id,
        rev=company.rev,
        you=You(you.id, you.index, you.name, you.role, you.color, you.figure),
        bounds=Box(company.bounds.min, company.bounds.max),
        tick_hz=hub.tick_hz,
        server_time=hub.now() * 1000,
        resume=hub.admissions.resume_token(admission),
        avatars=[avatar for avatar in company.avatars.values() if avatar.id != you.id],
        objects=room.objects.views(),
        cart=connection.cart,
        epoch=admission.live.epoch,
        display=room.objects.state(you.id),
        together=room.together.state(you.id),
        safety=room.safety.state(you.id),
        voice=room.voice.state(you.id),
    )
