"""What a converter promises, and the ways it can fail."""

from collections.abc import Callable
from typing import Any, Protocol

from server.assets.asset import Built
from server.errors import Unprocessable, VitrineError

MAX_TEXT = 2000  # characters of what a foreign process may have us show
Report = Callable[[float, str], None]  # fraction 0..1, step


class Converter(Protocol):
    """Makes files of a model."""

    @property
    def recipe(self) -> str:
        """Changes whenever the same model would become other files."""
        ...

    async def convert(
        self, source: str, filename: str, report: Report, *, furniture: bool = False
    ) -> Built:
        """The files of the blob `source`, already stored as blobs themselves.

        Furniture gets only what a room needs.

        Raises ConversionFailed, ConversionTimeout: trying again would not help;
        ConversionCrashed: it might.
        """
        ...


class ConversionFailed(Unprocessable):
    """The model is at fault; type, title and detail are the pipeline's own."""

    type = "conversion-failed"
    title = "The model could not be converted"
    detail = "{reason}"

    def __init__(self, error: Any) -> None:
        self.error = error if isinstance(error, dict) else {}
        super().__init__(reason=self._text("detail", "The pipeline gave no reason."))

    def problem(self) -> dict[str, Any]:
        return {
            "type": self._text("type", type(self).type),
            "title": self._text("title", self.title),
            "status": self.status,
            "detail": self._text("detail", self.message),
        }

    def _text(self, key: str, otherwise: str) -> str:
        value = self.error.get(key)
        return value[:MAX_TEXT] if isinstance(value, str) and value else otherwise


class ConversionTimeout(Unprocessable):
    type = "conversion-timeout"
    title = "The conversion took too long"
    detail = "It was stopped after {seconds:g} seconds. Is the model larger than it needs to be?"


class ConversionCrashed(VitrineError):
    type = "conversion-crashed"
    title = "The conversion broke off"
    detail = "{reason}"
