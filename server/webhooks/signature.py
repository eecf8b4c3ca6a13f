"""How a receiver knows that a delivery is ours: Standard Webhooks 1.0.0, symmetric."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime
from typing import Final

PREFIX: Final = "whsec_"
SECRET_BYTES: Final = (24, 64)  # least and most; the specification's "Signature scheme"


def write_secret(key: bytes) -> str:
    """24 to 64 random bytes as text. Raises ValueError for another length."""
    least, most = SECRET_BYTES
    if not least <= len(key) <= most:
        raise ValueError(f"a webhook secret has {least} to {most} bytes, not {len(key)}")
    return PREFIX + base64.b64encode(key).decode()


def read_secret(text: str) -> bytes:
    """The key of `whsec_<base64>`. Raises ValueError when it is none."""
    if not text.startswith(PREFIX):
        raise ValueError(f"a webhook secret starts with {PREFIX}")
    try:
        key = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("a webhook secret is base64 after its prefix") from error
    write_secret(key)
    return key


def headers(
    message_id: str, body: bytes, secrets: Iterable[str], now: datetime, agent: str
) -> dict[str, str]:
    """What is sent beside the body; one signature per secret, separated by spaces."""
    timestamp = int(now.timestamp())
    signatures = [sign(secret, message_id, timestamp, body) for secret in secrets]
    return {
        "content-type": "application/json",
        "user-agent": agent,
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }


def sign(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """`v1,<base64 of HMAC-SHA256>` over id, time (seconds since 1970) and body, joined by dots."""
    signed = b".".join([message_id.encode(), str(timestamp).encode(), body])
    digest = hmac.new(read_secret(secret), signed, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()
