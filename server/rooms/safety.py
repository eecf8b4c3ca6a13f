"""Who is kept from whom, and who must be silent."""

from collections.abc import Collection, Mapping
from typing import Any, Final

from msgspec import structs

from server.errors import Conflict, Forbidden, VitrineError
from server.rooms.company import Company, NotHere, Yourself
from server.rooms.instant import Instant
from server.rooms.messages import Avatar, Change, Down, Up, event_of
from server.rooms.messages.safety import SafetyState, Shielded, Silenced
from server.rooms.part import Part
from server.rooms.report import Heard, Memory, doer
from server.rooms.role import GUIDES
from server.rooms.shields import Kind, Shields

VISIT_SECONDS: Final = 24 * 3600.0  # no shield outlives its visit by more than that
MAX_KNOWN: Final = 512  # avatars that a room remembers after they left

HEARD: Final = frozenset({"said", "typing"})  # kept from who muted or blocked its speaker
SEEN: Final = frozenset({"emoted", "pointed", "gathered"})  # from who hid or blocked them
SPEECH: Final = frozenset({"say", "typing", "emote"})  # what the silenced may not
# Messages to one other, by the member that names them: they do not pass a block.
REACHING: Final = {"say": "to", "typing": "to", "signal": "to", "follow": "avatar"}


NOTHING: Final = SafetyState()


class Silent(Forbidden):
    type = "silenced"
    title = "Nobody hears you for now"
    detail = "The house asked for silence until {until}; calling for help still works."


class OutOfReach(Conflict):
    type = "out-of-reach"
    title = "This person cannot be reached"
    detail = "One of you keeps the other away."


class OfTheHouse(Forbidden):
    type = "of-the-house"
    title = "They work here"
    detail = "Nobody silences or sends away people of the house; block them, or report them."


class Safety(Part):
    """Shields are between persons, and follow them from avatar to avatar and from room to room.

    `unseen` names, by a listener's avatar, the indices whose poses are kept from them. Everybody
    stays in everybody's list of who is here: it must agree, and one must be able to let somebody in
    again.
    """

    def __init__(self, company: Company) -> None:
        super().__init__(company)
        self.unseen: dict[str, frozenset[int]] = {}  # no entry where there is nobody to hide
        self.shields = Shields()  # the house puts its own here before the room is restored
        self.memory = Memory()
        self._silenced: dict[str, float] = {}  # by person; until, seconds since 1970
        self._known: dict[str, tuple[str, str, int]] = {}  # person, name, since
        self._watching: set[str] = set()  # of those, without an avatar
        self._told: dict[str, SafetyState] = {}  # to avatars for whom it is not empty
        self._revealed: set[int] = set()
        self._version = 0  # of the shields, as everybody here was told

    # ---- acts ----

    def shield(
        self, kind: Kind, avatar_id: str, person: str, other: str, on: bool, now: float
    ) -> list[Change]:
        """Raise or drop one against whoever has, or just had, the avatar `other`.

        Raises NotHere, Yourself, TooManyShields.
        """
        self.notice(avatar_id, person)
        whom = self.person(other)
        if whom == person:
            raise Yourself
        if on:
            self.shields.put(kind, person, whom, now + VISIT_SECONDS)
        else:
            self.shields.drop(kind, person, whom)
        self.changes += 1
        return self._news()

    def silence(self, other: str, on: bool, seconds: float, now: float) -> list[Change]:
        """Nobody hears them until the time is over. Raises NotHere, OfTheHouse."""
        person = self.person(other)
        if on:
            self.check_guest(other)
            self._silenced[person] = now + seconds
        elif self._silenced.pop(person, None) is None:
            return []
        self.changes += 1
        return self._silence_told(person)

    def notice(self, avatar_id: str, person: str) -> None:
        """Somebody is here from now on, with an avatar or watching."""
        avatar = self.company.avatars.get(avatar_id)
        before = self._known.get(avatar_id)
        since = before[2] if before else self.company.rev + (avatar is None)  # own `joined` or not
        self._known[avatar_id] = (person, avatar.name if avatar else "", since)
        if avatar is None:
            self._watching.add(avatar_id)
        self._forget_old()

    def watches(self, avatar_id: str, person: str) -> list[Change]:
        """Somebody comes to look on, without an avatar; what they have chosen goes for them too."""
        self.notice(avatar_id, person)
        return self._news()

    # ---- questions ----

    def person(self, avatar_id: str) -> str:
        """Whose avatar it is, or was a while ago. Raises NotHere."""
        return self._who(avatar_id)[0]

    def name(self, avatar_id: str) -> str:
        """Of whoever has it, or had. Raises NotHere."""
        avatar = self.company.avatars.get(avatar_id)
        return avatar.name if avatar else self._who(avatar_id)[1]

    def check_guest(self, avatar_id: str) -> None:
        """Raises OfTheHouse."""
        if self.company.roles.get(avatar_id) in GUIDES:
            raise OfTheHouse

    def evidence(
        self, about: str, viewer: str, others: Collection[Part], now: float
    ) -> list[dict[str, Any]]:
        """What the avatar `viewer` was told of the doings of a person. `others`: the room's parts
        that may have kept something from them."""
        self.memory.forget(now)
        since = self._known[viewer][2] if viewer in self._known else self.company.rev + 1

        def withheld(change: Change) -> Collection[str]:
            for part in others:
                audience = part.audience(change)
                if viewer in part.hidden_from(change) or (
                    audience is not None and viewer not in audience
                ):
                    return (viewer,)
            return ()

        return self.memory.evidence(about, viewer, since, withheld)

    def guard(self, person: str, message: Up, now: float) -> None:
        """Raises Silent, OutOfReach."""
        event = str(message.__struct_config__.tag)
        until = self._silenced.get(person, 0.0) if self._silenced else 0.0
        speaks = event in SPEECH or (event == "mic" and getattr(message, "on", True))
        if speaks and until > now:
            raise Silent(until=int(until * 1000), retry_after=int(until - now) + 1)
        other = getattr(message, REACHING[event], None) if event in REACHING else None
        if other is not None and self.shields:
            whom = self._known.get(other)
            if whom is not None and self.shields.apart(person, whom[0]):
                raise OutOfReach

    # ---- hooks ----

    def joined(self, avatar: Avatar) -> list[Change]:
        """Who is kept from them stays so with every new avatar."""
        person = self.company.persons[avatar.id]
        self.notice(avatar.id, person)
        if self.shields.of(person):
            self.changes += 1  # the room that is restored first must know of them
        news = self._news()
        return [*news, *(self._silence_told(person) if person in self._silenced else ())]

    def left(self, avatar: Avatar) -> list[Change]:
        self._told.pop(avatar.id, None)
        self.unseen.pop(avatar.id, None)
        return []

    def expire(self, now: Instant) -> list[Change]:
        """Shields of old visits, silences that are over, and what another room has changed. All of
        them are stored, so they end by the wall clock."""
        self.memory.forget(now.wall)
        if self.shields:
            self.shields.expire(now.wall)
        over = [person for person, until in self._silenced.items() if until <= now.wall]
        for person in over:
            del self._silenced[person]
            self.changes += 1
        ended = [change for person in over for change in self._silence_told(person)]
        return [*ended, *(self._news() if self.shields.version != self._version else ())]

    def heard(self, change: Change, now: float) -> None:
        """Kept for a while, as evidence."""
        by = doer(change)
        person = self.company.persons.get(by) if by else None
        if person is not None:
            self.memory.add(Heard(now, person, change, self.hidden_from(change)))

    def hidden_from(self, change: Down) -> Collection[str]:
        """Words and gestures of those whom somebody keeps away."""
        if not self.shields:
            return ()
        event = event_of(change)
        if event not in HEARD and event not in SEEN:
            return ()
        by = self._known.get(str(getattr(change, "by", "")))
        if by is None:
            return ()
        kept = self.shields.deaf if event in HEARD else self.shields.blind
        return [id for id, (person, _, _) in self._known.items() if kept(person, by[0])]

    def apart(self, one: str, other: str) -> bool:
        """Whether a block stands between two avatars."""
        persons = self.company.persons
        return bool(self.shields) and self.shields.apart(persons[one], persons[other])

    def keeps_away(self, avatar_id: str, other: str) -> bool:
        """Whether nothing of the avatar `other` may reach this one, by any shield between them."""
        if not self.shields:
            return False
        mine, theirs = self.company.persons[avatar_id], self.company.persons[other]
        return self.shields.deaf(mine, theirs) or self.shields.blind(mine, theirs)

    def revealed(self) -> set[int]:
        """Indices that somebody sees again who did not; each once."""
        revealed, self._revealed = self._revealed, set()
        return revealed

    def audience(self, change: Change) -> Collection[str] | None:
        """What one keeps away is for oneself alone."""
        return {change.to} if isinstance(change, Shielded) else None

    def state(self, viewer: str) -> SafetyState:
        """As it is for the avatar `viewer`, who may be somebody watching."""
        silent = [id for id, who in self.company.persons.items() if who in self._silenced]
        return structs.replace(self._chosen(viewer), silenced=silent)

    def kept(self) -> dict[str, Any]:
        """Shields of those who were here, and silences."""
        here = {person for person, _, _ in self._known.values()}
        shields = [
            [kind, owner, other, until]
            for owner, kind, other, until in self.shields
            if owner in here
        ]
        return {"safety": {"shields": shields, "silenced": dict(self._silenced)}}

    def restore(self, saved: Mapping[str, Any]) -> None:
        kept = saved.get("safety", {})
        for kind, owner, other, until in kept.get("shields", ()):
            try:
                self.shields.put(Kind(kind), owner, other, until)
            except (VitrineError, ValueError):  # of a version that had other kinds, or more room
                continue
        self._silenced = dict(kept.get("silenced", {}))
        self._version = self.shields.version

    # ---- small ----

    def _who(self, avatar_id: str) -> tuple[str, str, int]:
        known = self._known.get(avatar_id)
        if known is None:
            raise NotHere(avatar=avatar_id)
        return known

    def _forget_old(self) -> None:
        """Avatars that left long ago."""
        surplus = len(self._known) - len(self.company.avatars) - MAX_KNOWN
        if surplus > 0:
            gone = [id for id in self._known if id not in self.company.avatars]
            for id in gone[:surplus]:
                del self._known[id]
                self._watching.discard(id)

    def _news(self) -> list[Change]:
        """What the shields have become, to each whom that concerns."""
        self._version = self.shields.version
        if not self.shields and not self._told:
            return []
        concerned = self.shields.concerned()
        news: list[Change] = []
        unseen: dict[str, frozenset[int]] = {}
        for id, (person, *_) in self._known.items():
            if id not in self.company.avatars and id not in self._watching:
                continue
            if person not in concerned and id not in self._told:
                continue
            mine = self._chosen(id)
            if mine.veiled:
                unseen[id] = frozenset(self.company.avatars[one].index for one in mine.veiled)
            if mine != self._told.get(id, NOTHING):
                lists = (mine.muted, mine.hidden, mine.blocked, mine.veiled)
                news.append(Shielded(self.company.next(), id, *lists))
            if mine == NOTHING:
                self._told.pop(id, None)
            else:
                self._told[id] = mine
        for id, indices in self.unseen.items():
            self._revealed |= indices - unseen.get(id, frozenset())
        self.unseen = unseen
        return news

    def _chosen(self, viewer: str) -> SafetyState:
        """Silences apart."""
        if viewer not in self._known or not self.shields:
            return NOTHING
        person, shields = self._known[viewer][0], self.shields
        others = self.company.persons.items()

        def raised(kind: Kind) -> list[str]:
            return [id for id, other in others if shields.raised(kind, person, other)]

        veiled = [id for id, other in others if shields.blind(person, other)]
        return SafetyState(raised(Kind.MUTE), raised(Kind.HIDE), raised(Kind.BLOCK), veiled)

    def _silence_told(self, person: str) -> list[Change]:
        until = self._silenced.get(person)
        ends = None if until is None else int(until * 1000)
        return [
            Silenced(self.company.next(), id, until is not None, ends)
            for id, who in self.company.persons.items()
            if who == person
        ]
