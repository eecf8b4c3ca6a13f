"""Signing in: a guest with a name, staff with a password."""

from typing import Annotated

import msgspec
from msgspec import Meta

from server.auth import ANYONE, OPERATOR, Person, Role
from server.people.account import (
    Avatar,
    LoginRests,
    Name,
    NewAccount,
    NewKey,
    NoName,
    NoSuchAccount,
    NoSuchKey,
    WrongPassword,
)
from server.people.service import PeopleService, Session
from server.routing import Call, Reply, Route


class GuestSession(msgspec.Struct, forbid_unknown_fields=True):
    name: Name
    avatar: Avatar = msgspec.field(default_factory=Avatar)


class StaffSession(msgspec.Struct, forbid_unknown_fields=True):
    login: Annotated[str, Meta(min_length=1, max_length=64)]
    password: Annotated[str, Meta(min_length=1, max_length=200)]


class KeyText(msgspec.Struct, frozen=True):
    """`key` cannot be read again later."""

    key: str


class KeyView(msgspec.Struct, frozen=True):
    """`id` is the middle part of the key's text."""

    id: str
    name: str
    role: Role


class KeyList(msgspec.Struct):
    items: list[KeyView]
    next: str | None = None


def routes(people: PeopleService) -> list[Route]:
    async def open_guest_session(call: Call) -> Session:
        return people.welcome(call.body.name, call.body.avatar)

    async def open_staff_session(call: Call) -> Session:
        return await people.sign_in(call.body.login, call.body.password)

    async def show_caller(call: Call) -> Person:
        return call.caller

    async def create_key(call: Call) -> KeyText:
        return KeyText(await people.create_key(call.body.name, Role(call.body.role)))

    async def list_keys(_: Call) -> KeyList:
        return KeyList([KeyView(key.id, key.name, key.role) for key in await people.keys()])

    async def revoke_key(call: Call) -> Reply:
        await people.revoke_key(call.path["key"])
        return Reply(status=204)

    async def remove_account(call: Call) -> Reply:
        await people.remove_account(call.path["login"])
        return Reply(status=204)

    async def put_account(call: Call) -> Reply:
        body: NewAccount = call.body
        await people.put_account(body.login, body.password, body.name, Role(body.role))
        return Reply(status=204)

    return [
        Route(
            "POST",
            "/api/sessions",
            open_guest_session,
            "Walk in as a guest",
            body=GuestSession,
            returns=Session,
            status=201,
            errors=(NoName,),
        ),
        Route(
            "POST",
            "/api/sessions/staff",
            open_staff_session,
            "Sign in with login and password",
            body=StaffSession,
            returns=Session,
            status=201,
            errors=(WrongPassword, LoginRests),
        ),
        Route(
            "GET",
            "/api/sessions/me",
            show_caller,
            "Who the token belongs to",
            roles=ANYONE,
            returns=Person,
        ),
        Route(
            "POST",
            "/api/keys",
            create_key,
            "Make an API key",
            roles=OPERATOR,
            body=NewKey,
            returns=KeyText,
            status=201,
        ),
        Route(
            "POST",
            "/api/accounts",
            put_account,
            "Create an account, or give it a new password",
            roles=OPERATOR,
            body=NewAccount,
            status=204,
        ),
        Route(
            "GET",
            "/api/keys",
            list_keys,
            "Whose keys there are, without their secrets",
            roles=OPERATOR,
            returns=KeyList,
        ),
        Route(
            "DELETE",
            "/api/keys/{key}",
            revoke_key,
            "Let a key open nothing from now on",
            roles=OPERATOR,
            status=204,
            errors=(NoSuchKey,),
        ),
        Route(
            "DELETE",
            "/api/accounts/{login}",
            remove_account,
            "Remove an account and end its sessions",
            roles=OPERATOR,
            status=204,
            errors=(NoSuchAccount,),
        ),
    ]
