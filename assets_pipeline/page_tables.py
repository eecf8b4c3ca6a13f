"""The proof's tables: levels, audit, what was kept, textures, the validator's words."""

from assets_pipeline.amounts import millimetres, number, size
from assets_pipeline.markup import Content, Markup, element, joined
from assets_pipeline.model import Json
from assets_pipeline.page_parts import mark, table

CHECKS = {  # what the audit's checks are called; an order too
    "file_size": "File size, bytes",
    "triangles": "Triangles",
    "materials": "Materials",
    "nodes": "Nodes",
    "meshes": "Meshes",
    "primitives": "Primitives",
    "draw_calls": "Draw calls",
    "animations": "Animations",
    "textures": "Textures",
    "texture_size": "Texture sides, pixels",
    "textures_not_power_of_two": "Textures that are no power of two",
    "textures_not_square": "Textures that are not square",
    "colour_range": "Base colour, darkest – lightest of 255",
    "uv_range": "UV range",
    "uv_inverted": "Triangles with mirrored UVs",
    "uv_overlap": "UV area used twice",
    "texel_density": "Texels per metre",
    "unused_uv_sets": "Unused UV sets",
    "non_manifold_edges": "Edges of three triangles and more",
    "open_edges": "Open edges",
    "hard_edges": "Edges of 90° and sharper",
    "degenerate_triangles": "Triangles without an area",
    "root_transforms": "Root nodes that are moved or turned",
    "off_centre": "From the origin to the middle of the floor, m",
    "dimensions": "Dimensions against the product, m",
}
KEPT = {
    "names": "Names",
    "extras": "Extras",
    "variants": "Variants",
    "variant_mappings": "Materials mapped to variants",
    "animations": "Animations",
    "skins": "Skins",
    "morph_targets": "Morph targets",
    "material_extensions": "Material extensions",
}
DASH = "–"
WARNING = 1  # of the validator's severities; 0 is an error


def levels(models: list[Json]) -> Markup | None:
    rows = []
    for file in models:
        if not any(f["profile"] == file["profile"] and f["lod"] > 0 for f in models):
            continue
        likeness, away = file.get("ssim"), file.get("deviation")
        share = file.get("screen_size")
        rows.append([
            file["name"], number(file["triangles"]), size(file["bytes"]),
            f"{likeness['mean']:.4f}" if likeness else DASH,
            millimetres(away["to_source_mm"]) if away else DASH,
            millimetres(away["from_source_mm"]) if away else DASH,
            f"below {share:.0%}" if share is not None else "above",
            file.get("simplifier") or DASH,
        ])  # fmt: skip
    head = ("File", "Triangles", "Size", "SSIM", "To the source", "From the source",
            "Screen height", "Simplifier")  # fmt: skip
    return table(head, rows) if rows else None


def audit_table(whole: list[Json]) -> Markup | None:
    files = [file for file in whole if file.get("audit")]
    if not files:
        return None
    found = [{check["check"]: check for check in file["audit"]} for file in files]
    names = [name for name in CHECKS if any(name in checks for checks in found)]
    rows = []
    for name in names:
        limit = next((c[name]["limit"] for c in found if name in c), None)
        cells = [_audited(checks.get(name)) for checks in found]
        rows.append([CHECKS[name], limit_words(limit), *cells])
    return table(["Check", "Limit", *(file["profile"] for file in files)], rows)


def _audited(check: Json | None) -> Markup:
    if check is None or check["value"] is None:
        return element("td", DASH)
    return mark(check["passed"], told(check))


def told(check: Json) -> str:
    value = check["value"]
    if check["check"] == "uv_overlap":
        return f"{value:.1%}"
    if not isinstance(value, list):
        return number(value)
    if check["check"] in ("off_centre", "dimensions"):
        return (" × " if check["check"] == "dimensions" else ", ").join(f"{x:.3f}" for x in value)
    return " – ".join(dict.fromkeys(map(number, value)))


def limit_words(limit: object) -> str:
    if not isinstance(limit, list):
        return DASH if limit is None else f"≤ {number(limit)}"
    if len(limit) == 3:
        return "± 3 %"
    least, most = limit
    if least is None:
        return f"≤ {number(most)}"
    return f"≥ {number(least)}" if most is None else f"{number(least)} – {number(most)}"


def kept_table(models: list[Json]) -> Markup | None:
    files = [file for file in models if "kept" in file and file["lod"] == 0]
    if not files:
        return None
    rows = []
    for name, words in KEPT.items():
        source = files[0]["kept"][name]["source"]
        if source:
            marks = [
                mark(f["kept"][name]["whole"], _amount(f["kept"][name]["file"])) for f in files
            ]
            rows.append([words, _amount(source), *marks])
    return table(["", "Source", *(file["profile"] for file in files)], rows) if rows else None


def _amount(value: object) -> str:
    return str(len(value)) if isinstance(value, list) else number(value)


def texture_tables(proof: Json, whole: list[Json]) -> Markup | None:
    parts = [("source", proof["input"]["textures"])]
    parts += [(file["profile"], file["textures"]) for file in whole if file.get("textures")]
    head = ("Texture", "Used as", "Format", "Pixels", "Size")
    folds = (
        element(
            "details",
            element("summary", f"{name}: {len(rows)}, {size(sum(row['bytes'] for row in rows))}"),
            table(head, (_texture(number, row) for number, row in enumerate(rows))),
        )
        for name, rows in parts
        if rows
    )
    return joined(folds) or None


def _texture(index: int, row: Json) -> list[Content]:
    slots = ", ".join(slot.removesuffix("Texture") for slot in row["slots"])
    return [
        row["name"] or f"number {index}",
        element("td", slots or "nothing", class_="text"),
        row["media_type"].removeprefix("image/") or DASH,
        f"{row['width']} × {row['height']}",
        size(row["bytes"]),
    ]


def validator_messages(models: list[Json]) -> Markup | None:
    """Errors and warnings by kind: the same one often stands in every file."""
    kinds: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for file in models:
        for said in file.get("validator", {}).get("messages", []):
            if said["severity"] <= WARNING:
                places = kinds.setdefault((said["code"], said["message"]), [])
                places.append((file["name"], said.get("pointer", "")))
    rows = (
        element(
            "li",
            element("b", code.capitalize().replace("_", " ")),
            f": {message} ",
            element("span", _places(places), class_="soft"),
        )
        for (code, message), places in kinds.items()
    )
    return element("ul", rows) if kinds else None


def _places(places: list[tuple[str, str]]) -> str:
    files = ", ".join(dict.fromkeys(name for name, _ in places))
    return f"{files}, at {places[0][1]}" if places[0][1] else files
