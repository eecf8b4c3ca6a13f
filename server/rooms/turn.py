"""Credentials for a TURN relay that end by themselves.

Source: coturn's `use-auth-secret`, draft-uberti-behave-turn-rest-00: the user name is the end of
its life and anything else, the password its HMAC-SHA1 under the secret that both servers know.
"""

import hmac
from base64 import b64encode
from hashlib import sha1, sha256
from typing import Final, NamedTuple

OPAQUE_LETTERS: Final = 16


class Credentials(NamedTuple):
    """What a browser presents to the relay."""

    username: str
    credential: str


def credentials(secret: str, name: str, now: float, seconds: int) -> Credentials:
    """Valid from `now` (seconds since 1970) for `seconds`. `name` cannot be read from them."""
    key = secret.encode()
    opaque = hmac.new(key, name.encode(), sha256).hexdigest()[:OPAQUE_LETTERS]
    username = f"{int(now) + seconds}:{opaque}"
    return Credentials(username, b64encode(hmac.digest(key, username.encode(), sha1)).decode())
