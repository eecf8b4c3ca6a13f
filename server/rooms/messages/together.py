"""Who is here, and what they say and show to each other."""

from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from server.rooms.messages.base import MAX_TEXT, Change, Done, Down, Id, Position, Up

FIGURES: Final = ("round", "tall", "small", "leaf", "stone")  # every client can draw these

# One line of anything printable: no control characters, nothing that turns the writing direction.
# (`$(?!\n)`: Python's `$` would let a final line break through.)
Name = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=40,
        pattern=r"^[^\x00-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069]+$(?!\n)",
    ),
]
Colour = Annotated[str, Meta(pattern=r"^#[0-9a-fA-F]{6}$(?!\n)")]
Figure = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$(?!\n)")]
EmoteName = Literal["wave", "heart", "clap", "agree", "laugh", "wow", "thanks", "question"]

# ---- up ----


class Say(Up, frozen=True, tag="say"):
    """Say something to the whole room, or to one person alone."""

    text: Annotated[str, Meta(min_length=1, max_length=MAX_TEXT, pattern=r"\S")]
    to: Id | None = None  # an avatar


class Type(Up, frozen=True, tag="typing"):
    """One is writing, or has stopped; to be said again every few seconds."""

    on: bool
    to: Id | None = None  # as the words will be


class Emote(Up, frozen=True, tag="emote"):
    """Show a feeling for a moment."""

    emote: EmoteName


class RaiseHand(Up, frozen=True, tag="hand"):
    """Raise one's hand or lower it; a guide lowers another's once it was their turn."""

    raised: bool
    avatar: Id | None = None


class Follow(Up, frozen=True, tag="follow"):
    """Walk with somebody, or nobody any more. Who is followed may send a follower off."""

    avatar: Id | None
    follower: Id | None = None  # with `avatar: null`: whoever shall not follow one any more


class Gather(Up, frozen=True, tag="gather"):
    """Ask everybody to come to a place; with `lead`, to walk along with this guide."""

    position: Position  # metres
    radius: Annotated[float, Meta(ge=0.5, le=5)] = 1.5  # metres
    lead: bool = False


class Help(Up, frozen=True, tag="help"):
    """Call somebody of the house, or not any more; a guide answers the call of `avatar`."""

    on: bool
    text: Annotated[str, Meta(max_length=200)] = ""
    avatar: Id | None = None


class SetProfile(Up, frozen=True, tag="profile"):
    """Look different, or be called differently. What is left out stays."""

    name: Name | None = None
    color: Colour | None = None
    figure: Figure | None = None


# ---- acknowledgements ----


class InLine(Done, frozen=True, kw_only=True):
    """Answers hand."""

    place: int  # 1 for who is next, 0 for who has not raised a hand


class Called(Done, frozen=True, kw_only=True):
    """Answers help."""

    guides: int  # of the house, present and told


# ---- down ----


class Avatar(Struct, frozen=True):
    """Somebody present. `index` names them in pose frames."""

    id: str
    index: int
    name: str
    role: str
    color: str  # #rrggbb
    figure: str = FIGURES[0]  # another one is in GET /api/avatars


class Profiled(Done, frozen=True, kw_only=True):
    """Answers profile."""

    avatar: Avatar


class HelpCall(Struct, frozen=True):
    """Somebody waits for a human."""

    by: str
    name: str
    text: str
    at: int = 0  # ms since 1970: since when


class TogetherState(Struct, frozen=True):
    """What a newcomer must know of those present beyond their avatars."""

    hands: list[str] = []  # avatars, the first to raise theirs first
    following: dict[str, str] = {}
    helps: list[HelpCall] = []  # as far as this one may know of them


class Said(Change, frozen=True, tag="said"):
    """With `to`, for two pairs of ears only."""

    by: str
    name: str
    text: str
    to: str | None = None
    at: int = 0  # milliseconds since 1970


class Typing(Down, frozen=True, tag="typing"):
    """Perishable: forget it after five seconds."""

    by: str
    on: bool
    to: str | None = None


class Emoted(Change, frozen=True, tag="emoted"):
    by: str
    emote: str


class Raised(Change, frozen=True, tag="raised"):
    """A hand went up or down; `order` is the whole line after that."""

    by: str
    raised: bool
    order: list[str]


class Followed(Change, frozen=True, tag="followed"):
    by: str
    whom: str | None


class Gathered(Change, frozen=True, tag="gathered"):
    """A wish: clients walk there, or follow `by`, unless their visitor says no."""

    by: str
    position: tuple[float, float, float]
    radius: float
    at: int  # milliseconds since 1970
    lead: bool


class HelpChanged(Change, frozen=True, tag="help"):
    """For the house and for who called. `helper` is who answered: they are on their way."""

    by: str
    name: str
    on: bool
    text: str = ""
    helper: str | None = None


class Changed(Change, frozen=True, tag="changed"):
    """Somebody looks different or is called differently now."""

    avatar: Avatar


UP: tuple[type[Up], ...] = (
    Say,
    Type,
    Emote,
    RaiseHand,
    Follow,
    Gather,
    Help,
    SetProfile,
)
DOWN: tuple[type[Down], ...] = (
    Said,
    Typing,
    Emoted,
    Raised,
    Followed,
    Gathered,
    HelpChanged,
    Changed,
)
