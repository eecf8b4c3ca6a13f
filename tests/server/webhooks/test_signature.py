"""Secrets and signatures, held against the reference implementation."""

import secrets
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from server.events import Event
from server.webhooks.delivery import payload
from server.webhooks.signature import headers, read_secret, sign, write_secret

AT = "2026-11-21T10:00:00+00:00"
EVENT = Event("evt_1", "order.placed", AT, {"order": "ö-1"})


@given(st.binary(min_size=24, max_size=64))
def test_a_secret_reads_back_as_it_was_written(key):
    assert read_secret(write_secret(key)) == key


@pytest.mark.parametrize("length", [0, 23, 65])
def test_a_secret_of_another_length_is_refused(length):
    with pytest.raises(ValueError, match="24 to 64 bytes"):
        write_secret(bytes(length))


@pytest.mark.parametrize("text", ["", "secret", "whsec_", "whsec_c2hvcnQ=", "whsec_%%%", "WHSEC_x"])
def test_a_text_that_is_no_secret_is_refused(text):
    with pytest.raises(ValueError, match="webhook secret"):
        read_secret(text)


@given(
    key=st.binary(min_size=24, max_size=64),
    id=st.text(st.characters(codec="ascii", exclude_characters=" \n\r"), min_size=1, max_size=40),
    data=st.dictionaries(st.text(), st.one_of(st.integers(), st.text()), max_size=4),
)
def test_the_reference_implementation_accepts_every_signature(key, id, data):
    secret, now = write_secret(key), datetime.now(UTC)
    body = payload(Event(id, "order.placed", AT, data))
    sent = headers(id, body, [secret], now, "test")
    assert Webhook(secret).verify(body, sent) == {
        "type": "order.placed",
        "timestamp": AT,
        "data": data,
    }
    assert sent["webhook-signature"] == Webhook(secret).sign(id, now, body.decode())


def test_the_signature_is_the_one_of_the_specifications_example():
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    signature = sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_two_secrets_give_two_signatures_and_either_verifies():
    old, new = (write_secret(secrets.token_bytes(32)) for _ in range(2))
    body = payload(EVENT)
    sent = headers("evt_1", body, [new, old], datetime.now(UTC), "test")
    assert sent["webhook-signature"].count("v1,") == 2
    assert len(sent["webhook-signature"].split(" ")) == 2
    for secret in (old, new):
        Webhook(secret).verify(body, sent)
    with pytest.raises(WebhookVerificationError):
        Webhook(write_secret(secrets.token_bytes(32))).verify(body, sent)
