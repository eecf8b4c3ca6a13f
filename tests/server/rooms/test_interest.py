"""Who is told of whom how often: the budget for any crowd, and nobody forgotten."""

import math
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.rooms.interest import (
    HEAD_ONLY,
    LONGEST_SLOTS,
    NEAR,
    NOBODY,
    STARS,
    Interest,
    gazes,
)
from server.rooms.pose import Hand, Pose, encode, pack_quaternion
from tests.server.rooms.house import BOUNDS

SLOTS = 20  # a second
AROUND = 53  # bytes of each frame beside its entries, websocket headers included
FULL, HEAD = 30, 14
HANDS = Hand((0.2, -0.3, -0.3))


def turned(yaw: float) -> tuple[float, float, float, float]:
    """0 looks along -Z; positive turns to the left."""
    return (0.0, math.sin(yaw / 2), 0.0, math.cos(yaw / 2))


def entry(index: int, x: float, z: float, yaw: float = 0.0) -> bytes:
    return bytes((index,)) + encode(Pose(0, (x, 1.6, z), turned(yaw), HANDS, HANDS), BOUNDS)


def interest() -> Interest:
    return Interest(BOUNDS, encode(Pose(0, (0, 1.6, 4)), BOUNDS))


def a_crowd(size: int, seed: int, spread: float = 1.0) -> dict[int, bytes]:
    """Avatars anywhere, looking anywhere."""
    dice = random.Random(seed)
    return {
        index: entry(
            index,
            dice.uniform(-5, 5) * spread,
            dice.uniform(-4, 4) * spread,
            dice.uniform(-math.pi, math.pi),
        )
        for index in range(size)
    }


def told(crowd: Interest, moved, slots: int) -> dict[tuple[int, int], list[tuple[int, bool]]]:
    """By viewer and seen: the slots, and whether hands were shown."""
    seen: dict[tuple[int, int], list[tuple[int, bool]]] = {}
    for slot in range(slots):
        for viewer, codes in crowd.due(moved if slot == 0 or moved is EVER else ()).items():
            for code in codes:
                seen.setdefault((viewer, code & 255), []).append((slot, code < HEAD_ONLY))
    return seen


EVER = range(256)


@settings(max_examples=40)
@given(st.integers(25, 256), st.integers(0, 10**6), st.sampled_from([0.0, 0.05, 0.5, 1.0]))
def test_no_crowd_of_any_size_costs_a_viewer_more_than_the_budget(size, seed, spread):
    crowd = interest()
    crowd.look(a_crowd(size, seed, spread))
    slots = 18 * SLOTS
    costs: dict[int, int] = {}
    for _ in range(slots):
        for viewer, codes in crowd.due(range(size)).items():
            size_of = sum(HEAD if code >= HEAD_ONLY else FULL for code in codes)
            costs[viewer] = costs.get(viewer, 0) + AROUND + size_of
    assert max(costs.values()) / slots * SLOTS <= 11_000


@settings(max_examples=25)
@given(st.integers(25, 256), st.integers(0, 10**6), st.integers(0, 12))
def test_everybody_is_told_of_everybody_within_a_second(size, seed, stars):
    crowd = interest()
    crowd.look(a_crowd(size, seed), stars=set(range(stars)))
    seen = told(crowd, EVER, LONGEST_SLOTS)
    viewers = [*range(size), NOBODY]
    assert set(seen) == {(v, s) for v in viewers for s in range(size) if v != s}


@settings(max_examples=25)
@given(st.integers(25, 120), st.integers(0, 10**6))
def test_one_step_reaches_everybody_once_and_then_there_is_silence(size, seed):
    crowd = interest()
    entries = a_crowd(size, seed)
    crowd.look(entries)
    told(crowd, (), 2 * LONGEST_SLOTS)  # strangers have met
    assert crowd.settled
    seen = told(crowd, (3,), LONGEST_SLOTS)
    assert set(seen) == {(viewer, 3) for viewer in [*range(size), NOBODY] if viewer != 3}
    assert all(len(slots) == 1 for slots in seen.values())
    assert crowd.settled


@settings(max_examples=25)
@given(st.integers(25, 60), st.integers(0, 10**6), st.data())
def test_a_last_step_is_told_whatever_becomes_of_the_tiers(size, seed, data):
    crowd = interest()
    crowd.look(a_crowd(size, seed))
    told(crowd, (), 2 * LONGEST_SLOTS)
    waiting = {viewer for viewer in [*range(size), NOBODY] if viewer != 7}
    for slot in range(2 * LONGEST_SLOTS + 10):
        if slot in (2, 7, 9):  # everybody is elsewhere, again and again
            crowd.look(a_crowd(size, data.draw(st.integers(0, 10**6))))
        for viewer, codes in crowd.due((7,) if slot == 0 else ()).items():
            if 7 in [code & 255 for code in codes]:
                waiting.discard(viewer)
    assert not waiting
    assert crowd.settled


def in_a_row(count: int, yaw: float = 0.0) -> dict[int, bytes]:
    """Avatar 0 at the south wall, the others before it, each 5 cm further."""
    others = {i: entry(i, 0, 3.5 - i * 0.05) for i in range(1, count)}
    return {0: entry(0, 0, 3.5, yaw), **others}


def test_the_near_show_hands_often_and_the_far_heads_seldom():
    crowd = interest()
    crowd.look(in_a_row(80))
    told(crowd, EVER, LONGEST_SLOTS)
    seen = told(crowd, EVER, SLOTS)
    rates = {other: len(seen[0, other]) for other in range(1, 80)}
    assert [rates[i] for i in range(1, 5)] == [20] * 4
    assert [rates[i] for i in range(5, 13)] == [10] * 8
    assert {rates[i] for i in range(13, 80)} == {4}
    for other in range(1, 80):
        assert {hands for _, hands in seen[0, other]} == {other < 13}


def test_who_is_behind_is_told_less_often():
    crowd = interest()
    crowd.look(in_a_row(80, yaw=math.pi))  # looks at the wall
    told(crowd, EVER, LONGEST_SLOTS)
    seen = told(crowd, EVER, SLOTS)
    assert {len(seen[0, other]) for other in range(20, 80)} == {2}


def test_those_on_stage_are_near_to_everybody():
    crowd = interest()
    entries = a_crowd(100, 5)
    crowd.look(entries, stars={90, 91})
    told(crowd, EVER, LONGEST_SLOTS)
    seen = told(crowd, EVER, SLOTS)
    for viewer in [*range(90), NOBODY]:
        assert len(seen[viewer, 90]) == SLOTS
        assert all(hands for _, hands in seen[viewer, 91])


def test_a_stage_for_all_does_not_break_the_budget():
    crowd = interest()
    crowd.look(a_crowd(100, 6), stars=set(range(50)))
    costs = dict.fromkeys([*range(100), NOBODY], 0)
    for _ in range(200):
        for viewer, codes in crowd.due(range(100)).items():
            costs[viewer] += AROUND + sum(HEAD if c >= HEAD_ONLY else FULL for c in codes)
    assert max(costs.values()) / 10 <= 11_000
    assert sum(crowd.full(99, star) for star in range(50)) >= STARS > NEAR


def test_who_comes_near_is_shown_with_hands_though_nobody_moves_any_more():
    crowd = interest()
    entries = in_a_row(60)
    crowd.look(entries)
    told(crowd, EVER, LONGEST_SLOTS)
    told(crowd, (), 2 * LONGEST_SLOTS)
    assert not crowd.full(0, 59)
    entries[0] = entry(0, 0, 3.5 - 59 * 0.05)
    crowd.look(entries)
    assert crowd.full(0, 59)
    seen = told(crowd, (0,), LONGEST_SLOTS)
    assert [hands for _, hands in seen[0, 59]] == [True]


def test_a_step_to_and_fro_does_not_change_the_tiers():
    crowd = interest()
    entries = {0: entry(0, 0, 3.5), **{i: entry(i, 0, 3.5 - i * 0.3) for i in range(1, 26)}}
    crowd.look(entries)
    near = [other for other in range(1, 26) if crowd.full(0, other)]
    for step in range(20):
        entries[0] = entry(0, 0.01 * (step % 2), 3.5 - 0.02 * (step % 2))
        crowd.look(entries)
        assert [other for other in range(1, 26) if crowd.full(0, other)] == near


def test_a_number_that_comes_round_again_means_somebody_else():
    crowd = interest()
    entries = a_crowd(40, 1)
    crowd.look(entries)
    told(crowd, (), 2 * LONGEST_SLOTS)
    gone = entries.pop(5)
    crowd.look(entries)
    assert not any(5 in [c & 255 for c in codes] for codes in crowd.due(EVER).values())
    assert not crowd.knows({**entries, 5: gone})
    crowd.look({**entries, 5: gone})
    seen = told(crowd, (), LONGEST_SLOTS)
    assert {(viewer, 5) for viewer in entries} <= set(seen)
    assert {(5, other) for other in entries} <= set(seen)


@given(st.floats(-math.pi, math.pi), st.floats(-1.2, 1.2))
def test_a_gaze_is_the_way_of_minus_z_on_the_floor(yaw, pitch):
    # Yaw about Y after pitch about X.
    cy, sy, cx, sx = math.cos(yaw / 2), math.sin(yaw / 2), math.cos(pitch / 2), math.sin(pitch / 2)
    packed = np.array([pack_quaternion((cy * sx, sy * cx, -sy * sx, cy * cx))], np.uint32)
    assert gazes(packed)[0] == pytest.approx([-math.sin(yaw), -math.cos(yaw)], abs=0.03)


def test_who_looks_straight_up_has_all_in_view():
    up = pack_quaternion((math.sin(math.pi / 4), 0, 0, math.cos(math.pi / 4)))
    assert gazes(np.array([up], np.uint32))[0] == pytest.approx([0, 0])


def test_an_empty_room_has_nothing_to_tell():
    crowd = interest()
    crowd.look({})
    assert crowd.settled
    assert crowd.due(()) == {NOBODY: []}
