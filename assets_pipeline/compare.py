"""Models side by side: what each has, and how it differs from the first."""

from collections.abc import Callable
from dataclasses import dataclass

from assets_pipeline.amounts import change, extent, millimetres, number, size
from assets_pipeline.audit import failed
from assets_pipeline.markup import Content, Markup, element
from assets_pipeline.model import Json
from assets_pipeline.page_parts import document, embedded_slider, table
from assets_pipeline.page_tables import CHECKS

MISSING = "–"
SEPARATOR = " · "  # names have commas in them


@dataclass(frozen=True)
class Row:
    """`notes` say how each value differs from the first; empty where it does not."""

    title: str
    values: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def same(self) -> bool:
        return len(set(self.values)) == 1


def rows(models: list[Json]) -> list[Row]:
    """`models` are descriptions by `look`. Rows that are empty for all are left out."""
    amounts: dict[str, tuple[Callable[[Json], float], Callable[[float], str]]] = {
        "size": (lambda m: m["bytes"], size),
        "triangles": (lambda m: m["triangles"], number),
        "vertices": (lambda m: m["vertices"], number),
        "draw calls": (lambda m: m["draw_calls"], number),
        "nodes": (lambda m: m["nodes"], number),
        "meshes": (lambda m: m["meshes"], number),
        "morph targets": (lambda m: m["morph_targets"], number),
        "skins": (lambda m: m["skins"], number),
        "textures": (lambda m: len(m["textures"]), number),
        "size of textures": (lambda m: sum(t["bytes"] for t in m["textures"]), size),
        "largest side": (lambda m: max(map(_side, m["textures"]), default=0), number),
        "texture memory": (lambda m: m["texture_gpu_bytes"], size),
    }
    lists: dict[str, Callable[[Json], list[str]]] = {
        "texture formats": lambda m: sorted({_form(t) for t in m["textures"]}),
        "attributes": lambda m: list(m["attributes"]),
        "materials": lambda m: list(m["materials"]),
        "variants": lambda m: list(m["variants"]),
        "animations": lambda m: list(m["animations"]),
        "extensions": lambda m: list(m["extensions"]),
        "audit fails": lambda m: [CHECKS[c["check"]] for c in failed(m["audit"])],
    }
    found = [
        Row("format", tuple(m["format"] for m in models), ("",) * len(models)),
        *(_amounts(title, [get(m) for m in models], say) for title, (get, say) in amounts.items()),
        Row("dimensions", tuple(map(_dimensions, models)), ("",) * len(models)),
        *(_lists(title, [get(m) for m in models]) for title, get in lists.items()),
        Row("validator", tuple(map(_validator, models)), ("",) * len(models)),
    ]
    return [row for row in found if any(row.notes) or set(row.values) - {MISSING, "0", "0 B"}]


def _side(texture: Json) -> int:
    return max(int(texture["width"]), int(texture["height"]))


def _form(texture: Json) -> str:
    return str(texture["media_type"]).removeprefix("image/")


def _dimensions(model: Json) -> str:
    said = extent(model["dimensions"])
    return said.rpartition(" ")[0] if model["unitless"] else said


def _validator(model: Json) -> str:
    report = model["validator"]
    if "skipped" in report:
        return MISSING
    return f"{report['errors']} errors, {report['warnings']} warnings"


def _amounts(title: str, values: list[float], say: Callable[[float], str]) -> Row:
    notes = ("", *(change(values[0], value) for value in values[1:]))
    return Row(title, tuple(map(say, values)), notes)


def _lists(title: str, values: list[list[str]]) -> Row:
    """Where another has more or less than the first, just that is told."""
    whole = [SEPARATOR.join(v or "unnamed" for v in value) or MISSING for value in values]
    notes = ("", *(_difference(values[0], value) for value in values[1:]))
    said = ("" if note else words for words, note in zip(whole, notes, strict=True))
    return Row(title, tuple(said), notes)


def _difference(first: list[str], other: list[str]) -> str:
    more = [f"+{name or 'unnamed'}" for name in other if name not in first]
    less = [f"−{name or 'unnamed'}" for name in first if name not in other]
    return " ".join(dict.fromkeys([*more, *less]))


def comparison_page(models: list[Json], looks: Json | None, note: str | None = None) -> str:
    """`looks` are the pictures of `look.side_by_side`; `note` says why there are none."""
    names = [model["file"] for model in models]
    body = (
        [row.title, *(_cell(value, row.notes[i]) for i, value in enumerate(row.values))]
        for row in rows(models)
    )
    return document(
        f"{', '.join(names)}: compared",
        element("header", element("div", element("h1", " · ".join(names)))),
        element(
            "main",
            element("section", table(["", *names], body)),
            _pictures(names, looks) if looks else None,
            element("p", note, class_="soft") if note else None,
        ),
    )


def _cell(value: str, note: str) -> Markup:
    return element(
        "td", value, " ", element("span", note, class_="wrong") if note else None, class_="wraps"
    )


def _pictures(names: list[str], looks: Json) -> list[Content]:
    """Each model against the first."""
    found: list[Content] = []
    for i in range(1, len(names)):
        to_first, from_first = looks["deviation"][i]
        apart = f"Deviation: {millimetres(to_first)} to it, {millimetres(from_first)} from it."
        figures = (_figure(names[0], names[i], view, i) for view in looks["views"])
        found += [
            element("h2", f"{names[i]} beside {names[0]}"),
            element("p", apart, class_="soft"),
            element("div", figures, class_="views"),
        ]
    return found


def _figure(first: str, other: str, view: Json, index: int) -> Markup:
    words = view["name"].replace("-", " ")
    likeness = f"SSIM {view['ssim'][index]:.4f}"
    caption = element("figcaption", words, element("span", likeness, class_="soft"))
    images = (view["pictures"][0], view["pictures"][index])
    return element("figure", embedded_slider(images, (first, other), words), caption)
