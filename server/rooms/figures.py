"""What avatars can look like."""

from dataclasses import dataclass

from server.rooms.repository import Figures
from server.rooms.service import Assets


@dataclass(slots=True)
class FigureService:
    """The house's own figures are models that it uploaded."""

    documents: Figures
    assets: Assets
