"""Who takes part in the room's call, whose microphone is open, and who is on the stage."""

from typing import Final

from server.errors import Conflict, Forbidden
from server.rooms.company import Company
from server.rooms.messages import Avatar, Change
from server.rooms.messages.occasions import Announced, OccasionState
from server.rooms.messages.voice import CallChanged, Mode, Staged, Voiced, VoiceState
from server.rooms.part import Part
from server.rooms.role import GUIDES

MAX_STAGE: Final = 16


class NotInCall(Conflict):
    type = "not-in-call"
    title = "That takes two people in the call"
    detail = "`{avatar}` is not in the call of this room. Join it first, with `call`."


class VoiceFull(Conflict):
    type = "voice-full"
    title = "The call is full"
    detail = "{limit} people talk already. Wait until somebody leaves the call."


class NotOnStage(Forbidden):
    type = "not-on-stage"
    title = "Only those on the stage speak now"
    detail = "Raise a hand: whoever hosts this can ask you onto the stage."


class StageFull(Conflict):
    type = "stage-full"
    title = "The stage is full"
    detail = "{limit} people are on it."


class Voice(Part):
    """Nobody is in the call who did not ask, and no microphone is open at entry."""

    def __init__(self, company: Company) -> None:
        super().__init__(company)
        self.mode: Mode = "off"  # the call's, while somebody is in it
        self.in_call: dict[str, bool] = {}  # avatars in order of coming; microphone open?
        self.occasion: OccasionState | None = None
        self.stage_speaks = False  # nobody else does
        self._stage: dict[str, None] = {}  # avatars; also of those who are away for a moment

    def state(self, viewer: str) -> VoiceState:
        """What a newcomer must know."""
        return VoiceState(
            mode=self.mode,
            call=list(self.in_call),
            mics=[who for who, on in self.in_call.items() if on],
            stage=self.stage,
            occasion=self.occasion,
        )

    # ---- the call ----

    def call(self, avatar_id: str, on: bool, mesh: int, livekit: bool) -> list[Change]:
        """Come into the call or leave it; at most `mesh` people talk without a LiveKit server.

        Once it has grown beyond, a call stays there until nobody is in it.
        Raises NotPresent, VoiceFull.
        """
        self.company.present(avatar_id)
        if not on:
            return self._hang_up(avatar_id)
        if avatar_id in self.in_call:
            return []
        grows = len(self.in_call) >= mesh
        if grows and not livekit:
            raise VoiceFull(limit=mesh)
        if grows or self.mode == "off":
            self.mode = "livekit" if grows else "mesh"
        self.in_call[avatar_id] = False
        return [CallChanged(self.company.next(), avatar_id, True, self.mode)]

    def mic(self, avatar_id: str, on: bool) -> list[Change]:
        """Raises NotInCall, NotOnStage."""
        self.caller(avatar_id)
        if on and not self.may_speak(avatar_id):
            raise NotOnStage
        if self.in_call[avatar_id] == on:
            return []
        self.in_call[avatar_id] = on
        return [Voiced(self.company.next(), avatar_id, on)]

    def caller(self, avatar_id: str) -> None:
        """Raises NotInCall unless they take part."""
        if avatar_id not in self.in_call:
            raise NotInCall(avatar=avatar_id)

    def may_speak(self, avatar_id: str) -> bool:
        """Everybody may, unless an occasion gives the word to its stage."""
        return (
            not self.stage_speaks
            or avatar_id in self._stage
            or self.company.roles.get(avatar_id) in GUIDES
        )

    def _hang_up(self, avatar_id: str) -> list[Change]:
        if self.in_call.pop(avatar_id, None) is None:
            return []
        self.mode = self.mode if self.in_call else "off"
        return [CallChanged(self.company.next(), avatar_id, False, self.mode)]

    def _hush(self) -> list[Change]:
        """Shut every microphone that may not be open any more."""
        loud = [who for who, on in self.in_call.items() if on and not self.may_speak(who)]
        return [change for who in loud for change in self.mic(who, False)]

    # ---- the stage ----

    @property
    def stage(self) -> list[str]:
        """Those present who are on it, in order."""
        return [who for who in self._stage if who in self.company.avatars]

    @property
    def stars(self) -> frozenset[int]:
        """Their indices: seen by everybody from anywhere."""
        avatars = self.company.avatars
        return frozenset(avatars[who].index for who in self.stage)

    def put_on_stage(self, avatar_id: str, on: bool) -> list[Change]:
        """Raises NotPresent, StageFull."""
        self.company.present(avatar_id)
        if on == (avatar_id in self._stage):
            return []
        if on and len(self.stage) >= MAX_STAGE:
            raise StageFull(limit=MAX_STAGE)
        if not on:
            del self._stage[avatar_id]
            return [Staged(self.company.next(), avatar_id, False), *self._hush()]
        if len(self._stage) >= MAX_STAGE:  # somebody who left has a place still
            del self._stage[next(who for who in self._stage if who not in self.company.avatars)]
        self._stage[avatar_id] = None
        return [Staged(self.company.next(), avatar_id, True)]

    def announce(self, occasion: OccasionState | None, stage_speaks: bool) -> list[Change]:
        """What takes place here from now on, and whether only its stage has a voice."""
        if (occasion, stage_speaks) == (self.occasion, self.stage_speaks):
            return []
        self.occasion, self.stage_speaks = occasion, stage_speaks
        return [Announced(self.company.next(), occasion), *self._hush()]

    # ---- coming and going ----

    def joined(self, avatar: Avatar) -> list[Change]:
        """Whoever was on the stage and comes back is on it again."""
        if avatar.id not in self._stage:
            return []
        return [Staged(self.company.next(), avatar.id, True)]

    def left(self, avatar: Avatar) -> list[Change]:
        return self._hang_up(avatar.id)
