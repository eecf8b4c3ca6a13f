"""Models side by side: each row says how the others differ from the first."""

from pathlib import Path
from typing import Any

from assets_pipeline.compare import Row, comparison_page, rows
from assets_pipeline.confine import ProcessLimits
from assets_pipeline.look import look
from tests.assets_pipeline import examples


def looked(path: Path, content: bytes) -> dict[str, Any]:
    path.write_bytes(content)
    return look(path, ProcessLimits())


def test_rows_tell_ratios_and_what_is_more_and_less(tmp_path: Path) -> None:
    plain = looked(tmp_path / "plain.glb", examples.square().glb())
    rich = looked(tmp_path / "rich.glb", examples.textured_square().glb())
    found = {row.title: row for row in rows([rich, plain])}
    assert found["triangles"] == Row("triangles", ("2", "2"), ("", ""))
    assert found["triangles"].same
    assert found["variants"] == Row("variants", ("Red · Blue", ""), ("", "−Red −Blue"))
    assert found["textures"].notes == ("", "−100 %")
    assert "skins" not in found
    back = {row.title: row for row in rows([plain, rich])}
    assert back["variants"].notes == ("", "+Red +Blue")


def test_the_page_shows_each_over_the_first(tmp_path: Path) -> None:
    models = [looked(tmp_path / f"<{n}>.glb", examples.square().glb()) for n in "ab"]
    image = "data:image/webp;base64,AAAA"
    looks = {
        "views": [{"name": "front-left", "pictures": [image, image], "ssim": [None, 0.9876]}],
        "deviation": [None, [0.02, 0.03]],
    }
    page = comparison_page(models, looks)
    for words in ("front left", "SSIM 0.9876", "0.02 mm to it", image, "&lt;a&gt;.glb"):
        assert words in page
    assert "<a>" not in page
    assert "No pictures." in comparison_page(models, None, "No pictures.")
