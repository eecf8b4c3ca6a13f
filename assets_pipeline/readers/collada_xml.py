"""COLLADA's XML as a tree, and the numbers in it."""

import warnings
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from assets_pipeline.errors import InvalidModel, TooLarge
from assets_pipeline.readers.xml import Attributes, parse_xml

MOST_ELEMENTS = 2_000_000  # numbers are text, so even a car has some thousand
CHUNK = 1 << 20


@dataclass(eq=False)
class Element:
    name: str
    attributes: Attributes
    children: list["Element"] = field(default_factory=list)
    text: str = ""

    def all(self, name: str) -> list["Element"]:
        return [child for child in self.children if child.name == name]

    def first(self, *path: str) -> "Element | None":
        here: Element | None = self
        for name in path:
            here = next(iter(here.all(name)), None) if here is not None else None
        return here

    def get(self, name: str, default: str = "") -> str:
        return self.attributes.get(name, default)

    def word(self, *path: str) -> str:
        """The text of the first element by that path; empty when there is none."""
        found = self.first(*path)
        return "" if found is None else found.text.strip()

    def walk(self) -> Iterator["Element"]:
        todo = [self]
        while todo:
            here = todo.pop()
            yield here
            todo.extend(reversed(here.children))

    def numbers(self) -> NDArray[np.float64]:
        return numbers(self.text, self.name)

    def counts(self) -> NDArray[np.int64]:
        """Whole numbers. Raises InvalidModel for others, and below zero."""
        found = numbers(self.text, self.name)
        if len(found) and (not (np.abs(found) < 2**53).all() or found.min() < 0):
            raise InvalidModel(reason=f"<{self.name}> holds what cannot be counted")
        return found.astype(np.int64)


def numbers(text: str, where: str) -> NDArray[np.float64]:
    """Numbers parted by blanks. Raises InvalidModel."""
    if not text.strip():
        return np.empty(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", DeprecationWarning)  # numpy's word for other text
            return np.fromstring(text, np.float64, sep=" ")
    except (DeprecationWarning, ValueError) as error:
        raise InvalidModel(reason=f"<{where}> holds text where numbers should be") from error


def parse_tree(data: bytes, what: str) -> Element:
    """The root element. Raises InvalidModel, TooLarge."""
    top = Element("", {})
    stack, pieces = [top], [""]
    count = 0

    def start(name: str, attributes: Attributes) -> None:
        nonlocal count
        count += 1
        if count > MOST_ELEMENTS:
            raise TooLarge(what=f"XML elements in {what}", count=count, limit=MOST_ELEMENTS)
        stack.append(Element(name, attributes))
        stack[-2].children.append(stack[-1])
        pieces.clear()

    def end(_: str) -> None:
        stack.pop().text += "".join(pieces)
        pieces.clear()

    parse_xml(_chunks(data), what, start, end, pieces.append)
    return top.children[0]


def _chunks(data: bytes) -> Generator[bytes, None, None]:
    for start in range(0, len(data), CHUNK):
        yield data[start : start + CHUNK]
