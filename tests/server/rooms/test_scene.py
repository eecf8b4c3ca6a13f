"""What rooms read of a scene."""

import copy
import json
from pathlib import Path

import pytest

from server.rooms.scene import BadScene, read_scene, things
from tests.server.rooms.house import PRODUCTS, SHOWROOM

SCENE = SHOWROOM["scene"]
SHOE = SCENE["displays"][0]
SPOT = {"id": "sole", "position": [0, 0, 0], "text": {"en": "Cork"}}


def test_displays_become_things_with_their_products_variants():
    shoe, lamp, sofa = things(read_scene(SCENE), PRODUCTS)
    assert (shoe.variant, sorted(shoe.variants)) == ("red", ["blue", "green", "red"])
    assert (lamp.variant, lamp.place.rotation) == ("brass", (0, 1, 0, 0))
    assert (sofa.variant, sofa.grab) == ("", False)


def test_what_cannot_be_taken_cannot_be_turned_unless_its_display_says_so():
    turntable = copy.deepcopy(SCENE)
    turntable["displays"][2]["limits"] = {"turn": "upright"}
    for scene, turn in ((SCENE, "none"), (turntable, "upright")):
        shoe, _, sofa = things(read_scene(scene), PRODUCTS)
        assert (shoe.limits.turn, sofa.limits.turn) == ("free", turn)


def test_a_display_of_a_variant_that_is_not_made_shows_the_first():
    scene = copy.deepcopy(SCENE)
    scene["displays"][0]["variant"] = "plaid"
    assert things(read_scene(scene), PRODUCTS)[0].variant == "blue"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"bounds": {"min": [0, 0, 0], "max": [0, 1, 1]}}, "bounds.min"),
        ({"bounds": {"min": [0, 0], "max": [1, 1, 1]}}, "$.bounds.min"),
        ({"bounds": None}, "$.bounds"),
        ({"spawn_points": []}, "spawn_points"),
        ({"spawn_points": [{"position": [0, "x", 0]}]}, "spawn_points[0].position[1]"),
        ({"displays": [{"id": "a", "sku": "S", "position": [0, 0, 0]}] * 2}, "displays"),
        ({"displays": [SHOE | {"limits": {"scale": [2, 1]}}]}, "`scale` of `shoe`"),
        ({"displays": [SHOE | {"limits": {"scale": [0, 2]}}]}, "`scale` of `shoe`"),
        ({"displays": [SHOE | {"limits": {"reach": 0}}]}, "`reach` of `shoe`"),
        ({"displays": [SHOE | {"limits": {"turn": "wildly"}}]}, "limits.turn"),
        ({"displays": [SHOE | {"hotspots": [SPOT, SPOT]}]}, "`hotspots` of `shoe`"),
    ],
)
def test_a_wrong_scene_is_refused_naming_the_member(change, named):
    with pytest.raises(BadScene) as refused:
        read_scene(SCENE | change)
    assert named in refused.value.problem()["detail"]


def test_the_demo_scene_is_one(root: Path):
    scene = read_scene(json.loads((root / "scenes/demo/scene.json").read_text()))
    products = json.loads((root / "scenes/demo/products.json").read_text())["products"]
    assert len(things(scene, products)) == len(scene.displays) > 0
