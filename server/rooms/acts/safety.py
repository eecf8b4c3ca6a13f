"""Keeping others at a distance; and what is looked at before any act."""

from typing import Final

from server.rooms.acts.act import Act, Guard, Moment, Outcome
from server.rooms.messages import Up
from server.rooms.messages.safety import Block, Hide, Kept, Mute, Silence
from server.rooms.role import ALL, MODERATORS
from server.rooms.shields import Kind

KINDS: Final = {Mute: Kind.MUTE, Hide: Kind.HIDE, Block: Kind.BLOCK}


def shield(moment: Moment, message: Mute | Hide | Block) -> Outcome:
    """Told to both where it goes both ways, and to nobody else."""
    safety, by = moment.room.safety, (moment.avatar_id, moment.person.id)
    kind = KINDS[type(message)]
    changes = safety.shield(kind, *by, message.avatar, message.on, moment.now.wall)
    changes += moment.room.settle()
    mine = safety.state(moment.avatar_id)
    done = Kept(
        moment.room.rev,
        muted=mine.muted,
        hidden=mine.hidden,
        blocked=mine.blocked,
        veiled=mine.veiled,
    )
    return Outcome(changes, done)


def silence(moment: Moment, message: Silence) -> Outcome:
    room = moment.room
    wish = (message.avatar, message.on, message.seconds)
    return Outcome(room.safety.silence(*wish, moment.now.wall))


def heed(moment: Moment, message: Up) -> None:
    """Who was asked to be silent says nothing, and nothing passes a block."""
    moment.room.safety.guard(moment.person.id, message, moment.now.wall)


ACTS: Final[dict[type[Up], Act]] = {
    **dict.fromkeys(KINDS, Act(shield, ALL, Kept)),
    Silence: Act(silence, MODERATORS),
}
GUARDS: Final[tuple[Guard, ...]] = (heed,)
