"""Short codes that are read aloud, typed on a phone, or drawn as a QR picture."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from server.errors import NotFound, TooMany

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O and U
LENGTH: Final = 6  # 30 bits
RANDOM_BYTES: Final = 4
LOOKALIKES: Final = str.maketrans({"O": "0", "I": "1", "L": "1"})
GAPS: Final = str.maketrans(dict.fromkeys(" -.\t\r\n\u00a0\u2010\u2011\u2012\u2013\u2014"))
MAX_TYPED: Final = 40  # characters; nobody types more for a code

MAX_WRONG: Final = 10  # codes from one address …
MAX_WRONG_ALTOGETHER: Final = 120  # and from all, so that a thousand addresses get no further …
WRONG_SECONDS: Final = 60  # … within this time


class UnknownCode(NotFound):
    type = "unknown-code"
    title = "This code opens nothing"
    detail = "It may be mistyped, used already, or past its time. Ask for a new one."


class TooManyCodes(TooMany):
    type = "too-many-codes"
    title = "Too many codes that open nothing"
    detail = "Try again in {retry_after} seconds."


def make_code(random: bytes) -> str:
    """Six letters and digits out of four random bytes."""
    number = int.from_bytes(random[:RANDOM_BYTES])
    return "".join(ALPHABET[(number >> 5 * place) & 31] for place in range(LENGTH))


def read_code(text: str) -> str:
    """The code that somebody typed: in small letters, in groups, with O for zero, I or L for one.

    Raises UnknownCode for what cannot be one.
    """
    if len(text) > MAX_TYPED:
        raise UnknownCode
    code = text.translate(GAPS).upper().translate(LOOKALIKES)
    if len(code) != LENGTH or not set(code) <= set(ALPHABET):
        raise UnknownCode
    return code


@dataclass(slots=True)
class Guesses:
    """Counts wrong codes, so that nobody finds one by trying. Right ones cost nothing."""

    _minute: int = 0
    _wrong: Counter[str] = field(default_factory=Counter)

    def count(self, address: str, now: float) -> None:
        """Before a code is looked up: wrong until it proves right, for many may come at once.

        Raises TooManyCodes.
        """
        minute = int(now // WRONG_SECONDS)
        if minute != self._minute:
            self._minute = minute
            self._wrong.clear()
        if self._wrong[address] >= MAX_WRONG or self._wrong.total() >= MAX_WRONG_ALTOGETHER:
            raise TooManyCodes(retry_after=WRONG_SECONDS - int(now) % WRONG_SECONDS)
        self._wrong[address] += 1

    def right(self, address: str) -> None:
        """It was none of the wrong ones."""
        if self._wrong[address] > 0:
            self._wrong[address] -= 1
