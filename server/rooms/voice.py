"""Who takes part in the room's call."""

from server.rooms.messages.voice import VoiceState
from server.rooms.part import Part


class Voice(Part):
    """Nobody: there are no calls."""

    def state(self, viewer: str) -> VoiceState:
        return VoiceState()
