"""What a house of several servers says to who is in its rooms."""

from server.rooms.messages.base import Down, Up


class Relocated(Down, frozen=True, tag="relocated"):
    """The room goes on at `url`; this connection ends. Connect there with `auth: {resume}`, or,
    with `url` null, join once more where one joined first, with `resume`."""

    url: str | None
    resume: str


class Broadcast(Down, frozen=True, tag="broadcast"):
    """The house says something to everybody, in one language or several. Not a change: it is not
    told again."""

    text: dict[str, str]  # by language: en, fr, it
    at: int  # milliseconds since 1970


UP: tuple[type[Up], ...] = ()
DOWN: tuple[type[Down], ...] = (Relocated, Broadcast)
