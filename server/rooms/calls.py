"""How browsers that are in a call reach each other: relays, and a server for large calls."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from server.rooms.acts import Act, Moment, Outcome
from server.rooms.acts.voice import apart
from server.rooms.messages import Up
from server.rooms.messages.voice import CallJoined, IceServer, LiveKitPass, SetCall
from server.rooms.role import VISITORS
from server.rooms.turn import credentials


class Carrier(Protocol):
    """A server for large calls; false when there is none."""

    def __bool__(self) -> bool: ...

    def admit(self, room: str, identity: str, speaks: bool, now: datetime) -> LiveKitPass: ...


@dataclass(slots=True)
class CallService:
    """What it knows comes from the settings of the same names; empty: there is none."""

    clock: Callable[[], datetime]  # UTC, aware
    stun_urls: str
    turn_urls: str
    turn_secret: str
    turn_seconds: int
    livekit: Carrier
    voice_mesh: int

    def acts(self) -> dict[type[Up], Act]:
        """Those that need it."""
        return {SetCall: Act(self.call, VISITORS, CallJoined)}

    def call(self, moment: Moment, message: SetCall) -> Outcome:
        """In or out; whoever is in learns how to reach the others.

        Raises NotPresent, VoiceFull, NotConfigured.
        """
        room, voice, me = moment.room, moment.room.voice, moment.avatar_id
        # LiveKit's token comes first: where it cannot be made, nothing has changed.
        ready = bool(message.on and self.livekit)
        now = self.clock()
        ticket = self.livekit.admit(room.id, me, voice.may_speak(me), now) if ready else None
        changes = voice.call(me, message.on, self.voice_mesh, ready)
        mesh = message.on and voice.mode == "mesh"
        peers = [one for one in voice.in_call if one != me and not apart(room, me, one)]
        done = CallJoined(
            room.rev,
            mode=voice.mode if message.on else "off",
            peers=peers if mesh else [],
            ice=self.ice(me, now) if mesh else [],
            livekit=ticket if message.on and voice.mode == "livekit" else None,
        )
        return Outcome(changes, done)

    def ice(self, avatar_id: str, now: datetime) -> list[IceServer]:
        """Where a browser learns its own address, and who relays for it."""
        servers = []
        if stun := listed(self.stun_urls):
            servers.append(IceServer(stun))
        turn = listed(self.turn_urls)
        if turn and self.turn_secret:
            own = credentials(self.turn_secret, avatar_id, now.timestamp(), self.turn_seconds)
            servers.append(IceServer(turn, own.username, own.credential))
        return servers


def listed(urls: str) -> list[str]:
    """From a setting with commas."""
    return [url.strip() for url in urls.split(",") if url.strip()]
