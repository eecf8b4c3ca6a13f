"""A showroom without models: what a real server needs to have rooms, and no conversion."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from server.app import open_house
from server.auth import SESSION, Person, Role, Tokens
from server.catalog.product import ProductBody
from server.secret import own_secret
from server.settings import Settings
from tests.server.rooms.house import SHOWROOM

GUIDE = Person("staff:milano", "Milano", Role.STAFF, {"color": "#123456"})
NAMES = {"en": "Thing", "fr": "Chose", "it": "Cosa"}
VARIANTS = {"SHOE-01": ("blue", "red", "green"), "LAMP-01": ("brass", "steel"), "SOFA-01": ()}


async def furnish(folder: Path) -> str:
    """Fill a data folder for a server to be started on it; gives the token of a guide."""
    settings = Settings(data=folder)
    house = await open_house(settings)
    try:
        await house.showrooms.put_showroom({**SHOWROOM, "models": {}})
        for sku in VARIANTS:
            await house.catalog.put_product(sku, msgspec.convert(product(sku), ProductBody))
    finally:
        await house.close()
    return session(folder, GUIDE)


def session(folder: Path, person: Person) -> str:
    """A token, as the server of that folder would sign it."""
    tokens = Tokens(own_secret(folder))
    return tokens.issue(person, SESSION, timedelta(hours=1), datetime.now(UTC))


def product(sku: str) -> dict[str, object]:
    return {
        "names": NAMES,
        "price": {"amount": 100, "currency": "EUR"},
        "dimensions": {"width": 1, "height": 1, "depth": 1},
        "variants": [{"id": id, "names": NAMES, "swatch": "#ff0000"} for id in VARIANTS[sku]],
    }
