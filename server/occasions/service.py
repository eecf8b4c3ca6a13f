"""What may be asked of occasions."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from server.occasions.repository import Occasions


@dataclass(slots=True)
class OccasionService:
    """None can be planned yet."""

    documents: Occasions
    clock: Callable[[], datetime]  # UTC, aware
    new_id: Callable[[], str]
