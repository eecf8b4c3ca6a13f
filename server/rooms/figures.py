"""What avatars can look like."""

from dataclasses import dataclass
from typing import Any, Final

import msgspec

from server.errors import Conflict, NotFound, Unprocessable
from server.rooms.acts import Act, Moment, Outcome
from server.rooms.messages import Up
from server.rooms.messages.together import FIGURES, Profiled, SetProfile
from server.rooms.repository import Figures
from server.rooms.role import VISITORS
from server.rooms.service import Assets

MAX_FIGURES: Final = 60  # of one house; a visitor chooses among them on a phone
MAX_BYTES: Final = 2_000_000  # of the file for headsets: twenty-four people stand in a room
MAX_TRIANGLES: Final = 30_000
HEIGHT_METRES: Final = (0.3, 3.0)  # of what one can be; clients draw it as tall as its wearer
MAX_ACROSS_METRES: Final = 3.0  # arms stretched out, a tail, wings


class UnknownFigure(NotFound):
    type = "unknown-figure"
    title = "There is no such figure"
    detail = "`{figure}` is not one of GET /api/avatars."


class BuiltIn(Conflict):
    type = "built-in-figure"
    title = "This figure is built in"
    detail = "`{figure}` is drawn by every client and stays as it is; take another id."


class TooManyFigures(Conflict):
    type = "too-many-figures"
    title = "There are enough figures"
    detail = "At most {limit}; delete one that nobody chooses."


class UnfitFigure(Unprocessable):
    type = "unfit-figure"
    title = "This model cannot be worn"


class FigureBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A figure of the house: an uploaded model that is ready."""

    name: dict[str, str]  # by language; `en` at least
    asset: str


class FigureView(msgspec.Struct, frozen=True):
    """One that visitors may choose. A built-in one has neither asset nor files."""

    id: str
    name: dict[str, str]
    asset: str | None = None
    files: list[dict[str, Any]] = []


NAMES: Final = {
    "round": {"en": "Round", "fr": "Ronde", "it": "Tonda"},
    "tall": {"en": "Tall", "fr": "Élancée", "it": "Slanciata"},
    "small": {"en": "Small", "fr": "Petite", "it": "Piccola"},
    "leaf": {"en": "Leaf", "fr": "Feuille", "it": "Foglia"},
    "stone": {"en": "Stone", "fr": "Galet", "it": "Ciottolo"},
}


@dataclass(slots=True)
class FigureService:
    """The house's own figures are models that it uploaded; any format that the pipeline reads."""

    documents: Figures
    assets: Assets

    async def figures(self) -> list[FigureView]:
        """The built-in ones, then those of the house whose model is still there."""
        built_in = [FigureView(id, NAMES[id]) for id in FIGURES]
        own = [await self._view(document) for document in await self.documents.figures(MAX_FIGURES)]
        return [*built_in, *(view for view in own if view.files)]

    async def put(self, id: str, body: FigureBody) -> FigureView:
        """Offer a model as a figure. Raises BuiltIn, UnfitFigure, TooManyFigures."""
        if id in FIGURES:
            raise BuiltIn(figure=id)
        check(body, await self.assets.files(body.asset))
        measure(await self.assets.dimensions(body.asset))
        known = {document["id"] for document in await self.documents.figures(MAX_FIGURES)}
        if id not in known and len(known) >= MAX_FIGURES:
            raise TooManyFigures(limit=MAX_FIGURES)
        document = {"id": id, **msgspec.to_builtins(body)}
        await self.documents.put(document)
        return await self._view(document)

    async def delete(self, id: str) -> None:
        """Not offered any more; who wears it is seen in the first built-in one.

        Raises BuiltIn, UnknownFigure.
        """
        if id in FIGURES:
            raise BuiltIn(figure=id)
        if await self.documents.figure(id) is None:
            raise UnknownFigure(figure=id)
        await self.documents.delete(id)

    def acts(self) -> dict[type[Up], Act]:
        """What rooms ask of it."""
        return {SetProfile: Act(self._profile, VISITORS, Profiled)}

    async def _profile(self, moment: Moment, wish: SetProfile) -> Outcome:
        figure = wish.figure
        if figure and figure not in FIGURES and await self.documents.figure(figure) is None:
            raise UnknownFigure(figure=figure)
        changes = moment.room.together.looks.profile(moment.avatar_id, wish)
        avatar = moment.room.company.avatars[moment.avatar_id]
        return Outcome(changes, Profiled(moment.room.rev, avatar=avatar))

    async def _view(self, document: dict[str, Any]) -> FigureView:
        files = await self.assets.files(document["asset"])
        worn = [file for file in files if str(file.get("name", "")).endswith((".glb", ".webp"))]
        return FigureView(document["id"], document["name"], document["asset"], worn)


def check(body: FigureBody, files: list[dict[str, Any]]) -> None:
    """Raises UnfitFigure, saying what would help."""
    if not body.name.get("en", "").strip() or any(len(name) > 40 for name in body.name.values()):
        raise UnfitFigure(reason="Give it a `name` in `en` at least, of at most 40 characters.")
    found = [file for file in files if file["profile"] == "headset" and not file.get("lod")]
    if not found:
        raise UnfitFigure(reason=f"The asset `{body.asset}` has no files; wait until it is ready.")
    size, triangles = found[0]["bytes"], found[0]["triangles"]
    if size > MAX_BYTES or triangles > MAX_TRIANGLES:
        raise UnfitFigure(
            reason=f"For headsets it has {triangles} triangles in {size} bytes;"
            f" at most {MAX_TRIANGLES} in {MAX_BYTES} can be drawn for a whole room."
        )


def measure(metres: tuple[float, float, float] | None) -> None:
    """Width, height, depth. What is far from a person's size was mostly exported in another unit.

    Raises UnfitFigure, saying what would help.
    """
    if metres is None:
        raise UnfitFigure(reason="Nobody measured this model; upload it once more.")
    least, most = HEIGHT_METRES
    width, height, depth = metres
    if least <= height <= most and max(width, depth) <= MAX_ACROSS_METRES:
        return
    raise UnfitFigure(
        reason=f"It is {height:g} m tall, {width:g} m wide and {depth:g} m deep; a figure is"
        f" {least:g} to {most:g} m tall and at most {MAX_ACROSS_METRES:g} m across. If the file"
        " counts in another unit, convert it first: `vitrine-assets build FILE --unit cm`."
    )
