"""Who is asking, and in which role: signed tokens with an audience and an end."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import jwt
import msgspec

from server.errors import Unauthenticated

SESSION: Final = "session"  # audience of the token that a browser keeps
TICKET: Final = "ticket"  # audience of a room's join ticket
NODE: Final = "node"  # audience of what one node asks of another, for a person
RESUME: Final = "resume"  # audience of the token that brings an avatar back
ALGORITHM: Final = "HS256"


class Role(StrEnum):
    """What somebody may do; a shopper is everybody who walks in."""

    SHOPPER = "shopper"
    STAFF = "staff"
    DESIGNER = "designer"
    INTEGRATION = "integration"
    OPERATOR = "operator"  # whoever runs the server; only its command line issues this one


ANYONE: Final = frozenset(Role)
HOUSE: Final = frozenset({Role.STAFF, Role.DESIGNER})
STAFF: Final = frozenset({Role.STAFF})
OPERATOR: Final = frozenset({Role.OPERATOR})


class Person(msgspec.Struct, frozen=True):
    """Somebody with a name to show; nothing else is known of a guest."""

    id: str
    name: str
    role: Role
    avatar: dict[str, Any] = {}


class InvalidToken(Unauthenticated):
    type = "invalid-token"
    title = "This token is not valid"
    detail = "It was not issued here, or not for this use. Ask for a new one."


class ExpiredToken(Unauthenticated):
    type = "expired-token"
    title = "This token has expired"
    detail = "It ended at {ended}. Ask for a new one."


@dataclass(frozen=True, slots=True)
class Claims:
    """What a valid token says."""

    person: Person
    extra: Mapping[str, Any]
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Tokens:
    """Issues and reads tokens under one secret (RFC 7519, HS256)."""

    secret: bytes  # 32 random bytes or more

    def issue(
        self, person: Person, audience: str, lifetime: timedelta, now: datetime, **extra: Any
    ) -> str:
        """A token for one use (`audience`) that ends `lifetime` after `now` (UTC, aware)."""
        claims = {
            "aud": audience,
            "sub": person.id,
            "iat": int(now.timestamp()),
            "exp": int((now + lifetime).timestamp()),
            "person": msgspec.to_builtins(person),
            "extra": extra,
        }
        return jwt.encode(claims, self.secret, algorithm=ALGORITHM)

    def read(self, token: str, audience: str, now: datetime) -> Claims:
        """Raises InvalidToken or ExpiredToken. The clock is the caller's, not the library's."""
        try:
            claims = jwt.decode(
                token,
                self.secret,
                algorithms=[ALGORITHM],
                audience=audience,
                options={
                    "require": ["exp", "sub", "aud"],
                    "verify_exp": False,
                    "verify_iat": False,
                },
            )
            ends = datetime.fromtimestamp(claims["exp"], UTC)
            person = msgspec.convert(claims["person"], Person)
            extra = dict(claims.get("extra", {}))
        except (jwt.PyJWTError, msgspec.ValidationError, KeyError, TypeError, ValueError) as error:
            raise InvalidToken from error
        if ends <= now:
            raise ExpiredToken(ended=ends.isoformat())
        return Claims(person, extra, ends)
