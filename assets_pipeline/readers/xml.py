"""XML from strangers: streamed, without entities, and not too deep."""

from collections.abc import Callable, Generator
from contextlib import closing
from typing import NoReturn
from xml.parsers import expat

from assets_pipeline.errors import InvalidModel, TooLarge

DEEPEST = 200  # COLLADA nests its nodes; exporters stay below 50
MOST_ELEMENTS = 80_000_000  # a 3MF has one for each vertex and triangle
Attributes = dict[str, str]
Start = Callable[[str, Attributes], None]
End = Callable[[str], None]


def parse_xml(
    chunks: Generator[bytes, None, None],
    what: str,
    start: Start,
    end: End,
    text: Callable[[str], None] | None = None,
) -> None:
    """Feed the handlers. Elements come without the prefix of their namespace, attributes with it.

    Raises InvalidModel for what is not well-formed, for what a handler cannot read, and for a
    DOCTYPE, since that is where entities come from, which can grow without end or read files.
    Raises TooLarge.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    depth = elements = 0

    def opened(name: str, attributes: Attributes) -> None:
        nonlocal depth, elements
        depth, elements = depth + 1, elements + 1
        if depth > DEEPEST:
            raise InvalidModel(reason=f"{what} nests its XML deeper than {DEEPEST} elements")
        if elements > MOST_ELEMENTS:
            raise TooLarge(what=f"XML elements in {what}", count=elements, limit=MOST_ELEMENTS)
        try:
            start(name.rpartition(":")[2], attributes)
        except (LookupError, ValueError, OverflowError) as error:
            how = f"{type(error).__name__}: {error}"
            raise InvalidModel(reason=f"{what} breaks its schema at <{name}> ({how})") from error

    def closed(name: str) -> None:
        nonlocal depth
        depth -= 1
        end(name.rpartition(":")[2])

    def refuse(*_: object) -> NoReturn:
        raise InvalidModel(
            reason=f"{what} declares a document type, and entities are not read",
            remedy="Export it anew, without a DOCTYPE.",
        )

    parser.StartElementHandler, parser.EndElementHandler = opened, closed
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse
    try:
        with closing(chunks):  # a handler that raises must not leave the zip open
            for chunk in chunks:
                parser.Parse(chunk, False)
        parser.Parse(b"", True)
    except (expat.ExpatError, ValueError, LookupError) as error:  # the latter two of encodings
        raise InvalidModel(reason=f"{what} is not well-formed XML: {error}") from error
