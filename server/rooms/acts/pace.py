"""Asking for the time, and for more or fewer poses."""

from typing import Final

from server.rooms.acts.act import Act, Moment, Outcome
from server.rooms.messages import Up
from server.rooms.messages.pace import AskTime, Granted, Timed, WishPace
from server.rooms.role import ALL


def clock(moment: Moment, message: AskTime) -> Outcome:
    time = moment.now.wall * 1000
    return Outcome(done=Timed(moment.room.rev, t=message.t, server_time=time))


def pace(moment: Moment, message: WishPace) -> Outcome:
    moment.room.poses.wishes[moment.avatar_id] = message.hz
    return Outcome(done=Granted(moment.room.rev, hz=message.hz))


ACTS: Final[dict[type[Up], Act]] = {
    AskTime: Act(clock, ALL, Timed),
    WishPace: Act(pace, ALL, Granted),
}
