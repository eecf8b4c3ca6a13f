"""Where deliveries go: which addresses may be called, for which events, under which secrets."""

import ipaddress
import re
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

import msgspec

from server.errors import Conflict, NotFound, Unprocessable

ROTATION: Final = timedelta(hours=24)  # a former secret still signs for
MAX_SECRETS: Final = 4  # that sign at the same time, so that the header stays small
MAX_URL: Final = 2048
EVENT_FILTER: Final = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*(\.\*)?")
NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
HOSTS: Final = ipaddress.IPv6Network("2000::/3")  # all that IANA has given to hosts so far
PROTOCOLS: Final = ipaddress.IPv4Network("192.0.0.0/24")  # half of it global to older Pythons
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class BadEndpointUrl(Unprocessable):
    type = "bad-endpoint-url"
    title = "This address cannot receive webhooks"
    detail = "{url}: {reason}"


class BadEventFilter(Unprocessable):
    type = "bad-event-filter"
    title = "This is not the name of an event"
    detail = "{event!r} is neither a name such as order.placed nor a family such as order.*."


class NoSuchEndpoint(NotFound):
    type = "no-such-endpoint"
    title = "There is no such webhook endpoint"
    detail = "No endpoint has the id {endpoint}. GET /api/webhooks/endpoints lists them."


class TooManyEndpoints(Conflict):
    type = "too-many-endpoints"
    title = "There are enough webhook endpoints"
    detail = "{limit} exist already. Delete one that is no longer used."


class EndpointIsOff(Conflict):
    type = "endpoint-is-off"
    title = "This endpoint is switched off"
    detail = "Nothing is sent to {endpoint} now. PATCH it with enabled: true, then try again."


class Secret(msgspec.Struct, frozen=True):
    """`whsec_<base64>`; `until` (RFC 3339) once it has been replaced."""

    text: str
    until: str | None = None


class Endpoint(msgspec.Struct, frozen=True):
    """One receiver. No `events` means every event; the newest secret comes first."""

    id: str
    url: str
    secrets: tuple[Secret, ...]
    created_at: str
    events: tuple[str, ...] = ()
    description: str = ""
    enabled: bool = True
    disabled_because: str | None = None

    def wants(self, event_type: str) -> bool:
        """Whether the filter lets this type through."""
        return not self.events or any(matches(event_type, pattern) for pattern in self.events)

    def signing(self, now: datetime) -> list[str]:
        """The secrets that sign now, newest first."""
        return [secret.text for secret in self.secrets if is_valid(secret, now)]

    def rotate(self, new: str, now: datetime) -> "Endpoint":
        """`new` signs from now on; the present secret goes on for a day beside it."""
        until = (now + ROTATION).isoformat()
        former = [
            secret if secret.until else Secret(secret.text, until)
            for secret in self.secrets
            if is_valid(secret, now)
        ]
        return msgspec.structs.replace(self, secrets=(Secret(new), *former[: MAX_SECRETS - 1]))

    def switch_off(self, because: str) -> "Endpoint":
        return msgspec.structs.replace(self, enabled=False, disabled_because=because)


def is_valid(secret: Secret, now: datetime) -> bool:
    return secret.until is None or now < datetime.fromisoformat(secret.until)


def matches(event_type: str, pattern: str) -> bool:
    """`order.placed` matches itself and `order.*`."""
    if pattern.endswith(".*"):
        return event_type.startswith(pattern[:-1])
    return event_type == pattern


def check_events(events: tuple[str, ...]) -> tuple[str, ...]:
    """The same filter without repetitions. Raises BadEventFilter."""
    for event in events:
        if not EVENT_FILTER.fullmatch(event):
            raise BadEventFilter(event=event)
    return tuple(dict.fromkeys(events))


def check_url(url: str, *, allow_http: bool, allow_private: bool) -> str:
    """The same address, when it may be an endpoint. Raises BadEndpointUrl.

    A name is only looked up when it is dialled: what it leads to is checked then, every time
    (sender.py). This check answers early what can be known early.
    """
    reason = why_not(url, allow_http, allow_private)
    if reason:
        raise BadEndpointUrl(url=url[:200], reason=reason)
    return url


def why_not(url: str, allow_http: bool, allow_private: bool) -> str | None:
    """What is wrong with an endpoint's address, or None."""
    if len(url) > MAX_URL:
        return f"It is longer than {MAX_URL} characters."
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        return "Only printable ASCII without spaces is allowed; percent-encode the rest."
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        return f"It cannot be read: {error}."
    if parts.scheme not in ({"http", "https"} if allow_http else {"https"}):
        return "It must start with https://." if not allow_http else "It must be http or https."
    if not host or port == 0:
        return "It names no host to call."
    if parts.username is not None or parts.password is not None:
        return "It must not carry a user name or password; the signature proves who is calling."
    if parts.fragment:
        return "It must not carry a #fragment, which is never sent."
    return None if allow_private else why_not_public(host)


def why_not_public(host: str) -> str | None:
    """What makes a host's name or address private, as far as its text tells."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        name = host.rstrip(".")
        if name == "localhost" or name.endswith(".localhost"):
            return "localhost is not reachable from outside."
        if re.fullmatch(r"(0x[0-9a-f]*|[0-9]+)", name.rpartition(".")[2]):
            return "Write an IP address in its usual form."  # 2130706433, 0x7f.1: 127.0.0.1
        return None
    return None if is_public(address) else f"{host} is not a public address."


def is_public(address: Address) -> bool:
    """Whether an address lies in the open internet.

    Addresses that carry an IPv4 address inside (mapped, 6to4, NAT64) are judged by that one.
    Source: IANA's special-purpose registries as Python's ipaddress has them, narrowed where they
    change from one Python to the next.
    """
    if isinstance(address, ipaddress.IPv4Address):
        special = address.is_multicast or address.is_reserved or address in PROTOCOLS
        return address.is_global and not special
    inner = address.ipv4_mapped or address.sixtofour
    if address in NAT64:
        inner = ipaddress.IPv4Address(address.packed[-4:])
    return is_public(inner) if inner is not None else address.is_global and address in HOSTS
