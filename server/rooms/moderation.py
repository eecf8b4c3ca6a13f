"""Sending somebody away for a while, and reports of misconduct."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
import structlog

from server.auth import OPERATOR, STAFF, Person, Role
from server.errors import Forbidden
from server.rooms.acts import Act, Ending, Moment, Outcome
from server.rooms.company import Yourself
from server.rooms.messages import Up
from server.rooms.messages.safety import Accuse, Kick, Reported
from server.rooms.open_rooms import Live, OpenRooms
from server.rooms.report import About, NoSuchReport, Report, ReportClosed
from server.rooms.repository import Moderation
from server.rooms.role import ALL, GUIDES, MODERATORS
from server.rooms.safety import OfTheHouse
from server.rooms.shields import Shields
from server.storage.port import Doc, Missing

log = structlog.get_logger()

MODERATING: Final = STAFF | OPERATOR  # accounts
FORGET_SECONDS: Final = 3600.0  # between looks at what was kept long enough


class Kicked(Forbidden):
    type = "kicked"
    title = "The house asks you to go"
    detail = "You may come back after {until}."


@dataclass(slots=True)
class ModerationService:
    """What safety in a room needs storage for, or more than one room."""

    documents: Moderation
    rooms: OpenRooms
    clock: Callable[[], datetime]  # UTC, aware
    new_id: Callable[[], str]
    ban_minutes: int  # somebody who was sent away stays out
    report_days: int  # a report is kept
    shields: Shields = field(default_factory=Shields)  # of everybody in this house
    # Told of who was sent out: showroom, person, until when, why.
    others_hear: Callable[[str, str, str, str], None] = lambda *_: None
    _forgot_at: float = 0.0

    def __post_init__(self) -> None:
        self.rooms.opening.append(self._shelter)

    def acts(self) -> dict[type[Up], Act]:
        """Those that wait for storage."""
        return {
            Kick: Act(self._kick, MODERATORS),
            Accuse: Act(self._report, ALL, Reported),
        }

    # ---- who may not come in ----

    async def until(self, showroom: str, person: Person) -> datetime | None:
        """The end of somebody's ban; None for who is welcome."""
        await self._forget()
        ends = await self.documents.banned_until(showroom, person.id)
        if ends is None or ends <= self.clock().timestamp():
            return None
        return datetime.fromtimestamp(ends, UTC)

    async def kick(
        self, live: Live, avatar_id: str, minutes: int | None, reason: str, role: str, by: Role
    ) -> Outcome:
        """Send the person of an avatar out of all rooms of the showroom.

        Stores the role that acted, and not who had it. Raises NotHere, OfTheHouse.
        """
        seat = live.seats.find(avatar_id)
        person = seat.person.id if seat else live.room.safety.person(avatar_id)
        if by is not Role.OPERATOR and seat is not None and seat.role in GUIDES:
            raise OfTheHouse
        kept_out = self.ban_minutes if minutes is None else minutes
        ends = self.clock() + timedelta(minutes=kept_out)
        if kept_out:
            await self.documents.ban(live.showroom, person, ends.timestamp(), role)
        until = ends.isoformat(timespec="seconds")
        endings = self.endings(live.showroom, person, until, reason)
        self.others_hear(live.showroom, person, until, reason)
        log.info("room.kicked", room=live.room.id, avatar=avatar_id, minutes=kept_out, role=role)
        return Outcome(endings=endings)

    def endings(self, showroom: str, person: str, until: str, reason: str) -> list[Ending]:
        """Of a person's visits to a showroom, on this node."""
        error = Kicked(until=until, reason=reason)
        return [Ending(one, error) for one in self._leave(showroom, person)]

    def _leave(self, showroom: str, person: str) -> list[str]:
        """Give up all of somebody's seats there; whose they were."""
        avatars = []
        for seat in list(self.rooms.seats_of(person)):
            for live in self.rooms:
                if live.showroom == showroom and live.seats.find(seat.avatar_id):
                    live.seats.give_up(seat.avatar_id)
                    avatars.append(seat.avatar_id)
        return avatars

    # ---- reports ----

    async def reports(
        self, status: str | None, limit: int, after: str | None
    ) -> tuple[list[Report], str | None]:
        """Oldest first, and the cursor of the next page."""
        await self._forget()
        page = await self.documents.reports(status, limit, after)
        return [msgspec.convert(document, Report) for document in page.items], page.next

    async def report(self, id: str, reader: Person) -> Report:
        """For the house; its reporter reads it without the other's id. Raises NoSuchReport."""
        document = await self.documents.report(id)
        if document is None:
            raise NoSuchReport(report=id)
        report = msgspec.convert(document, Report)
        if reader.role in MODERATING:
            return report
        if report.reporter != reader.id:
            raise NoSuchReport(report=id)
        return msgspec.structs.replace(report, about=About("", report.about.name))

    async def close(self, id: str, role: str) -> Report:
        """Nothing more to be done. Raises NoSuchReport, ReportClosed."""

        def closed(document: Doc) -> Doc:
            if document["status"] == "closed":
                raise ReportClosed(report=id)
            return {**document, "status": "closed", "closed_by_role": role}

        try:
            return msgspec.convert(await self.documents.decide(id, closed), Report)
        except Missing as error:
            raise NoSuchReport(report=id) from error

    # ---- acts ----

    async def _kick(self, moment: Moment, message: Kick) -> Outcome:
        live = self._live(moment)
        if message.avatar == moment.avatar_id:
            raise Yourself
        moment.room.safety.check_guest(message.avatar)
        by = moment.person.role
        wish = (message.minutes, message.reason, str(moment.role))
        return await self.kick(live, message.avatar, *wish, by)

    async def _report(self, moment: Moment, message: Accuse) -> Outcome:
        room, safety = moment.room, moment.room.safety
        about = safety.person(message.avatar)
        if about == moment.person.id:
            raise Yourself
        others = [part for part in room.parts if part is not safety]
        evidence = safety.evidence(about, moment.avatar_id, others, moment.now.wall)
        report = Report(
            id=self.new_id(),
            showroom=self._live(moment).showroom,
            room=room.id,
            reporter=moment.person.id,
            about=About(about, safety.name(message.avatar)),
            reason=message.reason,
            text=message.text.strip(),
            evidence=evidence,
            at=self.clock().isoformat(timespec="milliseconds"),
        )
        await self.documents.hand_in(msgspec.to_builtins(report))
        log.info("room.reported", room=room.id, avatar=message.avatar, reason=message.reason)
        return Outcome(done=Reported(room.rev, report=report.id, evidence=evidence))

    # ---- small ----

    def _live(self, moment: Moment) -> Live:
        live = self.rooms.find(moment.room.id)
        if live is None:  # whoever acts has a seat, and their room is open
            raise LookupError(moment.room.id)
        return live

    def _shelter(self, live: Live) -> None:
        live.room.safety.shields = self.shields

    async def _forget(self) -> None:
        """Once in a while, what was kept long enough."""
        now = self.clock()
        if now.timestamp() - self._forgot_at < FORGET_SECONDS:
            return
        self._forgot_at = now.timestamp()
        oldest = (now - timedelta(days=self.report_days)).isoformat(timespec="milliseconds")
        await self.documents.forget(oldest, now.timestamp())
