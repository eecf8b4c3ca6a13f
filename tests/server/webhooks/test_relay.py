"""The relay against real receivers: what is told, how often, and what one costs another."""

import asyncio
from contextlib import AsyncExitStack

import pytest
from msgspec.structs import replace
from standardwebhooks import Webhook, WebhookVerificationError
from structlog.testing import capture_logs

from server.storage.port import Unknown
from server.webhooks.delivery import Status, moment
from server.webhooks.endpoint import NoSuchEndpoint
from server.webhooks.sender import HttpSender
from server.webhooks.service import BATCH
from tests.server.webhooks.conftest import House, until
from tests.server.webhooks.outbox import event
from tests.server.webhooks.quick_relay import now, relay_on
from tests.server.webhooks.receiver import Receiver, answering


async def test_a_receiver_that_fails_twice_is_told_at_the_third_attempt(house: House):
    receiver = await house.receiver(answering(500, "out of paper"), answering(503))
    endpoint = await house.endpoint(receiver)
    await house.start()
    await house.happen("o-1", event("evt_1", order="o-1"))
    await until(lambda: receiver.accepted)
    assert receiver.ids == ["evt_1"] * 3
    assert (
        receiver.verified(endpoint.secrets[0].text)
        == [
            {
                "type": "order.placed",
                "timestamp": "2026-11-21T10:00:00+00:00",
                "data": {"order": "o-1"},
            }
        ]
        * 3
    )

    async def delivered():
        return (await house.row("evt_1", endpoint)).status is Status.DELIVERED

    await until(delivered)
    row = await house.row("evt_1", endpoint)
    assert [attempt.status for attempt in row.attempts] == [500, 503, 204]
    assert row.attempts[0].error == "out of paper"
    assert row.next_attempt_at is None


async def test_each_endpoint_gets_what_its_filter_lets_through(house: House):
    orders, gifts, all_of_it = [await house.receiver() for _ in range(3)]
    await house.endpoint(orders, "order.*")
    await house.endpoint(gifts, "gift.shipped")
    await house.endpoint(all_of_it)
    await house.start()
    await house.happen("o-1", event("1", "order.placed"), event("2", "gift.announced"))
    await house.happen("o-2", event("3", "gift.shipped"))
    await until(lambda: len(all_of_it.accepted) == 3 and orders.accepted and gifts.accepted)
    assert orders.accepted == ["1"]
    assert gifts.accepted == ["3"]


async def test_more_documents_than_one_batch_are_all_told(house: House):
    receiver = await house.receiver()
    await house.endpoint(receiver)
    wanted = [f"evt_{number}" for number in range(BATCH + 20)]
    await asyncio.gather(*[house.happen(f"o-{id}", event(id)) for id in wanted])
    await house.start()
    await until(lambda: len(receiver.accepted) >= len(wanted))
    assert sorted(receiver.accepted) == sorted(wanted)


async def test_events_that_nobody_wants_leave_the_outbox_too(house: House):
    await house.start()
    await house.happen("o-1", event("evt_1"))
    await until(house.told)


async def test_a_document_that_cannot_be_read_does_not_hold_up_the_others(house: House):
    receiver = await house.receiver()
    await house.endpoint(receiver)
    await house.happen("a-broken", {"id": "evt_0"})
    await house.start()
    await house.happen("b-whole", event("evt_1"))
    await until(lambda: receiver.accepted == ["evt_1"])


async def test_an_outbox_that_fails_does_not_close_the_others(house: House, monkeypatch):
    monkeypatch.setattr("server.webhooks.service.PAUSE", 0.0)

    class Broken:
        async def unsent(self, limit):
            raise Unknown

    receiver = await house.receiver()
    await house.endpoint(receiver)
    relay = await house.start()
    relay.outboxes = [Broken(), house.outbox]
    await house.happen("o-1", event("evt_1"))
    await until(lambda: receiver.accepted)


async def test_a_receiver_that_hangs_delays_nobody_else(house: House):
    hanging = await house.receiver()
    hanging.always = hanging.hang
    healthy = await house.receiver()
    await house.endpoint(hanging)
    await house.endpoint(healthy)
    await house.start(per_endpoint=3)
    for number in range(20):
        await house.happen(f"o-{number}", event(f"evt_{number}"))
    await until(lambda: len(healthy.accepted) == 20)
    assert not hanging.accepted
    assert len(hanging.calls) == 3  # no more at the same time than its share


async def test_a_receiver_that_hangs_costs_its_attempt_and_is_told_again(house: House):
    receiver = await house.receiver()
    receiver.plan = [receiver.hang]
    endpoint = await house.endpoint(receiver)
    await house.start(timeout_seconds=0.2)
    await house.happen("o-1", event("evt_1"))
    await until(lambda: receiver.accepted)
    row = await house.row("evt_1", endpoint)
    assert row.attempts[0].error == "No answer within 0.2 s."
    assert row.attempts[0].status is None
    assert row.attempts[0].ms >= 200


async def test_nobody_listening_is_a_failed_attempt_not_an_accident(house: House):
    async with Receiver() as gone:
        endpoint = await house.endpoint(gone)
    await house.start()
    await house.happen("o-1", event("evt_1"))
    await until(house.tried)
    row = await house.row("evt_1", endpoint)
    assert row.status is Status.PENDING
    assert "ConnectionRefusedError" in str(row.attempts[0].error)


async def test_410_switches_the_endpoint_off(house: House):
    receiver = await house.receiver(answering(410))
    endpoint = await house.endpoint(receiver)
    await house.start()
    await house.happen("o-1", event("evt_1"))

    async def off():
        return not (await house.webhooks.endpoint(endpoint.id)).enabled

    await until(off)
    assert (await house.row("evt_1", endpoint)).status is Status.FAILED
    assert "410" in str((await house.webhooks.endpoint(endpoint.id)).disabled_because)
    await house.happen("o-2", event("evt_2"))
    await until(house.told)
    assert receiver.ids == ["evt_1"]


async def test_the_log_names_an_endpoint_and_not_its_address(house: House):
    receiver = await house.receiver(answering(410))
    endpoint = await house.endpoint(receiver)
    with capture_logs() as logs:
        await house.start()
        await house.happen("o-1", event("evt_1"))
        await until(lambda: len(logs) == 2)
    assert endpoint.id in str(logs)
    assert receiver.url not in str(logs), "many addresses carry a token"


async def test_a_redirect_is_not_followed_and_is_no_success(house: House):
    other = await house.receiver()
    receiver = await house.receiver(always=answering(302, Location=other.url))
    endpoint = await house.endpoint(receiver)
    await house.start()
    await house.happen("o-1", event("evt_1"))
    await until(lambda: len(receiver.calls) >= 2)
    row = await house.row("evt_1", endpoint)
    assert row.attempts[0].status == 302
    assert row.status is Status.PENDING
    assert not other.calls
    assert set(receiver.paths) == {"/hooks"}


async def test_retry_after_is_waited_for(house: House):
    receiver = await house.receiver(answering(503, Retry_After="3600"))
    endpoint = await house.endpoint(receiver)
    await house.start()
    await house.happen("o-1", event("evt_1"))
    await until(house.tried)
    row = await house.row("evt_1", endpoint)
    wait = moment(str(row.next_attempt_at)) - moment(row.attempts[0].at)
    assert wait.total_seconds() == 3600


async def test_after_the_last_failure_it_rests_until_it_is_replayed(house: House):
    receiver = await house.receiver(always=answering(500))
    endpoint = await house.endpoint(receiver)
    await house.start(scale=0.0)
    await house.happen("o-1", event("evt_1"))

    async def failed():
        return (await house.webhooks.deliveries(status=Status.FAILED))[0]

    await until(failed)
    assert len(receiver.calls) == 10
    receiver.always = answering(204)
    await house.administration.replay((await house.row("evt_1", endpoint)).id)
    await until(lambda: receiver.accepted)
    assert receiver.ids == ["evt_1"] * 11
    receiver.verified(endpoint.secrets[0].text)


async def test_during_a_rotation_both_secrets_verify(house: House):
    receiver = await house.receiver()
    old = (await house.endpoint(receiver)).secrets[0].text
    (endpoint,) = await house.administration.endpoints()
    new = (await house.administration.rotate(endpoint.id)).secrets[0].text
    await house.start()
    await house.happen("o-1", event("evt_1"))
    await until(lambda: receiver.accepted)
    assert receiver.verified(old) == receiver.verified(new)
    headers, body = receiver.calls[0]
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + "A" * 32).verify(body, headers)


async def test_a_ping_passes_the_filter(house: House):
    receiver = await house.receiver()
    endpoint = await house.endpoint(receiver, "order.placed")
    await house.start()
    await house.administration.ping(endpoint.id)
    await until(lambda: receiver.accepted)
    (body,) = receiver.verified(endpoint.secrets[0].text)
    assert body["type"] == "endpoint.pinged"
    assert body["data"] == {"endpoint": endpoint.id}


async def test_what_waited_while_an_endpoint_was_off_is_sent_when_it_is_on_again(house: House):
    receiver = await house.receiver()
    endpoint = await house.endpoint(receiver)
    await house.happen("o-1", event("evt_1"))
    async with HttpSender(allow_http=True, allow_private=True) as sender:
        await relay_on(house.store, sender).collect()
    await house.administration.change(endpoint.id, lambda row: row.switch_off("Maintenance."))
    await house.start()
    await house.happen("o-2", event("evt_2"))
    await until(house.told)
    assert not receiver.calls
    await house.administration.change(endpoint.id, lambda row: replace(row, enabled=True))
    await until(lambda: receiver.accepted == ["evt_1"])


async def test_deleting_an_endpoint_closes_what_waited_for_it(house: House):
    receiver = await house.receiver(always=answering(503, Retry_After="60"))
    endpoint = await house.endpoint(receiver)
    await house.start()
    await house.happen("o-1", event("evt_1"))
    await until(house.tried)
    await house.administration.delete(endpoint.id)
    row = await house.row("evt_1", endpoint)
    assert row.status is Status.FAILED
    assert "deleted" in str(row.attempts[-1].error)
    with pytest.raises(NoSuchEndpoint):
        await house.administration.delete(endpoint.id)


async def test_rows_made_while_their_endpoint_was_deleted_are_closed_at_the_next_start(
    house: House,
):
    receiver = await house.receiver()
    endpoint = await house.endpoint(receiver)
    await house.happen("o-1", event("evt_1"))
    async with HttpSender(allow_http=True, allow_private=True) as sender:
        await relay_on(house.store, sender).collect()
    await house.webhooks.delete_endpoint(endpoint.id)
    await house.start()

    async def closed():
        return (await house.row("evt_1", endpoint)).status is Status.FAILED

    await until(closed)
    assert not receiver.calls


async def test_two_relays_on_one_store_call_once(house: House):
    receiver = await house.receiver()
    await house.endpoint(receiver)
    wanted = [f"evt_{number}" for number in range(30)]
    await asyncio.gather(*[house.happen(f"o-{id}", event(id)) for id in wanted])
    await house.start()
    await house.start()
    await until(lambda: len(set(receiver.accepted)) == 30)
    assert sorted(receiver.accepted) == sorted(wanted)


async def test_an_attempt_that_died_with_its_process_is_made_again(house: House):
    receiver = await house.receiver()
    endpoint = await house.endpoint(receiver)
    await house.start(lease_seconds=0.2)
    row = await house.administration.ping(endpoint.id)
    await until(lambda: receiver.accepted)

    def died(delivery):
        at = now()
        return delivery.replay(at).claim("of a dead process", at, at)

    await house.webhooks.change_delivery(row.id, died)
    assert house.relay is not None
    house.relay.poke()
    await until(lambda: len(receiver.accepted) == 2)


async def test_the_log_of_attempts_is_bounded_however_often_one_replays(house: House):
    receiver = await house.receiver()
    endpoint = await house.endpoint(receiver)
    await house.start()
    row = await house.administration.ping(endpoint.id)
    for number in range(1, 24):
        await until(lambda number=number: len(receiver.accepted) == number)
        await house.administration.replay(row.id)
    await until(lambda: len(receiver.accepted) == 24)
    assert len((await house.webhooks.delivery(row.id)).attempts) == 20


async def test_storage_that_fails_for_a_while_is_outlived(house: House, monkeypatch):
    monkeypatch.setattr("server.webhooks.service.PAUSE", 0.01)
    receiver = await house.receiver()
    await house.endpoint(receiver)
    failures = iter(range(3))
    find = house.store.find

    async def failing(*given, **named):
        if next(failures, None) is not None:
            raise Unknown
        return await find(*given, **named)

    monkeypatch.setattr(house.store, "find", failing)
    await house.start()
    await house.happen("o-1", event("evt_1"))
    await until(lambda: receiver.accepted)


class Dying:
    """The store of a process that ends at its last write: just before it, or right after it."""

    def __init__(self, store, writes: int, after: bool) -> None:
        self.store, self.left, self.after = store, writes, after
        self.get, self.find = store.get, store.find

    async def run(self, *ops):
        self.left -= 1
        if self.left > 0 or (self.left == 0 and self.after):
            documents = await self.store.run(*ops)
        if self.left <= 0:
            raise Unknown
        return documents


@pytest.mark.parametrize("after", [False, True])
async def test_a_crash_at_any_write_loses_no_event(house: House, after: bool, monkeypatch):
    monkeypatch.setattr("server.webhooks.service.PAUSE", 0.0)
    first, second = await house.receiver(), await house.receiver()
    await house.endpoint(first)
    await house.endpoint(second)
    wanted = set()
    for writes in range(1, 13):
        ids = [f"{writes}-{number}" for number in range(3)]
        wanted.update(ids)
        await house.outbox.put(f"o-{writes}-a", event(ids[0]), event(ids[1]))
        await house.outbox.put(f"o-{writes}-b", event(ids[2]))
        async with HttpSender(allow_http=True, allow_private=True) as sender:
            dying = relay_on(Dying(house.store, writes, after), sender, lease_seconds=0.1)
            await dying.collect()
            await dying.dispatch()
            await dying._finish()
    await house.start(lease_seconds=0.1)
    await until(lambda: set(first.accepted) == wanted and set(second.accepted) == wanted)
    assert not await house.outbox.unsent(10)


async def test_stopping_waits_for_the_attempt_under_way(house: House):
    receiver = await house.receiver()
    receiver.always = receiver.hang
    endpoint = await house.endpoint(receiver)
    async with AsyncExitStack() as stack:
        sender = await stack.enter_async_context(HttpSender(allow_http=True, allow_private=True))
        relay = relay_on(house.store, sender, grace_seconds=5.0)
        task = asyncio.create_task(relay.run())
        await house.outbox.put("o-1", event("evt_1"))
        relay.poke()
        await until(lambda: receiver.calls)
        task.cancel()
        await asyncio.sleep(0.05)
        assert not task.done()
        receiver.released.set()
        await asyncio.wait([task])
    assert (await house.row("evt_1", endpoint)).status is Status.DELIVERED


async def test_a_poke_is_felt_at_once(house: House):
    receiver = await house.receiver()
    await house.endpoint(receiver)
    await house.start(idle_seconds=3600.0)
    for number in range(5):
        await house.happen(f"o-{number}", event(f"evt_{number}"))
        await until(lambda number=number: len(receiver.accepted) == number + 1)
