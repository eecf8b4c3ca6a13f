"""FBX's objects, their properties, and what is connected to what."""

from typing import Any

from assets_pipeline.readers.fbx_nodes import Record

Properties = dict[str, list[Any]]  # values by name, without type and flags


class Objects:
    """By id; `inside(id, kind)` gives what is connected into an object, in the file's order."""

    def __init__(self, document: Record) -> None:
        objects = document.first("Objects")
        held = objects.children if objects is not None else []
        self.by_id = {n: r for r in held if (n := r.whole(0)) is not None}
        self._templates = _templates(document)
        self._into: dict[int, list[tuple[int, str]]] = {}
        connections = document.first("Connections")
        for record in connections.children if connections is not None else []:
            child, parent = record.whole(1), record.whole(2)
            if child is not None and parent is not None:
                self._into.setdefault(parent, []).append((child, record.text(3)))

    def inside(self, number: int, kind: str) -> list[tuple[int, Record, str]]:
        """(id, record, name of the property) of each object of that kind."""
        found = []
        for child, slot in self._into.get(number, []):
            record = self.by_id.get(child)
            if record is not None and record.name == kind:
                found.append((child, record, slot))
        return found

    def properties(self, record: Record) -> Properties:
        """An object's own, over those that the file says its kind has."""
        return self._templates.get(record.name, {}) | properties(record)


def properties(record: Record | None) -> Properties:
    held = record.first("Properties70") if record is not None else None
    rows = held.all("P") if held is not None else []
    return {row.text(): row.values[4:] for row in rows}


def number(held: Properties, name: str, default: float) -> float:
    values = held.get(name, [])
    return float(values[0]) if values and isinstance(values[0], int | float) else default


def three(held: Properties, name: str, default: float) -> tuple[float, float, float]:
    values = [v for v in held.get(name, [])[:3] if isinstance(v, int | float)]
    if len(values) < 3:
        return default, default, default
    return float(values[0]), float(values[1]), float(values[2])


def plain_name(record: Record) -> str:
    """An object's name without its class, which binary files write after and text files before."""
    return record.text(1).split("\0")[0].rpartition("::")[2]


def _templates(document: Record) -> dict[str, Properties]:
    definitions = document.first("Definitions")
    kinds = definitions.all("ObjectType") if definitions is not None else []
    return {kind.text(): properties(kind.first("PropertyTemplate")) for kind in kinds}
