"""The proof's page: true to the proof, and deaf to what a hostile model is called."""

import asyncio
import copy
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from assets_pipeline.amounts import change, extent, millimetres, number, size
from assets_pipeline.audit import audit
from assets_pipeline.convert import prepare
from assets_pipeline.levels import Level
from assets_pipeline.markup import Markup, element
from assets_pipeline.measure.deviation import Deviation
from assets_pipeline.options import Options
from assets_pipeline.page import page
from assets_pipeline.proof import Measured, file_proof, package_proof, picture_proof, whole_proof
from assets_pipeline.readers import read
from assets_pipeline.recipes import PROFILES, Lod
from tests.assets_pipeline import examples
from tests.flows.browser import chromium

HOSTILE = "\"><script>alert(1)</script><img src=x onerror='alert(2)'>&amp;"
VOID = {"meta", "img"}


@pytest.fixture
def proof(tmp_path: Path) -> dict[str, Any]:
    """Of a square in two profiles, one with a level of detail, and in a USDZ a variant."""
    path = tmp_path / "square.glb"
    path.write_bytes(examples.textured_square().glb())
    source = prepare(read(path), Options(), 1)
    content = path.read_bytes()
    seen = Measured(
        ssim={"front": 0.99, "back": 0.97},
        deviation_mm=(0.012, 0.034),
        bound_mm=0.1,
        audit=audit(source, len(content)),
        validator={
            "errors": 1, "warnings": 0, "infos": 0,
            "messages": [{"code": "BAD_THING", "message": "bad", "severity": 0, "pointer": "/a"}],
        },
    )  # fmt: skip
    chosen = Level(source, Lod(0.25, 512), 1, Deviation(1, 2, 0), 0.4, "meshoptimizer", ())
    level = Measured(lod=1, level=chosen)
    web, preview = PROFILES["web"], PROFILES["preview"]
    files = [
        file_proof(web, content, source, source, "web.glb", seen),
        file_proof(web, content, source, source, "web.lod1.glb", level),
        file_proof(preview, content * 2000, source, source, "preview.glb"),
        package_proof(web, "model.red.usdz", b"x" * 999, source, "Red"),
        picture_proof("poster.red.studio.webp", b"x", "image/webp", (8, 8), "Red"),
    ]
    views = [
        {"name": n, "before": f"before.{n}.webp", "after": {"web": f"after.web.{n}.webp"}}
        for n in ("front", "back")
    ]
    return whole_proof("k", path, "0" * 64, source, source, files, views=views, notes=["No AVIF."])


class Reading(HTMLParser):
    """Checks that tags close in order; collects them, their attributes, and the words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def test_the_page_tells_what_the_proof_says(proof: dict[str, Any]) -> None:
    text = Reading(page(proof)).text
    for words in (
        "1 of 3 over budget", "web.glb", "0.9800, worst 0.9700", "0.034 mm", "below 40%",
        "meshoptimizer", "errors: 1", "Bad thing", "model.red.usdz (Red)", "No AVIF.",
        "1 × 1 × 0 m", "not run", "Texture sides, pixels", "✗ 100 kB",
    ):  # fmt: skip
        assert words in text, words


def test_what_was_not_measured_is_left_out(proof: dict[str, Any]) -> None:
    bare = copy.deepcopy(proof) | {"views": [], "notes": [], "warnings": [], "posters": []}
    bare["files"] = [f for f in bare["files"] if f["name"] == "preview.glb"]
    text = Reading(page(bare)).text
    for words in ("Before and after", "Levels of detail", "Notes", "likeness"):
        assert words not in text


def test_every_string_of_a_hostile_proof_stays_text(proof: dict[str, Any]) -> None:
    """Whatever string the proof holds, wherever: each in turn is replaced by an attack."""
    plain = [tag for tag, _ in Reading(page(proof)).seen]

    def poisoned(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: v if k in ("check", "profile") else poisoned(v) for k, v in value.items()}
        if isinstance(value, list):
            return [poisoned(part) for part in value]
        return HOSTILE + value if isinstance(value, str) else value

    found = Reading(page(poisoned(proof)))
    assert {tag for tag, _ in found.seen} <= set(plain)
    assert "script" not in {tag for tag, _ in found.seen}
    names = {name for _, attributes in found.seen for name in attributes}
    assert not {name for name in names if name.startswith("on")}
    assert "<script>alert(1)</script>" in found.text


def test_pictures_are_named_beside_the_page_and_cannot_be_elsewhere(proof: dict[str, Any]) -> None:
    proof["views"][0]["before"] = "http://example.org/x.webp"
    sources = [a["src"] for tag, a in Reading(page(proof)).seen if tag == "img"]
    assert "after.web.front.webp" in sources
    assert not [s for s in sources if s and re.match(r"\w+:", s)]


def test_markup_escapes_all_but_markup() -> None:
    assert element("p", "<b>", None, ["&", element("i", "x")], title='"') == (
        '<p title="&quot;">&lt;b&gt;&amp;<i>x</i></p>'
    )
    assert element("img", alt="a", hidden=False, inert=True) == '<img alt="a" inert>'
    assert isinstance(element("p"), Markup)


def test_numbers_read_well() -> None:
    assert [size(x) for x in (0, 999, 1_000, 2_140_000, 5e9)] == [
        "0 B", "999 B", "1 kB", "2.14 MB", "5 GB",
    ]  # fmt: skip
    assert [change(100, x) for x in (0.3, 13, 100, 100.2, 140, 1200)] == [
        "−99.7 %", "−87 %", "", "±0 %", "+40 %", "×12",
    ]  # fmt: skip
    assert change(0, 5) == ""
    assert [extent([1.2, 0.5, 0]), extent([0.1, 0.05, 0.02]), extent([0.004, 0, 0])] == [
        "1.2 × 0.5 × 0 m", "10 × 5 × 2 cm", "4 × 0 × 0 mm",
    ]  # fmt: skip
    assert [millimetres(x) for x in (0, 0.0001, 0.0342)] == ["0 mm", "< 0.001 mm", "0.0342 mm"]
    assert [number(x) for x in (1234, 0.12345, 12.0, 12345.6)] == [
        "1,234", "0.1235", "12", "12,346",
    ]  # fmt: skip


@pytest.mark.browser
async def test_a_browser_shows_it_with_its_own_policy_and_the_slider_in_the_middle(
    tmp_path: Path, proof: dict[str, Any]
) -> None:
    shown = [name for v in proof["views"] for name in (v["before"], *v["after"].values())]
    for name in (*shown, *proof["posters"]):
        (tmp_path / name).write_bytes(examples.picture((32, 32), "WEBP"))
    (tmp_path / "proof.html").write_text(page(proof), encoding="utf-8")
    async with chromium() as browser:
        tab = await browser.new_page()
        said: list[str] = []
        tab.on("console", lambda message: said.append(message.text))
        await tab.goto((tmp_path / "proof.html").as_uri())
        slider = tab.locator(".compare").first
        await slider.scroll_into_view_if_needed()
        middle = "e => Math.abs(e.scrollLeft - e.clientWidth / 2) < 2"
        assert await slider.evaluate(middle)
        await slider.focus()
        for _ in range(50):  # while the page appears, it snaps back
            await tab.keyboard.press("ArrowRight")
            await asyncio.sleep(0.1)
            if moved := not await slider.evaluate(middle):
                break
        assert moved
        images = "[...document.querySelectorAll('.compare img')].map(i => i.decode())"
        await tab.evaluate(f"Promise.all({images})")
        fits = "document.documentElement.scrollWidth <= innerWidth"
        assert await tab.evaluate(fits)
        await tab.set_viewport_size({"width": 390, "height": 844})
        assert await tab.evaluate(fits)
        assert said == []
