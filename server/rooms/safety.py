"""Who is kept from whom."""

from server.rooms.company import Company
from server.rooms.messages.safety import SafetyState
from server.rooms.part import Part


class Safety(Part):
    """`unseen` names, by a listener's avatar, the indices whose poses are kept from them."""

    def __init__(self, company: Company) -> None:
        super().__init__(company)
        self.unseen: dict[str, frozenset[int]] = {}  # no entry where there is nobody to hide

    def state(self, viewer: str) -> SafetyState:
        return SafetyState()
