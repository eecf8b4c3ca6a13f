"""Announcing gift boxes by e-mail, to a real mail server."""

import asyncio
import email
import email.policy
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from typing import Any

import msgspec
import pytest
from aiosmtpd.controller import Controller
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace
from structlog.testing import capture_logs

from server.orders.action import Action
from server.orders.announcer import Announcer, Smtp, compose
from server.orders.body import Word
from server.orders.gift import Announce, Card, GiftBox, NotAnnounced, Posting
from server.orders.order import Order
from server.orders.repository import change_order
from server.orders.view import AnnouncementView, view
from tests.conftest import NOON, HeldClock
from tests.server.orders.shop import ANNA, STAFF, Shop, gift_body


class Inbox:
    """What the mail server got; refuses everything while `closed`, everybody while `shut`."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.closed = False
        self.shut = False

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if self.shut:
            return f"550 <{address}> is not here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.closed:
            return "451 Come back later"
        parsed = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        self.messages.append(parsed)
        return "250 OK"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def mail_server(port: int, inbox: Inbox) -> Iterator[None]:
    controller = Controller(inbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield
    finally:
        controller.stop()


def announcer(shop: Shop, port: int, clock: HeldClock) -> Announcer:
    smtp = Smtp("127.0.0.1", port, "Vitrine <hello@example.org>", start_tls=False)
    return Announcer(shop.orders, smtp, clock)


async def gift(shop: Shop) -> Order:
    await shop.stocked(TEA=5)
    order, _ = await shop.orders.place(ANNA, "g", gift_body(("TEA-01", 1)))
    return order


async def seen(shop: Shop, order: Order) -> AnnouncementView:
    found = view(await shop.orders.order(STAFF, order.id), STAFF.role, shop.clock())
    assert isinstance(found.announcement, AnnouncementView)
    return found.announcement


async def test_the_announcement_arrives_before_shipping_is_possible(
    shop: Shop, clock: HeldClock
) -> None:
    order, inbox, port = await gift(shop), Inbox(), free_port()
    with pytest.raises(NotAnnounced):
        await shop.orders.act(STAFF, order.id, Action.PACK, 1)
    with mail_server(port, inbox):
        assert await announcer(shop, port, clock).once() == 1
        assert await announcer(shop, port, clock).once() == 0
    (message,) = inbox.messages
    assert message["To"] == "Chiara <chiara@example.org>"
    assert message["From"] == "Vitrine <hello@example.org>"
    assert message["Subject"] == "Anna has a gift for you"
    assert message["Message-ID"] == f"<announcement.{order.id}@example.org>"
    assert "Tanti auguri!" in message.get_content()
    assert "Tea" not in message.as_string()
    assert (await seen(shop, order)).status == "sent"
    for action in (Action.PACK, Action.SHIP):
        order = await shop.orders.act(STAFF, order.id, action, None)
    assert [entry.type for entry in order.history][1] == "gift.announced"


async def test_a_mail_server_that_is_down_is_tried_again_later_and_later(
    shop: Shop, clock: HeldClock
) -> None:
    order, inbox, port = await gift(shop), Inbox(), free_port()
    for attempts, wait in ((1, 30), (2, 60), (3, 120)):
        assert await announcer(shop, port, clock).once() == 0
        state = await seen(shop, order)
        assert (state.status, state.attempts) == ("failing", attempts)
        assert state.error
        clock.forward(seconds=wait - 1)
        assert await announcer(shop, port, clock).once() == 0
        assert (await seen(shop, order)).attempts == attempts, "it waits for its time"
        clock.forward(seconds=1)
    with mail_server(port, inbox):
        assert await announcer(shop, port, clock).once() == 1  # a new one, as after a restart
    assert len(inbox.messages) == 1
    state = await seen(shop, order)
    assert (state.status, state.error) == ("sent", None)


async def test_a_refused_message_is_kept_for_later(shop: Shop, clock: HeldClock) -> None:
    order, inbox, port = await gift(shop), Inbox(), free_port()
    inbox.closed = True
    with mail_server(port, inbox):
        assert await announcer(shop, port, clock).once() == 0
        assert "451" in ((await seen(shop, order)).error or "")
        inbox.closed = False
        clock.forward(minutes=1)
        assert await announcer(shop, port, clock).once() == 1
    assert len(inbox.messages) == 1


async def test_a_letter_that_cannot_be_written_does_not_hold_up_the_others(
    shop: Shop, clock: HeldClock
) -> None:
    inbox, port = Inbox(), free_port()
    await shop.stocked(TEA=5)
    orders = [(await shop.orders.place(ANNA, key, gift_body(("TEA-01", 1))))[0] for key in "abc"]

    def spoil(order: Order) -> Order:  # an address that got past the checks of a former version
        box = order.fulfilment
        assert isinstance(box, GiftBox)
        return replace(
            order, fulfilment=replace(box, announce=replace(box.announce, to="a\nb@x.org"))
        )

    await shop.book.run(change_order(orders[0].id, spoil))
    with mail_server(port, inbox):
        assert await announcer(shop, port, clock).once() == 2
    assert (await seen(shop, orders[0])).status == "failing"


async def test_the_log_does_not_say_who_gets_a_gift(shop: Shop, clock: HeldClock) -> None:
    order, inbox, port = await gift(shop), Inbox(), free_port()
    inbox.shut = True
    with mail_server(port, inbox), capture_logs() as logs:
        assert await announcer(shop, port, clock).once() == 0
    (line,) = logs
    assert (line["order"], line["why"]) == (order.id, "SMTPRecipientsRefused")
    assert "chiara" not in str(line)
    assert "chiara" in ((await seen(shop, order)).error or ""), "staff are told"


@given(st.text(max_size=80))
@example("Anna\u2028Bruno")
@example("\x85")
def test_what_is_accepted_as_a_name_can_be_written_into_a_letter(name: str) -> None:
    try:
        word = msgspec.convert(name, Word)
    except msgspec.ValidationError:
        return
    box = GiftBox(
        store="milano",
        timezone="Europe/Rome",
        recipient=None,
        announce=Announce("email", "chiara@example.org", word),
        card=Card("Tanti auguri!", word),
        posting=Posting(next_at=""),
    )
    compose("id", box, "Vitrine <hello@example.org>", NOON).as_bytes()


async def test_years_without_a_mail_server_do_not_break_the_schedule(
    shop: Shop, clock: HeldClock
) -> None:
    order, port = await gift(shop), free_port()
    sender = announcer(shop, port, clock)
    for _ in range(40):
        await sender.once()
        clock.forward(hours=1)
    assert (await seen(shop, order)).attempts == 40


async def test_a_cancelled_gift_is_not_announced(shop: Shop, clock: HeldClock) -> None:
    order, inbox, port = await gift(shop), Inbox(), free_port()
    await shop.orders.act(ANNA, order.id, Action.CANCEL, 1)
    with mail_server(port, inbox):
        assert await announcer(shop, port, clock).once() == 0
    assert inbox.messages == []


async def test_staff_may_confirm_instead(shop: Shop, clock: HeldClock) -> None:
    order, inbox, port = await gift(shop), Inbox(), free_port()
    await shop.orders.act(STAFF, order.id, Action.ANNOUNCE, 1)
    with mail_server(port, inbox):
        assert await announcer(shop, port, clock).once() == 0
    assert inbox.messages == []
    assert (await seen(shop, order)).status == "confirmed"


async def test_the_running_announcer_sends_when_it_is_poked(shop: Shop, clock: HeldClock) -> None:
    inbox, port = Inbox(), free_port()
    sender = announcer(shop, port, clock)
    sender.idle_seconds = 60
    shop.orders.pokes = (sender.poke,)
    heard = asyncio.Event()
    shop.orders.listeners = (
        lambda _, order: heard.set() if order["status"] == "in_fulfilment" else None,
    )
    with mail_server(port, inbox):
        running = asyncio.create_task(sender.run())
        await asyncio.sleep(0)
        await gift(shop)
        await asyncio.wait_for(heard.wait(), 20)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert len(inbox.messages) == 1
