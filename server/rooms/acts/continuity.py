"""Going for good. Coming back, and asking for what one missed, take more than the room itself."""

from typing import Final

from server.rooms.acts.act import Act, Ending, Moment, Outcome
from server.rooms.messages import Up
from server.rooms.messages.entry import Leave
from server.rooms.role import ALL


def leave(moment: Moment, message: Leave) -> Outcome:
    return Outcome(endings=[Ending(moment.avatar_id)])


ACTS: Final[dict[type[Up], Act]] = {Leave: Act(leave, ALL)}
