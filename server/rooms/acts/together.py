"""What those present may do with each other."""

from typing import Final

from server.rooms.acts.act import Act, Moment, Outcome, Whisper
from server.rooms.messages import Say, Up
from server.rooms.messages.together import (
    Called,
    Emote,
    Follow,
    Gather,
    Help,
    InLine,
    RaiseHand,
    Type,
    Typing,
)
from server.rooms.role import GUIDES, VISITORS


def say(moment: Moment, message: Say) -> Outcome:
    together = moment.room.together
    return Outcome(together.say(moment.avatar_id, message.text, moment.now.wall, message.to))


def typing(moment: Moment, message: Type) -> Outcome:
    """Who is alone meant is alone told."""
    told = moment.room.together.types(moment.avatar_id, message.on, moment.now.steady, message.to)
    sign = Typing(moment.avatar_id, message.on, message.to)
    if not told:
        return Outcome()
    return Outcome(whispers=[Whisper(message.to, sign)]) if message.to else Outcome(loose=[sign])


def emote(moment: Moment, message: Emote) -> Outcome:
    return Outcome(moment.room.together.emote(moment.avatar_id, message.emote))


def hand(moment: Moment, message: RaiseHand) -> Outcome:
    together = moment.room.together
    changes = together.raise_hand(moment.avatar_id, message.raised, message.avatar)
    place = together.place(message.avatar or moment.avatar_id)
    return Outcome(changes, InLine(moment.room.rev, place=place))


def follow(moment: Moment, message: Follow) -> Outcome:
    walking = moment.room.together.walking
    return Outcome(walking.follow(moment.avatar_id, message.avatar, message.follower))


def gather(moment: Moment, message: Gather) -> Outcome:
    return Outcome(
        moment.room.together.walking.gather(
            moment.avatar_id, message.position, message.radius, message.lead, moment.now
        )
    )


def help(moment: Moment, message: Help) -> Outcome:
    together = moment.room.together
    wish = (message.on, message.text, message.avatar)
    changes = together.help(moment.avatar_id, *wish, moment.now.wall)
    guides = len(together.guides(without=moment.avatar_id))
    return Outcome(changes, Called(moment.room.rev, guides=guides))


ACTS: Final[dict[type[Up], Act]] = {
    Say: Act(say, VISITORS),
    Type: Act(typing, VISITORS),
    Emote: Act(emote, VISITORS),
    RaiseHand: Act(hand, VISITORS, InLine),
    Follow: Act(follow, VISITORS),
    Gather: Act(gather, GUIDES),
    Help: Act(help, VISITORS, Called),
}
