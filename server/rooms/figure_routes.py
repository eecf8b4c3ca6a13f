"""Figures for avatars over HTTP: everybody reads, the house writes."""

import msgspec

from server.auth import Role
from server.errors import Unprocessable
from server.rooms.figures import (
    BuiltIn,
    FigureBody,
    FigureService,
    FigureView,
    TooManyFigures,
    UnfitFigure,
    UnknownFigure,
)
from server.rooms.messages.together import Figure
from server.routing import Call, Reply, Route

DRESSERS = frozenset({Role.STAFF, Role.DESIGNER, Role.INTEGRATION})


class FigureList(msgspec.Struct):
    """All of them: there are few."""

    items: list[FigureView]
    next: str | None = None


def routes(figures: FigureService) -> list[Route]:
    """The operations on figures."""

    async def list_figures(_: Call) -> FigureList:
        return FigureList(await figures.figures())

    async def put_figure(call: Call) -> FigureView:
        return await figures.put(checked(call.path["figure"]), call.body)

    async def delete_figure(call: Call) -> Reply:
        await figures.delete(call.path["figure"])
        return Reply(status=204)

    return [
        Route(
            "GET",
            "/api/avatars",
            list_figures,
            "What avatars can look like",
            returns=FigureList,
        ),
        Route(
            "PUT",
            "/api/avatars/{figure}",
            put_figure,
            "Offer an uploaded model as a figure",
            roles=DRESSERS,
            body=FigureBody,
            returns=FigureView,
            errors=(BuiltIn, UnfitFigure, TooManyFigures),
        ),
        Route(
            "DELETE",
            "/api/avatars/{figure}",
            delete_figure,
            "Offer a figure no more",
            roles=DRESSERS,
            status=204,
            errors=(BuiltIn, UnknownFigure),
        ),
    ]


def checked(id: str) -> str:
    """The id as avatars may carry it. Raises Unprocessable."""
    try:
        return msgspec.convert(id, Figure)
    except msgspec.ValidationError as error:
        raise Unprocessable(reason=f"`{id[:60]}` cannot be an id: {error}") from error
