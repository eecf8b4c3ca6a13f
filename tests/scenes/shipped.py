"""The demo's files as they ship, read once for the tests."""

from __future__ import annotations

import json
import struct
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

SCENES = Path(__file__).parents[2] / "scenes"
DEMO = SCENES / "demo"
MODELS = DEMO / "models"


@cache
def load(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text())
    return document


def scene() -> dict[str, Any]:
    return load(DEMO / "scene.json")


def catalogue() -> dict[str, Any]:
    return load(DEMO / "products.json")


def product(sku: str) -> dict[str, Any]:
    return next(p for p in catalogue()["products"] if p["sku"] == sku)


@cache
def gltf(model: str) -> dict[str, Any]:
    """The JSON part of a model's GLB."""
    data = (MODELS / f"{model}.glb").read_bytes()
    (length,) = struct.unpack_from("<I", data, 12)
    document: dict[str, Any] = json.loads(data[20 : 20 + length])
    return document


def size(model: str) -> np.ndarray:
    """Bounding box of a model, metres; the demo's nodes carry no transforms."""
    document = gltf(model)
    boxes = [
        document["accessors"][primitive["attributes"]["POSITION"]]
        for mesh in document["meshes"]
        for primitive in mesh["primitives"]
    ]
    low = np.min([box["min"] for box in boxes], axis=0)
    high = np.max([box["max"] for box in boxes], axis=0)
    return np.asarray(high - low)


def base(model: str) -> np.ndarray:
    """Lowest point and horizontal centre (x, y, z) of a model."""
    document = gltf(model)
    boxes = [
        document["accessors"][primitive["attributes"]["POSITION"]]
        for mesh in document["meshes"]
        for primitive in mesh["primitives"]
    ]
    low = np.min([box["min"] for box in boxes], axis=0)
    high = np.max([box["max"] for box in boxes], axis=0)
    middle = (low + high) / 2
    return np.array([middle[0], low[1], middle[2]])


def variants(model: str) -> list[str]:
    extension = gltf(model).get("extensions", {}).get("KHR_materials_variants", {})
    return [variant["name"] for variant in extension.get("variants", [])]
