"""HTML that cannot be broken by what stands in it: every string that is not Markup is text."""

from collections.abc import Iterable
from html import escape
from typing import TypeAlias

VOID = {"img", "meta"}
Content: TypeAlias = "str | Iterable[Content] | None"


class Markup(str):
    """HTML. Only `element` and trusted constants make it."""


def element(tag: str, /, *content: Content, **attributes: str | int | bool | None) -> Markup:
    """`element("td", "a < b", class_="good")`. None and False leave an attribute or content out."""
    given = "".join(_attribute(key, value) for key, value in attributes.items())
    if tag in VOID:
        return Markup(f"<{tag}{given}>")
    return Markup(f"<{tag}{given}>{joined(content)}</{tag}>")


def joined(content: Content) -> Markup:
    if content is None:
        return Markup("")
    if isinstance(content, Markup):
        return content
    if isinstance(content, str):
        return Markup(escape(content))
    return Markup("".join(joined(part) for part in content))


def _attribute(key: str, value: str | int | bool | None) -> str:
    name = key.rstrip("_").replace("_", "-")
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'
