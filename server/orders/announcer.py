"""Sends the announcements of gift boxes by e-mail, until each has gone out."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Final, Protocol

import aiosmtplib
import structlog

from server.orders.gift import GiftBox, write_letter
from server.orders.order import Order, WrongState, stamp
from server.orders.service import OrderService

log = structlog.get_logger()
BATCH: Final = 50
TLS_PORT: Final = 465  # TLS from the first byte (RFC 8314)
LONGEST: Final = timedelta(hours=1)  # between two tries


class Post(Protocol):
    """What takes letters."""

    @property
    def sender(self) -> str:
        """In whose name."""
        ...

    async def send(self, message: EmailMessage) -> None:
        """Raises whatever keeps it from being taken."""
        ...


@dataclass(frozen=True, slots=True)
class Smtp:
    """A mail server, and in whose name it sends."""

    host: str
    port: int
    sender: str  # "Vitrine <hello@example.org>"
    user: str = ""
    password: str = ""
    start_tls: bool = True
    timeout_seconds: float = 30.0

    async def send(self, message: EmailMessage) -> None:
        """Raises aiosmtplib.SMTPException or OSError."""
        tls = self.port == TLS_PORT
        await aiosmtplib.send(
            message,
            hostname=self.host,
            port=self.port,
            username=self.user or None,
            password=self.password or None,
            use_tls=tls,
            start_tls=False if tls else self.start_tls,
            timeout=self.timeout_seconds,
        )


@dataclass
class Announcer:
    """`run()` is its background task, `poke()` wakes it when an order was placed.

    At least once: between the mail server's yes and our note of it the process may die, and then
    the message goes out again, with the same Message-ID.
    """

    orders: OrderService
    smtp: Post
    clock: Callable[[], datetime]
    retry_seconds: float = 30.0  # after the first failure; doubles up to LONGEST
    idle_seconds: float = 5.0  # looks again without a poke
    _awake: asyncio.Event = field(default_factory=asyncio.Event)

    def poke(self) -> None:
        self._awake.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self._awake.clear()
            try:
                await self.once()
            except Exception:
                log.exception("announcer.failed")
            # asyncio.wait_for would swallow a cancellation that meets a poke (before 3.12).
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.idle_seconds):
                    await self._awake.wait()

    async def once(self) -> int:
        """Send what is due; answers how many went out."""
        now = stamp(self.clock())
        gone = 0
        for order in await self.orders.waiting(BATCH):
            box = order.fulfilment
            if isinstance(box, GiftBox) and box.posting.next_at <= now:
                gone += await self._announce(order, box)
        return gone

    async def _announce(self, order: Order, box: GiftBox) -> bool:
        try:
            await self.smtp.send(compose(order.id, box, self.smtp.sender, self.clock()))
        except Exception as error:  # whatever it is, one letter must not hold up the others
            wait = min(
                LONGEST, timedelta(seconds=self.retry_seconds) * 2 ** min(20, box.posting.attempts)
            )
            reason = f"{type(error).__name__}: {error}"[:300]
            # The reason may quote the address, which is for staff and not for a log.
            log.warning("announcement.not_sent", order=order.id, why=type(error).__name__)
            await self.orders.postponed(order.id, reason, stamp(self.clock() + wait))
            return False
        try:
            await self.orders.announced(order.id)
        except WrongState:  # confirmed by staff, or cancelled, while the mail went out
            log.info("announcement.too_late", order=order.id)
        return True


def compose(order_id: str, box: GiftBox, sender: str, now: datetime) -> EmailMessage:
    """The message; its id is the same at every try, so that a mailbox can tell a repetition."""
    letter = write_letter(box)
    _, address = parseaddr(sender)
    user, _, domain = box.announce.to.rpartition("@")
    message = EmailMessage()
    message["From"] = sender
    message["To"] = Address(display_name=box.announce.name, username=user, domain=domain)
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<announcement.{order_id}@{address.rpartition('@')[2]}>"
    message["Content-Language"] = box.announce.language
    message.set_content(letter.text)
    return message
