"""Lines are cut and mended at random, servers die: rooms end with exactly who is connected."""

import asyncio
import tempfile
import uuid
from collections import Counter
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from socketio.exceptions import ConnectionRefusedError as Refused
from structlog.testing import capture_logs

from server.auth import Person, Role, Tokens
from server.errors import Forbidden
from server.rooms.acts import Ending, Outcome
from server.rooms.repository import INDEXES, Documents
from server.rooms.service import RoomHub
from server.storage.embedded import EmbeddedStore
from tests.chaos.lines import Exchange, Guest
from tests.conftest import HeldClock
from tests.server.rooms.house import SECRET, SHOWROOM, TheAssets, TheCarts, TheCatalog

COUNTS: Counter[str] = Counter()
CUTS = 1_000  # at least that many in a run, which the last assertion looks at
NAMES = [f"G{number}" for number in range(8)]
CAPACITY = 5  # fewer than there are guests: a second room opens

guests = st.integers(0, len(NAMES) - 1)
things = st.sampled_from(["lamp", "shoe"])


class AnyNetwork(RuleBasedStateMachine):
    """The real hub, sockets and store; the network, the clock and the guests are the dice's."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = HeldClock()
        path = Path(self.folder.name) / "rooms.db"
        self.store = self.run(EmbeddedStore.open(path, INDEXES))
        self.guests = [Guest(Person(n.lower(), n, Role.SHOPPER)) for n in NAMES]
        self.gone: set[str] = set()  # avatars for which there is no way back, if it was stored
        self.exchange: Exchange

    def run(self, work: Any) -> Any:
        return self.runner.run(work)

    @initialize()
    def begin(self) -> None:
        """With everybody in, so that there is somebody to be cut off."""
        self.open()
        for who in range(len(NAMES)):
            self.join(who)

    def open(self) -> None:
        hub = RoomHub(
            documents=Documents(self.store),
            catalog=TheCatalog(),
            assets=TheAssets(),
            tokens=Tokens(SECRET),
            clock=self.clock,
            steady=self.clock.steady,
            new_id=lambda: uuid.uuid4().hex,
            capacity=CAPACITY,
        )
        self.run(hub.documents.showrooms.put_showroom(SHOWROOM))
        self.exchange = Exchange(hub, TheCarts(hub.notify), self.runner.get_loop())

    # ---- coming ----

    async def _dial(self, guest: Guest, auth: dict[str, Any]) -> str:
        try:
            guest.line = await self.exchange.dial(auth, guest.hear)
        except Refused as refused:
            guest.line = None
            return str(refused.error_args["data"]["type"])
        return ""

    @rule(who=guests)
    def join(self, who: int) -> None:
        guest = self.guests[who]
        if guest.line is not None:
            return

        async def come() -> None:
            ticket = await self.exchange.hub.ways.join("demo", guest.person, "")
            assert not await self._dial(guest, {"ticket": ticket.ticket})

        self.run(come())
        COUNTS["joined"] += 1

    @rule(who=guests, how=st.sampled_from(["knowing", "knowing", "knowing", "blank", "ahead"]))
    def resume(self, who: int, how: str) -> None:
        """After a cut, or over a line that still looks alive to the server."""
        guest = self.guests[who]
        if not guest.resume or (guest.line is not None and not guest.line.cut):
            return
        was = guest.me, guest.index, guest.room
        auth = guest.auth
        if how == "blank":
            auth = {"resume": guest.resume}
        if how == "ahead":
            auth = {**auth, "rev": guest.rev + 10_000}
        refused = self.run(self._dial(guest, auth))
        if refused:
            assert refused == "seat-gone"
            guest.resume = ""
            COUNTS["seat gone"] += 1
            return
        assert guest.me not in self.gone
        # In another epoch an index may be somebody else's by now; the avatar is not.
        assert (guest.me, guest.room) == (was[0], was[2])
        COUNTS["resumed"] += 1

    @rule(who=guests, whose=guests)
    def resume_as_somebody_else(self, who: int, whose: int) -> None:
        """Two clients with one token: the later one has the avatar, the earlier one is told."""
        guest, other = self.guests[who], self.guests[whose]
        if guest is other or guest.line is not None or not other.resume:
            return
        twin = Guest(other.person)
        if self.run(self._dial(twin, {"resume": other.resume})):
            return
        assert other.line is None or other.line.cut or other.line.ended
        self.guests[whose] = twin
        COUNTS["twins"] += 1

    # ---- going ----

    @rule(who=guests, how=st.sampled_from(["noticed", "half open"]))
    def cut(self, who: int, how: str) -> None:
        guest = self.guests[who]
        if guest.line is None or guest.line.cut:
            return
        guest.line.cut = True
        COUNTS["cut"] += 1
        if how == "noticed":
            self.exchange.notice(guest.line)
            guest.line = None

    @rule(
        some=st.lists(guests, min_size=1, max_size=6, unique=True),
        how=st.lists(st.sampled_from(["noticed", "half open"]), min_size=6, max_size=6),
        meanwhile=st.lists(guests, max_size=3),
        backwards=st.booleans(),
    )
    def blink(self, some: list[int], how: list[str], meanwhile: list[int], backwards: bool) -> None:
        """Away for a moment, in which others go on."""
        lines = {who: self.guests[who].line for who in some}
        away = [who for who, line in lines.items() if line and not line.cut and not line.ended]
        for who, way in zip(away, how, strict=False):
            self.cut(who, way)
        for other in meanwhile:
            self.act(other, "lamp", "grab")
            self.act(other, "lamp", "say")
        for who in away[::-1] if backwards else away:
            self.resume(who, "knowing")

    @rule(who=guests)
    def notice(self, who: int) -> None:
        """The ping that was not answered."""
        guest = self.guests[who]
        if guest.line is not None and guest.line.cut:
            self.exchange.notice(guest.line)
            guest.line = None

    @rule(who=guests)
    def kick(self, who: int) -> None:
        guest = self.guests[who]
        live = self.exchange.hub.open_rooms.find(guest.room)
        if live is None or guest.me not in live.room.company.avatars:
            return
        self.gone.add(guest.me)
        ending = Ending(guest.me, Forbidden(role="shopper"))
        self.exchange.sockets.carry_out(live, Outcome(endings=[ending]))
        guest.line = None
        COUNTS["kicked"] += 1

    @rule(who=guests)
    def leave(self, who: int) -> None:
        """For good; the token stays, for whoever would try it."""
        guest = self.guests[who]
        if guest.line is None or guest.line.cut or guest.line.ended:
            return
        answer = self.run(self.exchange.say(guest.line, "leave", {}))
        if not answer["ok"]:  # they have said too much
            return
        assert guest.line.ended
        guest.line = None
        self.gone.add(guest.me)
        COUNTS["left"] += 1

    # ---- meanwhile ----

    @rule(who=guests, thing=things, act=st.sampled_from(["grab", "grab", "move", "release", "say"]))
    def act(self, who: int, thing: str, act: str) -> None:
        guest = self.guests[who]
        if guest.line is None or guest.line.cut or guest.line.ended:
            return
        payload: dict[str, Any] = {"text": "hi"} if act == "say" else {"object": thing}
        if act == "move":
            payload["position"] = [1, 1, 1]
        self.run(self.exchange.say(guest.line, act, payload))

    @rule(who=guests)
    def sync(self, who: int) -> None:
        """Asked without need, it tells nothing; asked from earlier, it tells what came since."""
        guest = self.guests[who]
        if guest.line is None or guest.line.cut or guest.line.ended:
            return
        message = {"rev": guest.rev, "epoch": guest.epoch}
        answer = self.run(self.exchange.say(guest.line, "sync", message))
        assert answer["ok"] is False or answer["replayed"]

    @rule(seconds=st.sampled_from([0.5, 2, 4, 20, 40]))
    def wait(self, seconds: float) -> None:
        self.clock.forward(seconds=seconds)
        self.exchange.sweep()

    @rule()
    @precondition(lambda self: any(self._unsaved()))
    def keep(self) -> None:
        self.run(self.exchange.hub.keeper.keep())
        COUNTS["kept"] += 1

    def _unsaved(self) -> list[bool]:
        return [live.kept != live.room.changes for live in self.exchange.hub.rooms()]

    @rule(how=st.sampled_from(["stopped", "killed"]))
    @precondition(lambda self: sum(guest.line is not None for guest in self.guests) > 3)
    def restart(self, how: str) -> None:
        for guest in self.guests:
            if guest.line is not None:
                COUNTS["cut"] += 1
                guest.line.cut = True
                if how == "stopped":
                    self.exchange.notice(guest.line)
                guest.line = None
        if how == "stopped":
            self.run(self.exchange.hub.keeper.keep())
        else:
            self.gone.clear()  # what was not stored yet is not known any more
        self.exchange.close()
        COUNTS[how] += 1
        self.open()

    # ---- what holds at any time ----

    def _here(self) -> list[Guest]:
        return [guest for guest in self.guests if guest.line is not None]

    @invariant()
    def rooms_hold_exactly_who_is_connected(self) -> None:
        connected: dict[str, set[str]] = {}
        for guest in self._here():
            if guest.line is not None and not guest.line.ended:
                connected.setdefault(guest.room, set()).add(guest.me)
        for live in self.exchange.hub.rooms():
            present = set(live.room.company.avatars)
            assert present == connected.pop(live.room.id, set())
            assert {grip.by for grip in live.room.objects.grips.values()} <= present
            indices = [seat.index for seat in live.seats if seat.index is not None]
            assert len(indices) == len(set(indices))
            assert len(live.seats) <= CAPACITY
            assert {avatar.index for avatar in live.room.company.avatars.values()} <= set(indices)
        assert not connected

    @invariant()
    def everybody_sees_the_same_room(self) -> None:
        for guest in self._here():
            if guest.line is None or guest.line.cut or guest.line.ended:
                continue
            live = self.exchange.hub.open_rooms.find(guest.room)
            assert live is not None
            assert (guest.rev, guest.epoch) == (live.room.rev, live.epoch)
            assert guest.avatars | {guest.me} == set(live.room.company.avatars)
            grips = {thing: grip.by for thing, grip in live.room.objects.grips.items()}
            assert guest.held == grips

    def teardown(self) -> None:
        COUNTS["replayed"] += sum(guest.replays for guest in self.guests)
        self.exchange.close()
        self.run(self.store.close())
        self.runner.close()
        self.folder.cleanup()


def test_a_thousand_cuts_leave_no_ghost_and_no_gap():
    chosen = settings(
        max_examples=30,
        stateful_step_count=60,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    with capture_logs() as logged:
        while COUNTS["cut"] < CUTS:
            run_state_machine_as_test(AnyNetwork, settings=chosen)
    assert not [entry for entry in logged if entry["log_level"] == "error"]
    print(dict(COUNTS))
    assert COUNTS["resumed"] > CUTS / 4
    assert COUNTS["replayed"] > CUTS / 10
    assert min(COUNTS[name] for name in ("stopped", "killed", "kicked", "left", "twins")) > 0
