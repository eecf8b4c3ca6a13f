"""The watch-only lobby of a full room: who waits there, and whose turn it is."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from server.auth import TICKET, Tokens
from server.rooms.acts import Ending, Outcome, Whisper
from server.rooms.instant import Instant
from server.rooms.messages.doors import Audience, SeatNews, Turn
from server.rooms.open_rooms import Live
from server.rooms.seats import Seat, Seated, State

CALL_SECONDS: Final = 15.0  # a seat is kept for who waited for it
AUDIENCE_SECONDS: Final = 1.0  # between two `audience`
PASSED: Final = Turn(place=0)


def write_ticket(tokens: Tokens, room: str, seat: Seat, now: datetime, lifetime: timedelta) -> str:
    """For the socket that will take this seat; the role in it is signed."""
    place = {"room": room, "avatar": seat.avatar_id, "role": str(seat.role)}
    return tokens.issue(seat.person, TICKET, lifetime, now, **place)


@dataclass(slots=True)
class Lobby:
    """Looks at a room's seats about twice a second; who waits is written there."""

    tokens: Tokens
    new_id: Callable[[], str]
    node_url: str
    # By room: what each place to watch from was told, as that place was then.
    _told: dict[str, dict[str, tuple[Seat, Turn]]] = field(default_factory=dict)
    _audiences: dict[str, tuple[float, Audience]] = field(default_factory=dict)

    def sweep(self, live: Live, now: Instant) -> Outcome:
        """Call the next in line to seats that are free, and tell everybody their place."""
        if not live.seats.watching and live.room.id not in self._audiences:
            self._told.pop(live.room.id, None)
            return Outcome()
        endings = self._settle(live)
        self._call(live, now.wall)
        audience = self._audience(live, now.steady)
        return Outcome(whispers=self._whispers(live), loose=audience, endings=endings)

    def turn(self, live: Live, avatar_id: str) -> Turn | None:
        """What somebody who waits must know; None for everybody else."""
        seat = live.seats.find(avatar_id)
        if seat is None or seat.waits is None:
            return None
        return self._turns(live).get(avatar_id)

    def _turns(self, live: Live) -> dict[str, Turn]:
        """Of all who wait."""
        turns = {seat.avatar_id: Turn(n) for n, seat in enumerate(live.seats.line, start=1)}
        for seat in live.seats:
            if seat.called_for and seat.state is State.RESERVED:
                turns[seat.called_for] = self._call_to(live, seat)
        return turns

    def _call_to(self, live: Live, seat: Seat) -> Turn:
        # Counted back from its end, the ticket is the same each time it is asked for.
        ends, lifetime = datetime.fromtimestamp(seat.until, UTC), timedelta(seconds=CALL_SECONDS)
        ticket = write_ticket(self.tokens, live.room.id, seat, ends - lifetime, lifetime)
        return Turn(0, ticket, self.node_url or None, ends.isoformat())

    def _settle(self, live: Live) -> list[Ending]:
        """Who came stops watching; who did not come has had their turn."""
        endings, told = [], self._told.get(live.room.id, {})
        called = {seat.called_for: seat for seat in live.seats if seat.called_for}
        for watcher in live.seats:
            if watcher.waits is None:
                continue
            seat, last = called.get(watcher.avatar_id), told.get(watcher.avatar_id)
            if seat and seat.state is not State.RESERVED:
                endings.append(Ending(watcher.avatar_id, Seated()))
            elif seat is None and last and last[1].ticket:
                live.seats.stop_waiting(watcher.avatar_id)
        return endings

    def _call(self, live: Live, now: float) -> None:
        """Only who is connected; the others keep their place in the line."""
        for watcher in live.seats.line:
            if live.seats.free <= 0:
                return
            if watcher.state is State.TAKEN:
                until, place = now + CALL_SECONDS, watcher.avatar_id
                person, role = watcher.person, watcher.waits
                live.seats.reserve(self.new_id(), person, until, role, called_for=place)

    def _whispers(self, live: Live) -> list[Whisper]:
        """To whom something has changed, and to who came back and may have missed it."""
        whispers, before = [], self._told.get(live.room.id, {})
        after: dict[str, tuple[Seat, Turn]] = {}
        turns = self._turns(live)
        for seat in live.seats:
            last = before.get(seat.avatar_id)
            turn = turns.get(seat.avatar_id) or (PASSED if last else None)
            if turn is None:
                continue
            # A place that was come back to is another value, though it looks the same.
            heard = last is not None and last[0] is seat and last[1] == turn
            if seat.state is not State.TAKEN or heard:
                if last:
                    after[seat.avatar_id] = last
                continue
            message = SeatNews(turn.place, turn.ticket, turn.url, turn.expires_at)
            whispers.append(Whisper(seat.avatar_id, message))
            after[seat.avatar_id] = (seat, turn)
        self._told[live.room.id] = after
        return whispers

    def _audience(self, live: Live, now: float) -> list[Audience]:
        seats = live.seats
        news = Audience(len(live.room.company.avatars), seats.watching, len(seats.line))
        at, told = self._audiences.get(live.room.id, (-AUDIENCE_SECONDS, Audience(0, 0, 0)))
        same = (news.watching, news.waiting) == (told.watching, told.waiting)
        if same or now - at < AUDIENCE_SECONDS:
            return []
        self._audiences[live.room.id] = (now, news)
        if not news.watching:
            del self._audiences[live.room.id]
        return [news]
