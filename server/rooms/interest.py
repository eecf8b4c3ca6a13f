"""Who is told of whom how often, where there are too many for everything to go to everybody.

A viewer has a tier for each of the others, by distance; who is outside the viewer's gaze counts as
twice as far. The nearest `NEAR` are told in every slot, the next `MID` in every second one, both
with hands; all others every fifth slot where the viewer looks and every tenth elsewhere, as heads
without hands. A slot is one frame: at 20 a second that is 20, 10, 4 and 2 Hz. In rooms so full
that the far ones alone would break the budget, their periods grow, up to once in 20 slots.

Bytes a second for one viewer at 20 slots, all moving with hands, in the worst case: 53 around each
frame are 1,060; 4 near 2,400; 8 mid 2,400; the others, at most 18.36 of 14 bytes a slot, 5,140.
"""

from collections.abc import Collection, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from server.rooms.pose import SMALLEST, Bounds

NEAR: Final = 4
MID: Final = 8
STARS: Final = 8  # at most so many on a stage are near to everybody
FAR_A_SLOT: Final = 18  # entries of far ones, the budget's share
FAR_SLOTS: Final = 5
LONGEST_SLOTS: Final = 20  # nobody is untold for longer
HEAD_ONLY: Final = 256  # added to an index: the entry without hands
NOBODY: Final = 256  # the row of those who watch from the entrance
STAY: Final = 0.85  # one who is in a tier counts as that much nearer, so that tiers do not flap
SEEN: Final = 0.5  # cosine of 60°: begins to be in view
UNSEEN: Final = 0.342  # cosine of 70°: is out of view

TIERS: Final = 4
CLOSE, MIDDLE, FAR, BEHIND, STRANGER = range(TIERS + 1)
ENTRY: Final = np.dtype(
    [("index", "u1"), ("flags", "u1"), ("t", "<u2"), ("head", "<u2", 3), ("turn", "<u4")]
)


class Interest:
    """Tiers of one room. Rows are viewers, columns those they see, both by avatar index."""

    def __init__(self, bounds: Bounds, entrance: bytes) -> None:
        """`entrance`: the pose that watchers, who have no avatar, look from."""
        self._step = (np.array(bounds.max) - np.array(bounds.min)) / 65535
        self._entrance = bytes((0,)) + entrance
        self._tier = np.full((NOBODY + 1, 256), STRANGER, np.uint8)
        self._in_view = np.zeros((NOBODY + 1, 256), bool)
        self._fresh = np.ones(
            (NOBODY + 1, 256), bool
        )  # its tier is new: told when due, moved or not
        self._moved_at = np.full(256, -LONGEST_SLOTS, np.int64)
        self._slot = 0
        self._members: tuple[int, ...] = ()
        self._ids: NDArray[np.intp] = np.zeros(0, np.intp)
        self._rows: NDArray[np.intp] = np.full(1, NOBODY, np.intp)
        self._tiers: NDArray[np.uint8] = np.zeros((1, 0), np.uint8)  # of those present
        self._codes: NDArray[np.int64] = np.zeros((1, 0), np.int64)
        self._news: NDArray[np.bool_] = np.zeros((1, 0), bool)
        self._periods: NDArray[np.int64] = np.ones(TIERS, np.int64)

    def knows(self, entries: Mapping[int, bytes]) -> bool:
        """Whether the last look was at these avatars, no more and no fewer."""
        return self._members == tuple(entries)

    def look(self, entries: Mapping[int, bytes], stars: Collection[int] = ()) -> None:
        """Say anew who is near whom, from everybody's entry; about four times a second.

        `stars` (the first STARS of them) are near to everybody.
        """
        self._remember()
        self._members = tuple(entries)
        self._ids = ids = np.array(self._members, np.intp)
        self._rows = rows = np.append(ids, NOBODY)
        self._forget_leavers(ids)
        place, gaze = self._read([*entries.values(), self._entrance])
        away = place[None, :-1] - place[:, None]  # (viewers, seen, 3), metres
        distance = np.sqrt((away * away).sum(2))
        former = self._tier[np.ix_(rows, ids)]
        in_view = seen(away, gaze, self._in_view[np.ix_(rows, ids)])
        rank = np.where(in_view, distance, 2 * distance)
        rank[former == CLOSE] *= STAY * STAY
        rank[former == MIDDLE] *= STAY
        stage = [star for star in self._members if star in stars][:STARS]
        rank[:, np.isin(ids, stage)] -= 1e6
        np.fill_diagonal(rank, np.inf)  # nobody is told of themselves
        near = max(NEAR, len(stage))
        middle = near + max(0, MID - 2 * (near - NEAR))
        order = rank.argsort(1, kind="stable")
        tiers = np.where(in_view, FAR, BEHIND).astype(np.uint8)
        np.put_along_axis(tiers, order[:, :middle], MIDDLE, 1)
        np.put_along_axis(tiers, order[:, :near], CLOSE, 1)
        periods = far_periods(len(ids) - middle)
        # A new tier has other moments: what was due between the two must not be lost, and who
        # comes near shows hands.
        recent = (self._slot - self._moved_at[ids] < LONGEST_SLOTS)[None]
        changed = tiers != former
        if not np.array_equal(periods, self._periods):
            changed |= tiers >= FAR
        handed = (former >= FAR) & (tiers <= MIDDLE)
        self._news = self._fresh[np.ix_(rows, ids)] | (changed & (recent | handed))
        np.fill_diagonal(self._news, False)
        self._periods, self._tiers = periods, tiers
        self._in_view[np.ix_(rows, ids)] = in_view
        self._codes = ids[None] + np.where(tiers >= FAR, HEAD_ONLY, 0)

    def due(self, moved: Collection[int]) -> dict[int, list[int]]:
        """What each viewer is told in the next slot: indices, plus HEAD_ONLY where hands are not.

        Viewers are avatar indices, and NOBODY for all watchers alike; `moved` are those who did
        since the last slot. Call `look` first whenever somebody came or left.
        """
        self._slot += 1
        self._moved_at[list(moved)] = self._slot
        ids = self._ids
        since = self._slot - self._moved_at[ids]
        turn = (self._slot + np.arange(len(ids))) % self._periods[:, None] == 0  # (tiers, seen)
        wanted = turn & (since < self._periods[:, None])
        columns = np.arange(len(ids))
        send = wanted[self._tiers, columns]
        if self._news.any():
            send |= self._news & turn[self._tiers, columns]
            self._news &= ~send
        np.fill_diagonal(send, False)
        counts = np.cumsum(send.sum(1)).tolist()
        codes = self._codes[send].tolist()
        starts = [0, *counts]
        return {
            row: codes[start:end]
            for row, start, end in zip(self._rows.tolist(), starts, counts, strict=False)
        }

    @property
    def settled(self) -> bool:
        """Whether everybody knows all: nothing is due until somebody moves."""
        if len(self._ids) == 0:
            return True
        last = self._moved_at[self._ids].max()
        return bool(self._slot - last >= self._periods.max() and not self._news.any())

    def full(self, viewer: int, index: int) -> bool:
        """Whether the viewer is shown the hands of this avatar."""
        return bool(self._tier_of(viewer, index) <= MIDDLE)

    def _tier_of(self, viewer: int, index: int) -> int:
        row, column = np.flatnonzero(self._rows == viewer), np.flatnonzero(self._ids == index)
        return int(self._tiers[row[0], column[0]]) if len(row) and len(column) else STRANGER

    def _remember(self) -> None:
        """Put what the slots since the last look worked on back in its place."""
        where = np.ix_(self._rows, self._ids)
        self._tier[where] = self._tiers
        self._fresh[where] = self._news

    def _forget_leavers(self, ids: NDArray[np.intp]) -> None:
        """An index may come round again, and means somebody else then."""
        gone = np.ones(256, bool)
        gone[ids] = False
        for table, value in ((self._tier, STRANGER), (self._fresh, True), (self._in_view, False)):
            table[:256][gone] = value
            table[:, gone] = value

    def _read(self, entries: list[bytes]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Places (n, 3), metres, and gazes (n, 2) along x and z, of length 1; 0 for straight up."""
        heads = np.frombuffer(b"".join(entry[: ENTRY.itemsize] for entry in entries), ENTRY)
        return heads["head"] * self._step, gazes(heads["turn"])


def far_periods(far: int) -> NDArray[np.int64]:
    """Slots from one telling to the next, by tier, when so many are far."""
    period = max(FAR_SLOTS, -(-far // FAR_A_SLOT))
    return np.array([1, 2, period, min(2 * period, LONGEST_SLOTS)], np.int64)


def gazes(packed: NDArray[np.uint32]) -> NDArray[np.float64]:
    """Which way -Z points on the floor, (n, 2), from smallest-three quaternions."""
    largest = (packed >> 30).astype(np.intp)
    rest = np.stack([packed >> shift & 1023 for shift in (20, 10, 0)], 1)
    small = rest / 1023 * 2 * SMALLEST - SMALLEST
    q = np.empty((len(packed), 4))
    for axis in range(4):
        others = [other for other in range(4) if other != axis]
        at = largest == axis
        q[np.ix_(at, others)] = small[at]
        q[at, axis] = np.sqrt(np.maximum(0, 1 - (small[at] ** 2).sum(1)))
    x, y, z, w = (q / np.sqrt((q * q).sum(1, keepdims=True))).T
    gaze = np.stack([-2 * (x * z + w * y), 2 * (x * x + y * y) - 1], 1)
    length = np.sqrt((gaze * gaze).sum(1, keepdims=True))
    return np.where(length > 0.1, gaze / np.maximum(length, 1e-9), 0.0)


def seen(
    away: NDArray[np.float64], gaze: NDArray[np.float64], before: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Who is in view: within 60° of the gaze, or 70° for who was; all, for who looks straight up.

    away: (viewers, seen, 3), gaze: (viewers, 2), before: (viewers, seen).
    """
    flat = away[:, :, ::2]
    along = (flat * gaze[:, None]).sum(2)
    apart = np.sqrt((flat * flat).sum(2))
    limit = np.where(before, UNSEEN, SEEN) * apart
    in_view: NDArray[np.bool_] = (along >= limit) | (gaze == 0).all(1)[:, None]
    return in_view
