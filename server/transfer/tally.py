"""How many documents there are and what they hold, in a form that two engines agree on."""

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from server.storage.port import Document

ENCODER: Final = msgspec.json.Encoder(order="sorted")
MODULUS: Final = 2**256


@dataclass
class Tally:
    """Counts by kind, and the sum of all documents' SHA-256: whatever the order they come in."""

    counts: Counter[str] = field(default_factory=Counter)
    total: int = 0

    def add(self, document: Document) -> None:
        text = ENCODER.encode([document.kind, document.id, document.doc])
        self.counts[document.kind] += 1
        digest = int.from_bytes(hashlib.sha256(text).digest(), "big")
        self.total = (self.total + digest) % MODULUS

    def state(self) -> dict[str, Any]:
        """For a file; equal for equal documents."""
        return {"counts": dict(sorted(self.counts.items())), "sum": f"{self.total:064x}"}

    @property
    def documents(self) -> int:
        return sum(self.counts.values())
