"""The demo's scene: what it names exists, and nothing floats, overlaps or blocks the way."""

from __future__ import annotations

from itertools import combinations

import jsonschema
import numpy as np
import pytest

from tests.scenes.shipped import MODELS, SCENES, load, product, scene, size

DISPLAYS = [pytest.param(display, id=display["id"]) for display in scene()["displays"]]
LAMP = {"position": [0, 3, 0], "color": "#ffffff", "intensity": 1}
PERSON = 0.25  # metres from the middle of a person to the shoulders


def _footprint(display):
    """Lowest and highest x and z of a turned product."""
    width, _, depth = size(product(display["sku"])["model"])
    _, y, _, w = display["rotation"]
    angle = 2 * np.arctan2(y, w)
    c, s = abs(np.cos(angle)), abs(np.sin(angle))
    half = np.array([width * c + depth * s, width * s + depth * c]) / 2
    middle = np.array(display["position"])[[0, 2]]
    return middle - half, middle + half


def _overlap(low_a, high_a, low_b, high_b):
    return bool(np.all(np.less(low_a, high_b)) and np.all(np.less(low_b, high_a)))


def test_the_scene_follows_its_schema():
    schema = load(SCENES / "scene.schema.json")
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(scene())


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"colour": "#ffffff"}, "colour"),
        ({"lights": [{**LAMP, "kind": "spot"}]}, "target"),
        ({"spawn_points": []}, "spawn_points"),
        ({"environment": {"background": "white", "exposure": 1, "ambient": 1}}, "background"),
    ],
)  # fmt: skip
def test_the_schema_refuses(change, wrong):
    schema = load(SCENES / "scene.schema.json")
    problems = list(jsonschema.Draft202012Validator(schema).iter_errors({**scene(), **change}))
    assert any(wrong in f"{list(problem.path)} {problem.message}" for problem in problems)


@pytest.mark.parametrize("kind", ["nodes", "displays", "signs"])
def test_ids_are_unique(kind):
    ids = [thing["id"] for thing in scene()[kind]]
    assert len(ids) == len(set(ids))


def test_every_model_named_exists_and_every_model_is_named():
    named = {node["model"] for node in scene()["nodes"]}
    named |= {product(d["sku"])["model"] for d in scene()["displays"]}
    assert named == {path.stem for path in MODELS.glob("*.glb")}


def test_rotations_have_unit_length():
    things = [*scene()["nodes"], *scene()["displays"], *scene()["signs"], *scene()["spawn_points"]]
    lengths = [np.linalg.norm(thing["rotation"]) for thing in things]
    assert lengths == pytest.approx(np.ones(len(things)), abs=1e-4)


@pytest.mark.parametrize("display", DISPLAYS)
def test_a_display_wears_a_variant_of_its_product(display):
    assert display["variant"] in {v["id"] for v in product(display["sku"])["variants"]}


@pytest.mark.parametrize("display", DISPLAYS)
def test_a_display_is_inside_the_bounds(display):
    low, high = _footprint(display)
    bounds = scene()["bounds"]
    assert np.all(low >= np.array(bounds["min"])[[0, 2]])
    assert np.all(high <= np.array(bounds["max"])[[0, 2]])
    assert bounds["min"][1] <= display["position"][1]
    assert display["position"][1] + size(product(display["sku"])["model"])[1] <= bounds["max"][1]


@pytest.mark.parametrize("display", DISPLAYS)
def test_a_display_stands_on_furniture_that_people_walk_around(display):
    low, high = _footprint(display)
    under = [
        obstacle
        for obstacle in scene()["obstacles"]
        if np.all(low >= obstacle["min"]) and np.all(high <= obstacle["max"])
    ]
    assert len(under) == 1, f"{display['id']} spans {low}..{high}"


@pytest.mark.parametrize("display", DISPLAYS)
def test_a_display_on_a_plinth_touches_its_top(display):
    x, y, z = display["position"]
    beneath = [
        node
        for node in scene()["nodes"]
        if node["model"].startswith(("plinth", "podium"))
        and np.allclose([node["position"][0], node["position"][2]], [x, z])
    ]
    tops = [node["position"][1] + size(node["model"])[1] for node in beneath]
    if display["id"] == "throw":
        assert not beneath, "the throw lies on the bench of the niche"
    else:
        assert tops == pytest.approx([y], abs=0.002)


def test_displays_keep_clear_of_each_other():
    for one, other in combinations(scene()["displays"], 2):
        assert not _overlap(*_footprint(one), *_footprint(other)), (one["id"], other["id"])


def test_obstacles_do_not_overlap():
    for one, other in combinations(scene()["obstacles"], 2):
        assert not _overlap(one["min"], one["max"], other["min"], other["max"]), (one, other)


def test_people_enter_inside_the_bounds_and_clear_of_furniture_and_each_other():
    bounds = scene()["bounds"]
    feet = [np.array(point["position"])[[0, 2]] for point in scene()["spawn_points"]]
    for at in feet:
        assert np.all(at - PERSON >= np.array(bounds["min"])[[0, 2]])
        assert np.all(at + PERSON <= np.array(bounds["max"])[[0, 2]])
        for box in scene()["obstacles"]:
            assert not _overlap(at - PERSON, at + PERSON, box["min"], box["max"]), (at, box)
    assert min(np.linalg.norm(a - b) for a, b in combinations(feet, 2)) > 0.8


def test_there_is_a_way_round_every_plinth():
    """Flood the floor from the first entrance; each display must be within arm's reach of it."""
    step, reach = 0.1, 1.0
    bounds = scene()["bounds"]
    x = np.arange(bounds["min"][0] + PERSON, bounds["max"][0] - PERSON, step)
    z = np.arange(bounds["min"][2] + PERSON, bounds["max"][2] - PERSON, step)
    free = np.ones((len(x), len(z)), bool)
    for box in scene()["obstacles"]:
        inside_x = (x > box["min"][0] - PERSON) & (x < box["max"][0] + PERSON)
        inside_z = (z > box["min"][1] - PERSON) & (z < box["max"][1] + PERSON)
        free &= ~np.outer(inside_x, inside_z)
    start = scene()["spawn_points"][0]["position"]
    open_cells = [(int(np.abs(x - start[0]).argmin()), int(np.abs(z - start[2]).argmin()))]
    walked = np.zeros_like(free)
    while open_cells:
        i, k = open_cells.pop()
        if 0 <= i < len(x) and 0 <= k < len(z) and free[i, k] and not walked[i, k]:
            walked[i, k] = True
            open_cells += [(i + 1, k), (i - 1, k), (i, k + 1), (i, k - 1)]
    cells = np.stack([x[np.nonzero(walked)[0]], z[np.nonzero(walked)[1]]], axis=1)
    for display in scene()["displays"]:
        at = np.array(display["position"])[[0, 2]]
        assert np.linalg.norm(cells - at, axis=1).min() < reach + 0.35, display["id"]


def test_a_headset_can_afford_the_lights():
    lights = scene()["lights"]
    assert len(lights) <= 6
    assert sum(light.get("shadow", False) for light in lights) <= 2
