"""The proof as a page, for whoever answers for how a product looks.

One file without scripts; pictures by their names beside it. Names come from strangers' models:
everything goes through `markup`, and the page's own policy allows pictures and this style alone.
"""

from pathlib import Path

from assets_pipeline.amounts import change, extent, millimetres, number, size
from assets_pipeline.markup import Content, Markup, element, joined
from assets_pipeline.model import Json
from assets_pipeline.page_parts import bar, document, picture, slider
from assets_pipeline.page_tables import (
    audit_table,
    kept_table,
    levels,
    texture_tables,
    validator_messages,
)

HOW = "Scroll a picture sideways: left of the line is the source, right of it the file."
LOD = "Each level serves while the product is smaller on the screen than its share says."
AUDIT = (
    "The checks of the Khronos glTF Asset Auditor, held against the 3D Commerce guidelines. "
    "Where they set no limit, the value is told."
)
BUDGET = {
    "bytes": "size",
    "triangles": "triangles",
    "vertices": "vertices",
    "texture_size": "texture side",
}


def page(proof: Json) -> str:
    """The whole proof as HTML."""
    name = proof["input"]["name"]
    models = [file for file in proof["files"] if "budget" in file]
    whole = [file for file in models if file["lod"] == 0]
    return document(
        f"{name}: proof",
        _header(proof, whole),
        element(
            "main",
            _section("Files", "Bars compare with the source.", _cards(proof, whole)),
            _section("Before and after", HOW, _views(proof)),
            _section("Levels of detail", LOD, levels(models)),
            _section("Variants", None, _posters(proof)),
            _section("Audit", AUDIT, audit_table(whole)),
            _section("Kept from the source", None, kept_table(models)),
            _section("Textures", None, texture_tables(proof, whole)),
            _section("What the validator says", None, validator_messages(models)),
            _section("Notes", None, _notes(proof)),
        ),
        element("footer", f"Made by Vitrine’s asset pipeline {proof['pipeline']}.", class_="soft"),
    )


def _section(title: str, lead: str | None, content: Markup | None) -> Markup | None:
    if not content:
        return None
    words = element("p", lead, class_="soft") if lead else None
    return element("section", element("h2", title), words, content)


def _header(proof: Json, whole: list[Json]) -> Markup:
    source = proof["input"]
    over = [file for file in whole if not file["budget_passed"]]
    words = "Every file fits its budget" if not over else f"{len(over)} of {len(whole)} over budget"
    facts = {
        "real size": extent(proof["dimensions"]),
        "source": f"{source['format']}, {size(source['bytes'])}",
        "triangles": number(source["triangles"]),
        "textures": number(len(source["textures"])),
        "variants": ", ".join(proof["variants"]),
    }
    shown = (
        element("li", element("b", value), " ", name) for name, value in facts.items() if value
    )
    poster = _first_poster(proof)
    return element(
        "header",
        element(
            "div",
            element("h1", Path(source["name"]).stem or source["name"]),
            element("span", words, class_="verdict " + ("wrong" if over else "good")),
            element("ul", shown, class_="facts"),
        ),
        picture(poster, "Poster", class_="poster") if poster else None,
    )


def _first_poster(proof: Json) -> str | None:
    named = [name for name in proof["posters"] if name.endswith(".webp")]
    return next((name for name in named if ".studio." in name), next(iter(named), None))


def _cards(proof: Json, whole: list[Json]) -> Markup | None:
    cards = [_card(proof["input"], file) for file in whole]
    return element("div", cards, class_="cards") if cards else None


def _card(source: Json, file: Json) -> Markup:
    facts: dict[str, Content] = {
        "triangles": number(file["triangles"]),
        "vertices": number(file["vertices"]),
        "draw calls": number(file.get("draw_calls", 0)),
    }
    if "texture_gpu_bytes" in file:
        facts["texture memory"] = size(file["texture_gpu_bytes"])
    if likeness := file.get("ssim"):
        facts["likeness (SSIM)"] = f"{likeness['mean']:.4f}, worst {likeness['worst']:.4f}"
    if away := file.get("deviation"):
        furthest = max(away["to_source_mm"], away["from_source_mm"])
        facts["deviation"] = millimetres(furthest)
    for name, check in file["budget"]["checks"].items():
        facts[f"{BUDGET[name]} allowed"] = _allowed(name, check)
    facts["validator"] = _validated(file.get("validator"))
    title = file["name"] if file.get("variant") is None else f"{file['name']} ({file['variant']})"
    passed = file["budget_passed"]
    verdict = "fits" if passed else "over budget"
    return element(
        "article",
        element(
            "div",
            element("h3", title),
            element("span", verdict, class_="good" if passed else "wrong"),
        ),
        element("span", size(file["bytes"]), class_="big"),
        " ",
        element("span", change(source["bytes"], file["bytes"]), class_="soft"),
        bar(file["bytes"] / max(source["bytes"], 1)),
        element("dl", ((element("dt", k), element("dd", v)) for k, v in facts.items() if v)),
        class_="card",
    )


def _allowed(name: str, check: Json) -> Markup:
    words = size(check["limit"]) if name == "bytes" else number(check["limit"])
    sign = "✓ " if check["passed"] else "✗ "
    return element("span", sign, words, class_="good" if check["passed"] else "wrong")


def _validated(report: Json | None) -> Content:
    if report is None:
        return None
    if "skipped" in report:
        return element("span", "not run", class_="soft", title=report["skipped"])
    words = f"errors: {report['errors']}, warnings: {report['warnings']}"
    return element("span", words, class_="wrong" if report["errors"] else "good")


def _views(proof: Json) -> Markup | None:
    """One picture slider a view for the first profile; the other profiles unfold."""
    profiles = list(dict.fromkeys(name for view in proof["views"] for name in view["after"]))
    grids = [(name, _view_grid(proof, name)) for name in profiles]
    if not grids:
        return None
    others = (
        element("details", element("summary", name), grid) for name, grid in grids[1:]
    )  # fmt: skip
    return joined((element("h3", grids[0][0]), grids[0][1], others))


def _view_grid(proof: Json, profile: str) -> Markup:
    file: Json = next((f for f in proof["files"] if (f["profile"], f["lod"]) == (profile, 0)), {})
    likeness = (file.get("ssim") or {}).get("views", {})
    figures = []
    for view in proof["views"]:
        if profile not in view["after"]:
            continue
        words = view["name"].replace("-", " ")
        told = f"SSIM {likeness[view['name']]:.4f}" if view["name"] in likeness else ""
        caption = element("figcaption", words, element("span", told, class_="soft"))
        images = slider(view["before"], view["after"][profile], words)
        figures.append(element("figure", images, caption))
    return element("div", figures, class_="views")


def _posters(proof: Json) -> Markup | None:
    shown = [
        file for file in proof["files"]
        if file["profile"] == "poster" and ".studio." in file["name"]
        and file["name"].endswith(".webp") and file.get("variant") is not None
    ]  # fmt: skip
    figures = (
        element("figure", picture(f["name"], f["variant"]), element("figcaption", f["variant"]))
        for f in shown
    )
    return element("div", figures, class_="posters") if shown else None


def _notes(proof: Json) -> Markup | None:
    said = [*proof["notes"], *proof["warnings"]]
    return element("ul", (element("li", words) for words in said)) if said else None
