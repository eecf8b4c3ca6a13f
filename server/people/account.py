"""Accounts and API keys of those who work here; guests need none."""

import hashlib
import hmac
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from server.auth import Person, Role
from server.errors import NotFound, TooMany, Unauthenticated, Unprocessable

KEY_PREFIX: Final = "vk_"
MAX_FAILURES: Final = 8  # wrong passwords for one login …
FAILURE_SECONDS: Final = 300.0  # … within this time, then it has to rest

# One line of anything printable: no control characters, nothing that turns the writing direction.
# (`$(?!\n)`: Python's `$` would let a final line break through.)
Name = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=40,
        pattern=r"^[^\x00-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069]+$(?!\n)",
    ),
]
Login = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9._@-]{1,63}$(?!\n)")]
Password = Annotated[str, Meta(min_length=8, max_length=200)]


class Avatar(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How somebody looks: a figure of GET /api/avatars, in a colour of their own."""

    color: Annotated[str, Meta(pattern=r"^#[0-9a-fA-F]{6}$(?!\n)")] = "#c46a4a"
    figure: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$(?!\n)")] = "round"


class NewKey(msgspec.Struct, forbid_unknown_fields=True):
    name: Name
    role: Literal["integration", "designer", "staff"]


class NewAccount(msgspec.Struct, forbid_unknown_fields=True):
    login: Login
    password: Password
    name: Name
    role: Literal["designer", "staff"]


class Account(msgspec.Struct, frozen=True):
    """Somebody who signs in with a password. `id` is the login; the hash is Argon2id's."""

    id: str
    name: str
    role: Role
    password_hash: str

    def person(self) -> Person:
        return Person(f"{self.role}:{self.id}", self.name, self.role, {"color": "#3f5b57"})

    def mark(self) -> str:
        """Changes with the password, and then ends the sessions that carry the former one."""
        return secret_hash(self.password_hash)[:16]


class ApiKey(msgspec.Struct, frozen=True):
    """A program's key. Only a hash of the secret is kept: 256 random bits need no slow hash."""

    id: str
    name: str
    role: Role
    secret_sha256: str

    def opens_with(self, secret: str) -> bool:
        """Constant-time."""
        return hmac.compare_digest(self.secret_sha256, secret_hash(secret))

    def person(self) -> Person:
        return Person(f"key:{self.id}", self.name, self.role)


class NoName(Unprocessable):
    type = "no-name"
    title = "A name is needed"
    detail = "Others see it above your avatar; any name will do."


class WrongPassword(Unauthenticated):
    type = "wrong-password"
    title = "Login and password do not fit"
    detail = "Check both, or ask whoever runs this server for a new password."


class UnknownKey(Unauthenticated):
    type = "unknown-api-key"
    title = "This API key is not known here"
    detail = "Make one with `vitrine keys create`."


class NoSuchKey(NotFound):
    type = "no-such-key"
    title = "There is no such key"
    detail = "`vitrine keys list` shows the ids of those there are."


class NoSuchAccount(NotFound):
    type = "no-such-account"
    title = "There is no such login"
    detail = "Nobody signs in as {login}."


class LoginRests(TooMany):
    type = "login-rests"
    title = "Too many wrong passwords"
    detail = "Try again in {retry_after} seconds."


def shown_name(text: str) -> str:
    """The name as others see it: single spaces, none around. Raises NoName."""
    name = " ".join(text.split())
    if not name:
        raise NoName
    return name


def secret_hash(secret: str) -> str:
    """Hex SHA-256."""
    return hashlib.sha256(secret.encode()).hexdigest()


def write_key(key_id: str, secret: str) -> str:
    """The text a program sends."""
    return f"{KEY_PREFIX}{key_id}_{secret}"


def read_key(text: str) -> tuple[str, str]:
    """(key id, secret) of a key's text. Raises UnknownKey."""
    key_id, _, secret = text.removeprefix(KEY_PREFIX).partition("_")
    if not text.startswith(KEY_PREFIX) or not key_id or not secret:
        raise UnknownKey
    return key_id, secret
