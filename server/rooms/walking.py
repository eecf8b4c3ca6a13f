"""Who walks with whom, and where everybody is asked to come."""

from collections.abc import Callable
from typing import Final

from server.errors import Conflict, TooMany
from server.rooms.company import Company
from server.rooms.instant import Instant
from server.rooms.messages import Change
from server.rooms.messages.together import Followed, Gathered
from server.rooms.pose import Vector

GATHER_SECONDS: Final = 2.0  # between two wishes in a room


class WouldCircle(Conflict):
    type = "would-circle"
    title = "They follow you already"
    detail = "Somebody has to lead: `{avatar}` follows you, directly or through others."


class GatherRests(TooMany):
    type = "gather-rests"
    title = "Everybody was asked a moment ago"
    detail = "Ask again in {retry_after} s."


class Walking:
    """Nobody follows somebody who is gone, and nobody in a circle."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.following: dict[str, str] = {}  # by avatar: with whom they walk
        self._gathered = float("-inf")  # of the steady clock

    def follow(self, avatar_id: str, whom: str | None, follower: str | None = None) -> list[Change]:
        """Walk with `whom`; or have `follower` not walk with oneself any more.

        Raises NotHere, Yourself, WouldCircle, NotYourPlace.
        """
        self.company.present(avatar_id)
        if follower is not None and follower != avatar_id:
            if whom is not None or self.following.get(follower) != avatar_id:
                raise self.company.not_yours(avatar_id, "lead another to somebody")
            return self._follows(follower, None)
        if whom is not None:
            self.company.other(avatar_id, whom)
            ahead: str | None = whom
            while ahead is not None:
                if ahead == avatar_id:
                    raise WouldCircle(avatar=whom)
                ahead = self.following.get(ahead)
        return self._follows(avatar_id, whom)

    def separate(self, apart: Callable[[str, str], bool]) -> list[Change]:
        """Nobody walks any more with whom they are kept `apart` from, in either direction."""
        parted = [who for who, whom in self.following.items() if apart(who, whom)]
        return [change for who in parted for change in self._follows(who, None)]

    def left(self, avatar_id: str) -> list[Change]:
        """Who goes leads nobody any more."""
        return self.separate(lambda who, whom: avatar_id in (who, whom))

    def gather(
        self, avatar_id: str, position: Vector, radius: float, lead: bool, now: Instant
    ) -> list[Change]:
        """A wish of the house, within the room's bounds. Raises GatherRests, NotYourPlace."""
        self.company.present(avatar_id)
        self.company.only_guides(avatar_id, "gather people")
        if now.steady - self._gathered < GATHER_SECONDS:
            raise GatherRests(retry_after=int(GATHER_SECONDS))
        self._gathered = now.steady
        at, place = int(now.wall * 1000), self.company.bounds.clamp(position)
        return [Gathered(self.company.next(), avatar_id, place, radius, at, lead)]

    def _follows(self, who: str, whom: str | None) -> list[Change]:
        if self.following.get(who) == whom:
            return []
        if whom is None:
            del self.following[who]
        else:
            self.following[who] = whom
        return [Followed(self.company.next(), who, whom)]
