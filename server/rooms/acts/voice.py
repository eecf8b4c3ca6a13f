"""Taking part in the room's call."""

from typing import Final

from server.rooms.acts.act import Act, Moment, Outcome, Whisper
from server.rooms.messages import Up
from server.rooms.messages.voice import SetMic, SetStage, Signal, Signalled
from server.rooms.role import GUIDES, VISITORS
from server.rooms.room import Room
from server.rooms.voice import NotInCall


def apart(room: Room, one: str, other: str) -> bool:
    """Whether either is kept from the other's eyes, and so from their ears."""
    avatars, unseen = room.company.avatars, room.safety.unseen
    return any(
        avatars[who].index in unseen.get(whom, ()) for who, whom in ((one, other), (other, one))
    )


def mic(moment: Moment, message: SetMic) -> Outcome:
    return Outcome(moment.room.voice.mic(moment.avatar_id, message.on))


def signal(moment: Moment, message: Signal) -> Outcome:
    """Only from one in the call to another, who sees them; what the message says stays unread."""
    room, voice = moment.room, moment.room.voice
    for who in (moment.avatar_id, message.to):
        voice.caller(who)
    if message.to == moment.avatar_id or apart(room, moment.avatar_id, message.to):
        raise NotInCall(avatar=message.to)
    signalled = Signalled(moment.avatar_id, message.kind, message.data)
    return Outcome(whispers=[Whisper(message.to, signalled)])


def stage(moment: Moment, message: SetStage) -> Outcome:
    return Outcome(moment.room.voice.put_on_stage(message.avatar, message.on))


ACTS: Final[dict[type[Up], Act]] = {
    SetMic: Act(mic, VISITORS),
    Signal: Act(signal, VISITORS),
    SetStage: Act(stage, GUIDES),
}
