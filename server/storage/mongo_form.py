"""How a document and a listing look in MongoDB: pure, without its driver.

A kind is a collection. A document of it is `{_id, stamp, doc}`: `stamp` is new with every write,
so it tells one state from all others, also after the document was deleted and came back.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from server.storage import keyset
from server.storage.port import Doc

ESCAPED: Final = "escaped"  # true where names inside of `doc` had to be written differently
WRITTEN: Final = (("%", "%25"), ("$", "%24"), (".", "%2E"), ("\0", "%00"))


def stored(doc: Doc) -> dict[str, Any]:
    """The fields `doc` and, rarely, `escaped`; only what JSON has. Raises TypeError.

    By way of JSON, as the embedded engine stores it: a tuple becomes a list, a time its text.
    """
    plain = msgspec.json.decode(msgspec.json.encode(doc))
    if odd(plain):
        return {"doc": renamed(plain, WRITTEN), ESCAPED: True}
    return {"doc": plain}


def restored(found: Mapping[str, Any]) -> Doc:
    """The document of what `stored` made."""
    doc: Doc = found["doc"]
    if found.get(ESCAPED):
        doc = renamed(doc, [(written, name) for name, written in reversed(WRITTEN)])
    return doc


def odd(value: Any) -> bool:
    """Whether a name in it means something else to MongoDB, or cannot be written in BSON."""
    if type(value) is dict:
        return any("." in name or "$" in name or "\0" in name for name in value) or any(
            odd(inner) for inner in value.values()
        )
    return type(value) is list and any(odd(inner) for inner in value)


def renamed(value: Any, pairs: Any) -> Any:
    if isinstance(value, list):
        return [renamed(inner, pairs) for inner in value]
    if not isinstance(value, dict):
        return value
    return {_replaced(name, pairs): renamed(inner, pairs) for name, inner in value.items()}


def _replaced(name: str, pairs: Any) -> str:
    for old, new in pairs:
        name = name.replace(old, new)
    return name


def condition(where: Mapping[str, Any], order: str | None, after: str | None) -> dict[str, Any]:
    """The filter of a listing. Raises ValueError for a cursor that is not ours.

    Values are compared as SQLite does after json_extract: true is 1, null is what is absent.
    """
    terms: list[dict[str, Any]] = [{at(field): _equal(value)} for field, value in where.items()]
    if order:
        terms.append({at(order): {"$ne": None}})
    if after is not None:
        value, id = keyset.decode(after, order)
        terms.append(_beyond(order, value, id))
    return {"$and": terms} if terms else {}


def at(field: str) -> str:
    return f"doc.{field}"


def _equal(value: Any) -> dict[str, Any]:
    if isinstance(value, int | float) and value in {0, 1}:
        return {"$in": [int(value), bool(value)]}
    return {"$eq": value}


def _beyond(order: str | None, value: Any, id: str) -> dict[str, Any]:
    """What comes after a document. `$gt` alone finds values of the same type only."""
    if order is None:
        return {"_id": {"$gt": id}}
    later: list[dict[str, Any]] = [
        {at(order): {"$gt": value}},
        {at(order): {"$eq": value}, "_id": {"$gt": id}},
    ]
    if not isinstance(value, str):
        later.append({at(order): {"$type": "string"}})
    return {"$or": later}
