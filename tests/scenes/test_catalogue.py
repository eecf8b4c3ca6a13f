"""The demo's products and stores."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import jsonschema
import numpy as np
import pytest

from tests.scenes.shipped import SCENES, base, catalogue, load, scene, size, variants

PRODUCTS = catalogue()["products"]
BY_SKU = [pytest.param(product, id=product["sku"]) for product in PRODUCTS]


def test_the_catalogue_follows_its_schema():
    schema = load(SCENES / "products.schema.json")
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(catalogue())


def test_skus_and_store_ids_are_unique():
    assert len({p["sku"] for p in PRODUCTS}) == len(PRODUCTS) == 8
    assert len({s["id"] for s in catalogue()["stores"]}) == 2


@pytest.mark.parametrize("product", BY_SKU)
def test_a_product_is_as_large_as_its_model(product):
    told = [product["dimensions"][side] for side in ("width", "height", "depth")]
    assert size(product["model"]) == pytest.approx(told, abs=0.01)


@pytest.mark.parametrize("product", BY_SKU)
def test_a_product_stands_on_the_centre_of_its_base(product):
    assert base(product["model"]) == pytest.approx(np.zeros(3), abs=0.012)


@pytest.mark.parametrize("product", BY_SKU)
def test_every_variant_is_a_colour_of_the_model(product):
    named = [variant["material_variant"] for variant in product["variants"]]
    assert named == variants(product["model"])
    assert len({variant["id"] for variant in product["variants"]}) == len(named) == 3


@pytest.mark.parametrize("product", BY_SKU)
def test_descriptions_differ_between_the_languages(product):
    assert len(set(product["descriptions"].values())) == 3


def test_stores_know_their_time_zone_and_open_before_they_close():
    for store in catalogue()["stores"]:
        assert ZoneInfo(store["timezone"])
        assert all(hours["open"] < hours["close"] for hours in store["hours"])


def test_every_product_is_in_stock_at_both_stores():
    skus = {p["sku"] for p in PRODUCTS}
    for store in catalogue()["stores"]:
        assert set(store["stock"]) == skus
        assert min(store["stock"].values()) > 0


def test_gift_boxes_leave_from_exactly_one_store():
    assert [store["ships"] for store in catalogue()["stores"]].count(True) == 1


def test_every_product_is_on_show():
    assert {d["sku"] for d in scene()["displays"]} == {p["sku"] for p in PRODUCTS}
