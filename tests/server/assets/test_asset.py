"""The state table of an asset, its lease, its outbox; names; what a device gets."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.assets.asset import Asset, Built, Status, sent
from server.assets.file import EXTENSIONS, MAX_NAME, File, UnknownFormat, safe_name
from server.assets.job import (
    MAX_ATTEMPTS,
    NEXT,
    Action,
    LeaseLost,
    WrongState,
    again,
    cancel,
    claim,
    fail,
    finish,
    give_back,
    heartbeat,
    retry,
    retry_now,
)
from server.assets.view import view
from server.errors import VitrineError

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LEASE = timedelta(seconds=15)


def asset(**facts) -> Asset:
    known = {"id": "a", "filename": "shoe.glb", "sku": "SHOE-01", "source": "s", "source_bytes": 1}
    times = {"recipe": "1", "created_at": NOW, "due_at": NOW}
    return Asset(**known | times | facts)


def file(profile="web", lod=0, name="web.glb") -> File:
    return File(
        profile=profile,
        lod=lod,
        name=name,
        bytes=10,
        triangles=4,
        media_type="model/gltf-binary",
        sha256="f" * 64,
    )


ACTIONS = {
    Action.CLAIM: lambda a, now, n: claim(a, f"token-{n}", now, LEASE),
    Action.FINISH: lambda a, now, n: finish(a, a.lease, Built((file(),)), f"e{n}", now),
    Action.FAIL: lambda a, now, n: fail(a, a.lease, {"type": "x"}, f"e{n}", now),
    Action.RETRY: lambda a, now, n: retry(a, a.lease, {"type": "x"}, f"e{n}", now),
    Action.AGAIN: lambda a, now, _: again(a, now),
    Action.CANCEL: lambda a, now, n: cancel(a, "staff", f"e{n}", now),
}


@given(st.lists(st.sampled_from(list(Action)), max_size=30))
def test_whatever_happens_an_asset_follows_its_table(actions):
    now, model, ends = NOW, asset(), 0
    for n, action in enumerate(actions):
        now += timedelta(minutes=1)
        before = model
        try:
            model = ACTIONS[action](model, now, n)
        except VitrineError:
            assert model is before
        if model is not before:
            allowed = {NEXT.get((before.status, action))}
            if action is Action.RETRY and before.attempts >= MAX_ATTEMPTS:
                allowed = {Status.FAILED}
            assert model.status in allowed
            ends += model.status in {Status.READY, Status.FAILED}
        assert (model.lease is not None) == (model.status is Status.CONVERTING)
        assert model.attempts <= MAX_ATTEMPTS
        assert len(model.history) == ends
        assert model.unsent == (ends > 0)
        assert bool(model.built.files) == (model.status is Status.READY)


def test_a_worker_that_lost_its_lease_changes_nothing():
    taken = claim(asset(), "mine", NOW, LEASE)
    lapsed = retry(taken, "mine", {}, "e", NOW + LEASE)
    theirs = claim(lapsed, "theirs", lapsed.due_at, LEASE)
    for late in (
        lambda: heartbeat(theirs, "mine", 0.5, "web", NOW),
        lambda: finish(theirs, "mine", Built(()), "e", NOW),
        lambda: fail(theirs, "mine", {}, "e", NOW),
        lambda: give_back(theirs, "mine", NOW),
    ):
        with pytest.raises(LeaseLost):
            late()


def test_a_retry_waits_longer_each_time_and_the_third_is_the_last():
    model, waits = asset(), []
    for n in range(MAX_ATTEMPTS):
        model = claim(model, str(n), model.due_at, LEASE)
        started = model.due_at
        model = retry(model, str(n), {"type": "conversion-crashed"}, "e", started)
        waits.append((model.due_at - started).total_seconds())
    assert waits[:2] == [2, 4]
    assert model.status is Status.FAILED
    assert model.error == {"type": "conversion-crashed", "attempts": 3}
    assert [event.type for event in model.history] == ["asset.failed"]


def test_it_is_not_claimed_before_it_is_due():
    with pytest.raises(WrongState):
        claim(asset(due_at=NOW + LEASE), "t", NOW, LEASE)


def test_stopping_in_good_order_costs_no_attempt():
    model = give_back(claim(asset(), "t", NOW, LEASE), "t", NOW)
    assert (model.status, model.attempts, model.lease) == (Status.QUEUED, 0, None)


def test_a_conversion_that_could_not_begin_costs_no_attempt_and_says_why():
    away = {"type": "files-away"}
    model = give_back(claim(asset(), "t", NOW, LEASE), "t", NOW + LEASE, away)
    assert (model.attempts, model.due_at, model.error) == (0, NOW + LEASE, away)
    assert claim(model, "u", NOW + LEASE, LEASE).error is None


def test_what_was_given_up_or_cancelled_begins_anew_when_somebody_asks():
    cancelled = cancel(claim(asset(), "t", NOW, LEASE), "operator", "e", NOW)
    assert (cancelled.status, cancelled.error["type"]) == (Status.FAILED, "conversion-cancelled")
    with pytest.raises(LeaseLost):
        finish(cancelled, "t", Built(()), "late", NOW)
    model = retry_now(cancelled, NOW + LEASE)
    assert (model.status, model.attempts, model.error) == (Status.QUEUED, 0, None)
    waiting = asset(due_at=NOW + LEASE)
    assert retry_now(waiting, NOW).due_at == NOW
    with pytest.raises(WrongState):
        retry_now(claim(asset(), "t", NOW, LEASE), NOW)


def test_a_ready_asset_says_so_once_with_its_files():
    ready = finish(claim(asset(), "t", NOW, LEASE), "t", Built((file(),)), "event-1", NOW)
    (event,) = ready.history
    assert (event.type, event.id, event.at) == ("asset.ready", "event-1", "2026-11-23T12:00:00Z")
    assert event.data["files"][0]["url"] == "/assets/a/web.glb"
    assert ready.unattached
    assert view(ready, "grant").progress == 1.0
    assert not sent(ready, ["event-1"]).unsent
    assert sent(ready, ["another"]) is ready
    assert sent(sent(ready, ["event-1"]), ["event-1"]).sent == 1


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("shoe.glb", "shoe.glb"),
        ("../../etc/passwd.glb", "passwd.glb"),
        ("C:\\fakepath\\Shoe One.GLB", "Shoe One.glb"),
        ("Stühle für Zürich.zip", "Stühle für Zürich.zip"),
        ("-o.glb", "o.glb"),
        ("a\0b\nc;$(rm -rf).glb", "a_b_c__(rm -rf).glb"),
        (" - .glb", "model.glb"),
        ("x" * 300 + ".obj", "x" * 56 + ".obj"),
    ],
)
def test_a_file_name_loses_what_could_do_harm(sent, kept):
    assert safe_name(sent) == kept


@given(st.text(max_size=200), st.sampled_from(EXTENSIONS))
def test_any_name_with_a_known_ending_is_refused_or_safe(stem, ending):
    try:
        name = safe_name(stem + ending)
    except UnknownFormat:
        return
    assert name.endswith(ending)
    assert "/" not in name
    assert "\\" not in name
    assert name.isprintable()
    assert not name.startswith((".", "-", " "))
    assert len(name) <= MAX_NAME
    assert len(name.encode()) <= 255
    assert safe_name(name) == name


@pytest.mark.parametrize("name", ["", "shoe", "shoe.exe", "shoe.glb.html", ".glb", "/"])
def test_other_formats_are_refused_by_name(name):
    with pytest.raises(UnknownFormat):
        safe_name(name)
