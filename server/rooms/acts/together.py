"""What those present may do with each other."""

from typing import Final

from server.rooms.acts.act import Act, Moment, Outcome
from server.rooms.messages import Say, Up
from server.rooms.role import VISITORS


def say(moment: Moment, message: Say) -> Outcome:
    return Outcome(moment.room.together.say(moment.avatar_id, message.text))


ACTS: Final[dict[type[Up], Act]] = {Say: Act(say, VISITORS)}
