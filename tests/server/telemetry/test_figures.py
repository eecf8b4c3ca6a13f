"""What the figures say of orders, storage, uploads, models, webhooks and mail."""

import asyncio
import base64
import contextlib
import math
import re
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest
from obstore.store import S3Store

from server.assets.conversion import ConversionCrashed
from server.assets.file import FilesAway
from server.auth import SESSION, Person, Role
from server.storage.port import Insert, Unavailable, Unknown
from server.telemetry.backlog import Backlog
from server.telemetry.metrics import Metrics
from server.telemetry.observed import ObservedConverter, ObservedPost, ObservedSender, ObservedStore
from server.telemetry.traces import NotTracing
from server.webhooks.delivery import Answer
from tests.server.telemetry.shopping import buy, figures, guest, read, shopping, value


def now_in(metrics: Metrics, name: str, **labels: str) -> float:
    return value(read(metrics.text().decode()), name, **labels)


async def test_orders_are_counted_by_fulfilment_and_how_they_ended(tmp_path):
    async with shopping(tmp_path, stock=2) as (_, client):
        ada = await guest(client)
        assert [(await buy(client, ada, key))[0] for key in ("a", "b", "a", "c")] == [
            201,
            201,
            200,
            409,
        ]
        found = await figures(client)
    for outcome, count in (("placed", 2), ("repeated", 1), ("refused", 1)):
        counted = value(found, "vitrine_orders_total", fulfilment="pickup", outcome=outcome)
        assert counted == count, outcome
    labels = {"fulfilment": "pickup", "reason": "out-of-stock"}
    assert value(found, "vitrine_orders_refused_total", **labels) == 1
    assert value(found, "vitrine_storage_seconds_count", engine="sqlite", operation="run") >= 5
    assert value(found, "vitrine_storage_open", engine="sqlite") == 0


async def test_no_figure_has_a_label_that_could_name_somebody(tmp_path):
    async with shopping(tmp_path) as (_, client):
        ada = await guest(client, "Ada")
        _, order, _ = await buy(client, ada, "a")
        async with client.get("/metrics") as answer:
            text = await answer.text()
    allowed = {
        *("method", "route", "status", "engine", "operation", "error", "fulfilment", "outcome"),
        *("reason", "le", "version", "generation", "room"),
    }
    assert {label for _, labels in read(text) for label, _ in labels} <= allowed
    assert order["id"] not in text
    assert "Ada" not in text
    assert not re.search(r"staff|person|login|session=", text.replace("/api/sessions/staff", ""))


def test_the_type_of_a_problem_that_nobody_declared_is_other():
    metrics = Metrics()
    assert metrics.problem("out-of-stock") == "out-of-stock"
    assert metrics.problem("what a pipeline made up") == "other"


async def test_files_are_timed_and_their_bytes_counted(tmp_path):
    async with shopping(tmp_path) as (house, client):
        model = tmp_path / "model"
        model.write_bytes(b"x" * 300_000)
        blob = await house.assets.blobs.put(model)
        assert len(b"".join([part async for part in house.assets.blobs.read(blob.key, 0, None)]))
        with pytest.raises(FileNotFoundError):
            await anext(house.assets.blobs.read("0" * 64, 0, None))
        found = await figures(client)
        house.assets.blobs.store = S3Store.from_url(  # it answers on no port
            "s3://none/none",
            endpoint="http://127.0.0.1:9",
            client_options={"allow_http": True},
            retry_config={"max_retries": 0},
            skip_signature=True,
        )
        with pytest.raises(FilesAway):
            await house.assets.blobs.has("0" * 64)
        after = await figures(client)
    for operation in ("read", "write"):
        counted = value(found, "vitrine_blob_bytes_total", engine="folder", operation=operation)
        assert counted == 300_000
    assert value(found, "vitrine_blob_seconds_count", engine="folder", operation="open") == 2
    assert value(found, "vitrine_blob_errors_total", engine="folder", operation="open") == 0
    assert value(after, "vitrine_blob_errors_total", engine="folder", operation="look") == 1


class Storage:
    """An engine that answers what it is told to."""

    error: Exception | None = None

    async def get(self, kind: str, id: str) -> None:
        if self.error:
            raise self.error


async def test_failures_of_the_engine_are_counted_and_those_of_callers_are_not():
    metrics, engine = Metrics(), Storage()
    store = ObservedStore(engine, "mongodb", metrics)  # type: ignore[arg-type]
    for error in (Unknown("lost"), Unavailable("away"), Unavailable("away"), KeyError("ours")):
        engine.error = error
        with pytest.raises(type(error)):
            await store.get("order", "1")
    for kind, count in (("unknown", 1), ("unavailable", 2)):
        assert (
            now_in(metrics, "vitrine_storage_errors_total", engine="mongodb", error=kind) == count
        )
    assert now_in(metrics, "vitrine_storage_seconds_count", engine="mongodb", operation="get") == 4
    assert now_in(metrics, "vitrine_storage_open", engine="mongodb") == 0


async def test_uploads_are_counted_with_their_bytes(tmp_path):
    async with shopping(tmp_path) as (house, client):
        designer = Person("d", "D", Role.DESIGNER)
        token = house.people.tokens.issue(designer, SESSION, timedelta(hours=1), datetime.now(UTC))
        who = {"Authorization": f"Bearer {token}", "Tus-Resumable": "1.0.0"}
        name = base64.b64encode(b"a.glb").decode()
        wish = {**who, "Upload-Length": "10", "Upload-Metadata": f"filename {name}"}
        async with client.post("/api/uploads", headers=wish) as answer:
            path = answer.headers["Location"]
        for offset, part in ((0, b"12345"), (5, b"67890")):
            headers = {
                **who,
                "Upload-Offset": str(offset),
                "Content-Type": "application/offset+octet-stream",
            }
            async with client.patch(path, data=part, headers=headers) as answer:
                assert answer.status == 204
        async with client.post("/api/uploads", headers=wish) as answer:
            path = answer.headers["Location"]
        async with client.delete(path, headers=who) as answer:
            assert answer.status == 204
        found = await figures(client)
    assert value(found, "vitrine_upload_bytes_total") == 10
    assert value(found, "vitrine_uploads_total", outcome="finished") == 1
    assert value(found, "vitrine_uploads_total", outcome="given_up") == 1
    assert value(found, "vitrine_conversions_waiting") == 1


class Pipeline:
    recipe = "r"

    def __init__(self, error: BaseException | None) -> None:
        self.error = error

    async def convert(self, *_: object, **__: object) -> str:
        if self.error:
            raise self.error
        return "built"


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (None, "ready"),
        (ConversionCrashed(reason="x"), "conversion-crashed"),
        (ZeroDivisionError(), "broke"),
        (asyncio.CancelledError(), "stopped"),
    ],
)
async def test_conversions_are_timed_by_how_they_ended(error, outcome):
    metrics = Metrics()
    converter = ObservedConverter(Pipeline(error), metrics, NotTracing())  # type: ignore[arg-type]
    expected = pytest.raises(type(error)) if error else contextlib.nullcontext()
    with expected:
        await converter.convert("source", "a.glb", lambda *_: None)
    assert now_in(metrics, "vitrine_conversion_seconds_count", outcome=outcome) == 1
    assert now_in(metrics, "vitrine_conversions_running") == 0


@pytest.mark.parametrize(
    ("status", "outcome"), [(204, "delivered"), (302, "refused"), (500, "refused"), (None, "none")]
)
async def test_webhooks_are_timed_by_what_came_back(status, outcome):
    class Receiver:
        async def send(self, *_: object) -> Answer:
            return Answer(status, 1)

    metrics = Metrics()
    sender = ObservedSender(Receiver(), metrics, NotTracing())
    assert (await sender.send("https://example.org", {}, b"")).status == status
    assert now_in(metrics, "vitrine_webhook_seconds_count", outcome=outcome) == 1


async def test_mail_is_counted_by_whether_it_went_out():
    class Post:
        sender = "Vitrine <hello@example.org>"
        error: Exception | None = None

        async def send(self, _: EmailMessage) -> None:
            if self.error:
                raise self.error

    metrics, post = Metrics(), Post()
    watched = ObservedPost(post, metrics)
    await watched.send(EmailMessage())
    post.error = OSError("away")
    with pytest.raises(OSError, match="away"):
        await watched.send(EmailMessage())
    assert watched.sender == post.sender
    assert now_in(metrics, "vitrine_mails_total", outcome="sent") == 1
    assert now_in(metrics, "vitrine_mails_total", outcome="failed") == 1


async def test_what_waits_is_read_with_how_late_it_is_and_unknown_when_storage_is_away(tmp_path):
    async with shopping(tmp_path) as (house, _):
        now = datetime.now(UTC)
        for number, late in enumerate((90, 30)):
            due = (now - timedelta(seconds=late)).isoformat(timespec="microseconds")
            delivery = {"id": str(number), "next_attempt_at": due, "waiting_for": "e"}
            asset = {"id": str(number), "status": "queued", "due_at": due}
            await house.store.run(
                Insert("delivery", str(number), delivery), Insert("asset", str(number), asset)
            )
        metrics = Metrics()
        await Backlog(house.store, metrics, lambda: now).refresh()
    assert now_in(metrics, "vitrine_webhooks_waiting") == 2
    assert now_in(metrics, "vitrine_webhooks_late_seconds") == pytest.approx(90, abs=0.01)
    assert now_in(metrics, "vitrine_conversions_waiting") == 2
    assert now_in(metrics, "vitrine_conversions_late_seconds") == pytest.approx(90, abs=0.01)
    await Backlog(house.store, metrics, lambda: now).refresh()  # it is closed by now
    assert math.isnan(now_in(metrics, "vitrine_webhooks_waiting"))
