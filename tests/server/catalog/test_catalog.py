"""Products and stores over HTTP, and the times one can collect."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.catalog.repository import INDEXES, Catalog
from server.catalog.routes import routes
from server.catalog.service import CatalogService
from server.catalog.store import Hours, Store, slots_on
from tests.server.web import bearer, serving

PRODUCT = {
    "names": {"en": "Shoe", "fr": "Chaussure", "it": "Scarpa"},
    "price": {"amount": 12900, "currency": "EUR"},
    "dimensions": {"width": 0.2, "height": 0.12, "depth": 0.3},
    "variants": [
        {
            "id": "night",
            "names": {"en": "Night", "fr": "Nuit", "it": "Notte"},
            "swatch": "#101020",
            "material_variant": "Night",
        }
    ],
}
STORE = {
    "name": "Vitrine Milano",
    "address": "Via dell'Esempio 1, Milano",
    "timezone": "Europe/Rome",
    "hours": [{"day": 0, "open": "10:00", "close": "12:00"}],
}


class FilesOfAssets:
    """The assets feature as the catalogue sees it."""

    async def files(self, asset_id):
        return [{"profile": "web", "url": f"/assets/{asset_id}/web.glb"}]


@pytest.fixture
async def catalog(open_store):
    return CatalogService(Catalog(await open_store(INDEXES)), FilesOfAssets())


@pytest.fixture
async def client(catalog):
    async with serving(routes(catalog)) as client:
        yield client


def shop(timezone="Europe/Rome", day=0, opens="10:00", closes="12:00", minutes=30) -> Store:
    return Store("x", "X", "A", timezone, (Hours(day, opens, closes),), minutes, 4, False)


async def test_staff_put_a_product_and_everybody_sees_it(client):
    put = await client.put("/api/products/SHOE-01", json=PRODUCT, headers=bearer("staff"))
    assert put.status == 200
    seen = await (await client.get("/api/products/SHOE-01")).json()
    assert seen["price"] == {"amount": 12900, "currency": "EUR"}
    assert (seen["version"], seen["files"]) == (1, [])


async def test_the_same_product_again_is_no_new_version(client):
    for _ in range(2):
        put = await client.put("/api/products/SHOE-01", json=PRODUCT, headers=bearer("staff"))
    assert (await put.json())["version"] == 1


async def test_an_attached_asset_stays_when_staff_change_the_price(client, catalog):
    await client.put("/api/products/SHOE-01", json=PRODUCT, headers=bearer("staff"))
    await catalog.attach("SHOE-01", "asset-1")
    changed = {**PRODUCT, "price": {"amount": 9900, "currency": "EUR"}}
    await client.put("/api/products/SHOE-01", json=changed, headers=bearer("designer"))
    seen = await (await client.get("/api/products/SHOE-01")).json()
    assert (seen["asset"], seen["version"]) == ("asset-1", 3)
    assert seen["files"][0]["url"] == "/assets/asset-1/web.glb"


@pytest.mark.parametrize("role", ["shopper", "integration"])
async def test_only_the_house_changes_products(client, role):
    put = await client.put("/api/products/SHOE-01", json=PRODUCT, headers=bearer(role))
    assert put.status == 403


async def test_nobody_changes_products_unnamed(client):
    put = await client.put("/api/products/SHOE-01", json=PRODUCT)
    assert put.status == 401


@pytest.mark.parametrize(
    ("path", "change"),
    [
        ("/api/products/SHOE-01", {"price": {"amount": -1, "currency": "EUR"}}),
        ("/api/products/SHOE-01", {"price": {"amount": 1.5, "currency": "EUR"}}),
        ("/api/products/SHOE-01", {"price": {"amount": 1, "currency": "euro"}}),
        ("/api/products/SHOE-01", {"dimensions": {"width": 0, "height": 1, "depth": 1}}),
        ("/api/products/SHOE-01", {"variants": PRODUCT["variants"] * 2}),
        ("/api/products/SHOE-01", {"surprise": True}),
        ("/api/products/SHOE%0A", {}),
        ("/api/products/%2e%2e%2fetc", {}),
    ],
)
async def test_a_product_that_makes_no_sense_is_refused(client, path, change):
    put = await client.put(path, json={**PRODUCT, **change}, headers=bearer("staff"))
    assert put.status == 422, await put.text()


async def test_an_unknown_product_and_store_are_not_found(client):
    for path, kind in (("products/NO", "unknown-product"), ("stores/no", "unknown-store")):
        answer = await client.get(f"/api/{path}")
        assert (answer.status, (await answer.json(content_type=None))["type"]) == (404, kind)


async def test_products_are_listed_page_by_page(client):
    for number in range(5):
        await client.put(f"/api/products/P-{number}", json=PRODUCT, headers=bearer("staff"))
    seen, after = [], ""
    while True:
        page = await (await client.get(f"/api/products?limit=2{after}")).json()
        seen += [item["sku"] for item in page["items"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert seen == [f"P-{number}" for number in range(5)]
    assert (await client.get("/api/products?after=nonsense")).status == 400
    assert (await client.get("/api/products?limit=0")).status == 422


async def test_a_store_knows_its_hours(client):
    put = await client.put("/api/stores/milano", json=STORE, headers=bearer("staff"))
    assert put.status == 200
    listed = await (await client.get("/api/stores")).json()
    assert [store["id"] for store in listed["items"]] == ["milano"]


@pytest.mark.parametrize(
    "change",
    [
        {"timezone": "Europe/Atlantis"},
        {"timezone": "../../etc/passwd"},
        {"hours": [{"day": 0, "open": "19:00", "close": "10:00"}]},
        {"hours": [{"day": 7, "open": "10:00", "close": "19:00"}]},
        {"hours": [{"day": 0, "open": "25:00", "close": "26:00"}]},
        {"slot_minutes": 0},
    ],
)
async def test_a_store_that_cannot_be_is_refused(client, change):
    put = await client.put("/api/stores/milano", json={**STORE, **change}, headers=bearer("staff"))
    assert put.status == 422


def test_slots_fill_the_opening_hours():
    slots = slots_on(shop(), date(2026, 11, 23))
    assert [slot.id for slot in slots] == [
        f"x:2026-11-23T{time}" for time in ("10:00", "10:30", "11:00", "11:30")
    ]
    assert slots[0].start.astimezone(UTC) == datetime(2026, 11, 23, 9, tzinfo=UTC)


def test_a_closed_day_has_no_slots():
    assert slots_on(shop(), date(2026, 11, 24)) == []


@pytest.mark.parametrize("day", [date.min, date.max])
@pytest.mark.parametrize("timezone", ["Asia/Tokyo", "America/New_York"])
def test_the_ends_of_the_calendar_have_no_slots(day, timezone):
    assert slots_on(shop(timezone, day.weekday(), "00:00", "23:59"), day) == []


def test_the_hour_that_spring_skips_has_no_slots():
    slots = slots_on(shop(day=6, opens="01:00", closes="04:00", minutes=60), date(2027, 3, 28))
    assert [slot.id[-5:] for slot in slots] == ["01:00", "03:00"]


@given(
    st.dates(date(2020, 1, 1), date(2035, 1, 1)),
    st.sampled_from(["Europe/Paris", "America/New_York", "Australia/Lord_Howe", "UTC"]),
    st.integers(5, 720),
)
def test_slots_never_overlap_and_have_an_id_each(day, timezone, minutes):
    slots = slots_on(shop(timezone, day.weekday(), "00:00", "23:59", minutes), day)
    assert len({slot.id for slot in slots}) == len(slots)
    ends = [slot.end.astimezone(UTC) for slot in slots]
    starts = [slot.start.astimezone(UTC) for slot in slots]
    assert all(end <= start for end, start in zip(ends, starts[1:], strict=False))
