"""A gift box: what the announcement says, and that nothing travels before it."""

import asyncio

import pytest

from server.orders.checkout import Checkout
from server.orders.gift import STEPS, GiftBox, GiftStatus, write_letter
from tests.server.orders.shop import ANNA, NOON, TENANT, Places, Shelf, gift_body


def gift(**details: object) -> GiftBox:
    wish = gift_body(("SHOE-01", 1), **details)
    draft = asyncio.run(Checkout(Shelf(), Places(), TENANT).draft(ANNA, "k", wish, NOON))
    assert isinstance(draft.order.fulfilment, GiftBox)
    return draft.order.fulfilment


def announce(language: str) -> dict[str, str]:
    return {"channel": "email", "to": "c@example.org", "name": "Chiara", "language": language}


def test_every_way_to_shipped_leads_through_announced() -> None:
    reached = {GiftStatus.DRAFT}
    for _ in GiftStatus:  # as many steps as there are states, none onto `announced`
        steps = {GiftStatus(step.to) for (at, _), step in STEPS.items() if at in reached}
        reached |= steps - {GiftStatus.ANNOUNCED}
    assert reached == {GiftStatus.DRAFT, GiftStatus.CANCELLED}


@pytest.mark.parametrize(
    ("language", "subject", "greeting"),
    [
        ("en", "Anna has a gift for you", "Dear Chiara"),
        ("fr", "Anna a un cadeau pour vous", "Bonjour Chiara"),
        ("it", "Anna ha un regalo per te", "Ciao Chiara"),
    ],
)
def test_the_letter_names_both_and_brings_the_card(
    language: str, subject: str, greeting: str
) -> None:
    letter = write_letter(gift(announce=announce(language)))
    assert letter.subject == subject
    assert letter.text.startswith(greeting)
    assert "    Tanti auguri!\n    A presto\n" in letter.text
    assert "{" not in letter.text


@pytest.mark.parametrize("language", ["en", "fr", "it"])
def test_the_letter_keeps_the_surprise(language: str) -> None:
    text = write_letter(gift(announce=announce(language))).text
    for secret in ("SHOE", "Shoe", "129", "EUR", "€", "Via Segreta"):
        assert secret not in text


def test_without_an_address_the_letter_asks_for_it() -> None:
    assert "postal address" in write_letter(gift(recipient=None)).text
    assert "postal address" not in write_letter(gift()).text


def test_the_letter_says_when_the_box_leaves() -> None:
    days = {"en": "24 December 2026", "fr": "24 décembre 2026", "it": "24 dicembre 2026"}
    for language, day in days.items():
        box = gift(announce=announce(language), ship_after="2026-12-24")
        assert day in write_letter(box).text


def test_braces_on_the_card_stay_as_they_are() -> None:
    card = {"text": "{name} {0}", "from": "{sender.__class__}"}
    letter = write_letter(gift(card=card))
    assert "{name} {0}" in letter.text
    assert letter.subject == "{sender.__class__} has a gift for you"
