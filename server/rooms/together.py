"""What those present say to each other."""

from server.rooms.messages import Change, Said
from server.rooms.messages.together import TogetherState
from server.rooms.part import Part


class Together(Part):
    """Chat."""

    def say(self, avatar_id: str, text: str) -> list[Change]:
        """Everybody hears it, the speaker too."""
        avatar = self.company.present(avatar_id)
        return [Said(self.company.next(), avatar_id, avatar.name, text.strip())]

    def state(self, viewer: str) -> TogetherState:
        return TogetherState()
