"""With a mail server, the announcement goes out by itself, and before the box."""

import asyncio
import email
import email.policy
import uuid

from aiosmtpd.handlers import Message
from aiosmtpd.smtp import SMTP

from tests.flows.people import enter, sign_in
from tests.flows.process import running


class Letterbox(Message):
    """A real SMTP server's messages, as they arrive."""

    def __init__(self) -> None:
        super().__init__()
        self.letters: list[email.message.Message] = []

    def handle_message(self, message: email.message.Message) -> None:
        self.letters.append(message)


async def test_the_recipient_is_told_by_mail_before_the_box_can_leave(demo_copy, api):
    box = Letterbox()
    loop = asyncio.get_running_loop()
    mail = await loop.create_server(lambda: SMTP(box, hostname="localhost"), "127.0.0.1", 0)
    host, port = mail.sockets[0].getsockname()
    smtp = {
        "VITRINE_SMTP_HOST": host,
        "VITRINE_SMTP_PORT": str(port),
        "VITRINE_SMTP_START_TLS": "false",
    }
    try:
        with running(demo_copy, "--demo", **smtp) as server:
            buyer, _ = await enter(api, server.url)
            staff = await sign_in(api, server)
            body = {
                "lines": [{"sku": "TEA-01", "quantity": 1}],
                "fulfilment": {
                    "kind": "gift_box",
                    "announce": {
                        "channel": "email",
                        "to": "bea@example.org",
                        "name": "Bea",
                        "language": "it",
                    },
                    "card": {"text": "Buon compleanno!", "from": "Ada"},
                },
            }
            status, order = await buyer.post("/api/orders", body, Idempotency_Key=uuid.uuid4().hex)
            assert status == 201, order
            order = await announced(staff, order["id"])
            assert len(box.letters) == 1
            assert box.letters[0]["To"] == "Bea <bea@example.org>"
            for action in ("pack", "ship"):
                status, order = await staff.post(
                    f"/api/orders/{order['id']}/{action}", If_Match=f'"{order["version"]}"'
                )
                assert status == 200, order
    finally:
        mail.close()
        await mail.wait_closed()


async def announced(staff, id):
    """The order, once its announcement went out."""
    async with asyncio.timeout(30):
        while True:
            _, order = await staff.get(f"/api/orders/{id}")
            if order["fulfilment"]["status"] == "announced":
                return order
            await asyncio.sleep(0.1)
