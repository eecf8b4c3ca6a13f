"""docs/settings.md, made from settings.py: its fields, its defaults and its comments."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from server import settings as source
from server.settings import PREFIX, SECRET, Settings

HEADER: Final = """# Settings

Every setting is an environment variable. The command line goes before the environment, the
environment before the default; what does not fit is refused at the start, by name. `vitrine
settings` shows this list with the values that apply, secrets left out.

Made by `vitrine settings --markdown > docs/settings.md` from `server/settings.py`; a test compares.
"""
OTHERS: Final = """
## Read by what it is built on

| variable | what |
|---|---|
| `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_REGION` | for `VITRINE_BLOBS_URL` |
| `AWS_ENDPOINT` | where that store is, when it is not Amazon's |
| `OTEL_EXPORTER_OTLP_ENDPOINT` | where traces go; needs the extra `observability` |
| `OTEL_SERVICE_NAME`, `OTEL_TRACES_SAMPLER`, `OTEL_EXPORTER_OTLP_HEADERS` | as OpenTelemetry says |
"""


@dataclass(frozen=True, slots=True)
class Knob:
    """One field; `told` is its comment."""

    name: str
    default: str
    told: str
    group: str

    @property
    def variable(self) -> str:
        return PREFIX + self.name.upper()


def knobs() -> list[Knob]:
    """In the order of the source."""
    text = Path(source.__file__).read_text()
    comments = dict(comments_of(text))
    (body,) = (
        node.body
        for node in ast.parse(text).body
        if isinstance(node, ast.ClassDef) and node.name == Settings.__name__
    )
    found, group = [], ""
    defaults = dict(zip(Settings.__struct_fields__, Settings.__struct_defaults__, strict=True))
    for field in body:
        if not isinstance(field, ast.AnnAssign) or not isinstance(field.target, ast.Name):
            continue
        group = (
            comments.get(field.lineno - 1, (True, group))[1] if above(field, comments) else group
        )
        lines = range(field.lineno, (field.end_lineno or field.lineno) + 1)
        told = " ".join(comments[line][1] for line in lines if line in comments)
        name = field.target.id
        told = choices(ast.unparse(field.annotation)) + told
        found.append(Knob(name, shown(defaults[name]), told, group))
    return found


def above(field: ast.AnnAssign, comments: dict[int, tuple[bool, str]]) -> bool:
    """Whether a comment of its own stands in the line before."""
    return comments.get(field.lineno - 1, (False, ""))[0]


def comments_of(text: str) -> Iterator[tuple[int, tuple[bool, str]]]:
    """Line numbers, each with (is it alone in its line, what it says)."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            alone = not token.line[: token.start[1]].strip()
            yield token.start[0], (alone, token.string.lstrip("# "))


def choices(annotation: str) -> str:
    """The words of a Literal, to put before what is told."""
    words = re.findall(r"'(\w+)'", annotation) if annotation.startswith("Literal[") else []
    return f"one of {', '.join(words)}; " if words else ""


def shown(value: Any) -> str:
    """As one would write it into the environment, whole numbers without a dot."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def page() -> str:
    """The whole of docs/settings.md."""
    names = {knob.name: knob.variable for knob in knobs() if "_" in knob.name}
    lines, group = [HEADER], ""
    for knob in knobs():
        if knob.group != group:
            group = knob.group
            lines.append(f"\n## {group}\n\n| variable | default | what |\n|---|---|---|\n")
        told = re.sub(r"\b[a-z]+(?:_[a-z]+)+\b", lambda m: names.get(m[0], m[0]), knob.told)
        default = f"`{knob.default}`" if knob.default else "(empty)"
        lines.append(f"| `{knob.variable}` | {default} | {told} |\n")
    return "".join([*lines, OTHERS])


def present(settings: Settings) -> Iterator[tuple[Knob, str]]:
    """Each knob with its value now; of a secret, only whether there is one."""
    for knob in knobs():
        value = shown(getattr(settings, knob.name))
        yield knob, ("(set)" if value else "") if knob.name in SECRET else value
