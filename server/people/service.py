"""Sessions for guests and staff, keys for programs, and who a token belongs to."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from server.auth import SESSION, Claims, InvalidToken, Person, Role, Tokens
from server.people.account import (
    FAILURE_SECONDS,
    KEY_PREFIX,
    MAX_FAILURES,
    Account,
    ApiKey,
    Avatar,
    LoginRests,
    NoSuchAccount,
    NoSuchKey,
    UnknownKey,
    WrongPassword,
    read_key,
    secret_hash,
    shown_name,
    write_key,
)
from server.people.repository import People

MAX_REMEMBERED = 10_000  # logins whose failures are counted at the same time


class PasswordCheck(Protocol):
    async def hash(self, password: str) -> str: ...
    async def verify(self, password_hash: str | None, password: str) -> bool: ...


class Session(msgspec.Struct, frozen=True):
    """What a visitor keeps: the token to send, and until when it is good (RFC 3339)."""

    token: str
    person: Person
    expires_at: str


@dataclass
class PeopleService:
    people: People
    tokens: Tokens
    passwords: PasswordCheck
    clock: Callable[[], datetime]
    new_id: Callable[[], str]
    new_secret: Callable[[], str]
    session_lifetime: timedelta = timedelta(days=7)
    failures: dict[str, deque[datetime]] = field(default_factory=dict)

    def welcome(self, name: str, avatar: Avatar) -> Session:
        """A guest's session: a name to show, nothing else asked, nothing stored. Raises NoName."""
        look = msgspec.to_builtins(avatar)
        return self._session(Person(self.new_id(), shown_name(name), Role.SHOPPER, look))

    async def sign_in(self, login: str, password: str) -> Session:
        """Raises WrongPassword, LoginRests."""
        self._refuse_when_resting(login)
        self._count_failure(login)  # until it proves to be none: of many at once, few get through
        account = await self.people.account(login)
        fits = await self.passwords.verify(account.password_hash if account else None, password)
        if account is None or not fits:
            raise WrongPassword
        self.failures.pop(login, None)
        return self._session(account.person(), login=account.id, mark=account.mark())

    async def identify(self, token: str) -> Person:
        """The person of a session token or an API key. Raises Unauthenticated's kinds."""
        if not token.startswith(KEY_PREFIX):
            return await self._still_welcome(self.tokens.read(token, SESSION, self.clock()))
        key_id, secret = read_key(token)
        key = await self.people.key(key_id)
        if key is None or not key.opens_with(secret):
            raise UnknownKey
        return key.person()

    async def put_account(self, login: str, password: str, name: str, role: Role) -> None:
        """Create an account, or give an existing one a new password, name and role."""
        hashed = await self.passwords.hash(password)
        await self.people.put_account(Account(login, name, role, hashed))

    async def create_key(self, name: str, role: Role) -> str:
        """The new key's text; it cannot be read again later."""
        key_id, secret = self.new_id().replace("-", "")[:12], self.new_secret()
        await self.people.put_key(ApiKey(key_id, name, role, secret_hash(secret)))
        return write_key(key_id, secret)

    async def keys(self) -> list[ApiKey]:
        return await self.people.keys()

    async def revoke_key(self, key_id: str) -> None:
        """From now on it opens nothing. Raises NoSuchKey."""
        if await self.people.key(key_id) is None:
            raise NoSuchKey(key=key_id)
        await self.people.delete_key(key_id)

    async def remove_account(self, login: str) -> None:
        """Nobody signs in with it, and its sessions end. Raises NoSuchAccount."""
        if await self.people.account(login) is None:
            raise NoSuchAccount(login=login)
        await self.people.delete_account(login)

    async def _still_welcome(self, claims: Claims) -> Person:
        """Who signed in stays so until the account goes or its password changes.

        Raises InvalidToken.
        """
        login = claims.extra.get("login")
        if login is None:  # a guest, or the operator
            return claims.person
        account = await self.people.account(str(login))
        if account is None or account.mark() != claims.extra.get("mark"):
            raise InvalidToken
        return account.person()

    def _session(self, person: Person, **extra: str) -> Session:
        now = self.clock()
        token = self.tokens.issue(person, SESSION, self.session_lifetime, now, **extra)
        return Session(token, person, (now + self.session_lifetime).isoformat())

    def _refuse_when_resting(self, login: str) -> None:
        past = self.failures.get(login)
        if past is None:
            return
        now = self.clock()
        while past and (now - past[0]).total_seconds() > FAILURE_SECONDS:
            past.popleft()
        if len(past) >= MAX_FAILURES:
            wait = FAILURE_SECONDS - (now - past[0]).total_seconds()
            raise LoginRests(retry_after=int(wait) + 1)

    def _count_failure(self, login: str) -> None:
        if login not in self.failures and len(self.failures) >= MAX_REMEMBERED:
            self.failures.pop(next(iter(self.failures)))
        self.failures.setdefault(login, deque(maxlen=MAX_FAILURES)).append(self.clock())
