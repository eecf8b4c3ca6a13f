"""What pages of this pipeline are made of: the frame with its policy and style, tables, bars, and
a slider between two pictures that needs no script."""

import base64
import hashlib
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

from assets_pipeline.markup import Content, Markup, element

STYLE = (Path(__file__).parent / "page.css").read_text()


def document(title: str, *body: Content) -> str:
    """A whole page in this house's look."""
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; img-src 'self' file: data:; style-src 'sha256-{digest}'"
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("title", title),
        element("style", Markup(STYLE)),
    )
    return "<!DOCTYPE html>\n" + element("html", head, element("body", body), lang="en") + "\n"


def table(head: Iterable[Content], rows: Iterable[Iterable[Content]]) -> Markup:
    """Cells may be Markup of a whole `td`; anything else is put into one."""
    first = element("tr", (element("th", cell, scope="col") for cell in head))
    body = (element("tr", (_cell(cell) for cell in row)) for row in rows)
    whole = element("table", element("thead", first), element("tbody", body))
    return element("div", whole, class_="scroll", tabindex=0, role="group")


def _cell(content: Content) -> Markup:
    if isinstance(content, Markup) and content.startswith("<td"):
        return content
    return element("td", content)


def picture(name: str, words: str, **more: str) -> Markup:
    """A file beside the page."""
    return element("img", src=quote(name), alt=words, loading="lazy", **more)


def slider(before: str, after: str, words: str) -> Markup:
    """Two pictures beside the page under one edge, which scrolling moves."""
    told = (picture(before, f"{words}, the source"), picture(after, f"{words}, the file"))
    return _slider(told, ("source", "file"), words)


def embedded_slider(images: tuple[str, str], names: tuple[str, str], words: str) -> Markup:
    """The same with pictures as `data:` addresses."""
    left, right = (
        element("img", src=image, alt=f"{words}, {name}")
        for image, name in zip(images, names, strict=True)
    )
    return _slider((left, right), names, words)


def _slider(images: tuple[Markup, Markup], names: tuple[str, str], words: str) -> Markup:
    return element(
        "div",
        element("div", images[1], class_="after"),
        element("div", images[0], class_="before"),
        element("div", (element("span", name) for name in names), class_="edge"),
        element("div", class_="middle"),
        class_="compare",
        tabindex=0,
        role="group",
        aria_label=f"{words}: {names[0]} and {names[1]}",
    )


def bar(share: float) -> Markup:
    """`share` 0–1 of the whole; a line at least, for what is not nothing."""
    width = f"{max(0.6, min(1.0, share) * 100):.2f}%"
    return element(
        "svg",
        element("rect", width="100%", height="8", rx="4", class_="all"),
        element("rect", width=width, height="8", rx="4", class_="part"),
        class_="bar",
        aria_hidden="true",
    )


def mark(passed: bool | None, content: Content) -> Markup:
    """A table's cell with a verdict."""
    if passed is None:
        return element("td", content)
    sign, look = ("✓ ", "good") if passed else ("✗ ", "wrong")
    return element("td", element("span", sign, content, class_=look))
