"""Signing in: a guest with a name, staff with a password."""

from typing import Annotated

import msgspec
from msgspec import Meta

from server.auth import ANYONE, Person
from server.people.account import Avatar, LoginRests, Name, NoName, WrongPassword
from server.people.service import PeopleService, Session
from server.routing import Call, Route


class GuestSession(msgspec.Struct, forbid_unknown_fields=True):
    name: Name
    avatar: Avatar = msgspec.field(default_factory=Avatar)


class StaffSession(msgspec.Struct, forbid_unknown_fields=True):
    login: Annotated[str, Meta(min_length=1, max_length=64)]
    password: Annotated[str, Meta(min_length=1, max_length=200)]


def routes(people: PeopleService) -> list[Route]:
    async def open_guest_session(call: Call) -> Session:
        return people.welcome(call.body.name, call.body.avatar)

    async def open_staff_session(call: Call) -> Session:
        return await people.sign_in(call.body.login, call.body.password)

    async def show_caller(call: Call) -> Person:
        return call.caller

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
    ]
