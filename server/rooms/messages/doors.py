"""Who may come in, who watches, and who waits."""

from msgspec import Struct

from server.rooms.messages.base import Down, Up


class Turn(Struct, frozen=True):
    """Of who waits in line. With a `ticket` it has come: connect to `url` (null: the same as now)
    with it before `expires_at`. `place` 0 without a ticket: it has passed; join to wait again."""

    place: int  # 1 is next
    ticket: str | None = None
    url: str | None = None
    expires_at: str | None = None  # RFC 3339


class SeatNews(Down, frozen=True, tag="seat"):
    """One's turn, when it has changed; the members are those of the turn in the welcome."""

    place: int
    ticket: str | None = None
    url: str | None = None
    expires_at: str | None = None


class Audience(Down, frozen=True, tag="audience"):
    """Perishable, at most once a second, when those who watch or wait become more or fewer."""

    present: int  # avatars
    watching: int
    waiting: int  # of those who watch


class DoorState(Struct, frozen=True):
    """The way in, as one finds it at the moment of the welcome."""

    code: str = ""  # brings others into this room
    watching: int = 0
    waiting: int = 0
    seat: Turn | None = None  # for who waits in line


UP: tuple[type[Up], ...] = ()
DOWN: tuple[type[Down], ...] = (SeatNews, Audience)
