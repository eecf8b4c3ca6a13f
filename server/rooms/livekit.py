"""Tokens for a LiveKit server, which carries the calls that are too large for browsers alone."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from server.errors import Unavailable
from server.rooms.messages.voice import LiveKitPass

LIFETIME: Final = timedelta(minutes=10)  # to connect within; a connection outlives its token


class NotConfigured(Unavailable):
    type = "not-configured"
    title = "Large calls are not set up here"
    detail = "{reason}"


@dataclass(frozen=True, slots=True)
class LiveKit:
    """`url` empty: there is no such server."""

    url: str
    key: str
    secret: str

    def __bool__(self) -> bool:
        return bool(self.url and self.key and self.secret)

    def admit(self, room: str, identity: str, speaks: bool, now: datetime) -> LiveKitPass:
        """Into the call of a room, under an avatar's id. Raises NotConfigured."""
        try:
            from livekit import api  # an extra: few houses need it
        except ImportError as error:
            reason = "Install `livekit-api` on the server: pip install 'vitrine[voice]'."
            raise NotConfigured(reason=reason) from error
        grants = api.VideoGrants(
            room_join=True,
            room=f"vitrine-{room}",
            can_publish=speaks,
            can_publish_sources=["microphone"],
            can_publish_data=False,
        )
        token = api.AccessToken(self.key, self.secret).with_identity(identity).with_grants(grants)
        return LiveKitPass(
            url=self.url,
            token=token.with_ttl(LIFETIME).to_jwt(),
            expires_at=(now + LIFETIME).isoformat(),
        )
