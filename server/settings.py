"""Every knob of the server: its unit, its default and the environment name that sets it.

The comments here are what `vitrine settings` and docs/settings.md say: one beside each field, one
above each group.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

import msgspec

PREFIX = "VITRINE_"
MIN_SECRET: Final = 32  # characters
# Not shown again in messages: an address may hold a password.
SECRET: Final = frozenset(
    {
        *("secret", "database_url", "redis_url", "metrics_token"),
        *("turn_secret", "livekit_secret", "smtp_password"),
    }
)


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Field `smtp_host` is set by VITRINE_SMTP_HOST, and so on; the command line goes first."""

    # Where it listens
    host: str = "127.0.0.1"  # address to listen on
    port: int = 8080  # 0 lets the system choose
    data: Path = Path(".data")  # folder of everything embedded: documents, blobs, secrets
    public_url: str = ""  # what clients dial; empty: the address they came to

    # What stands behind it
    database_url: str = ""  # mongodb://host:27017/name; empty: SQLite in the data folder
    blobs_url: str = ""  # s3://bucket/prefix (AWS_… names the rest), memory:; empty: data/blobs
    redis_url: str = ""  # redis://host:6379/0, the directory of rooms; empty: one node alone
    node: str = ""  # this node's name among the others; empty: the host's name
    node_url: str = ""  # what clients dial for this very node; empty: public_url
    node_inner_url: str = ""  # what other nodes dial for it; empty: node_url
    secret: str = ""  # 32 characters or more, shared by all nodes; empty: the data folder's own
    worker_in_server: bool = True  # convert in the server; off where `vitrine worker` does

    # Visits
    session_hours: float = 24.0 * 7  # life of a session token
    ticket_seconds: float = 60.0  # a join ticket must be used within

    # Models
    upload_max_bytes: int = 512_000_000  # of one model
    upload_hours: float = 24.0  # an unfinished upload is kept for
    conversion_seconds: float = 300.0  # wall clock of one conversion
    conversion_memory_mb: int = 3000  # address space of one conversion
    conversion_pictures: bool = True  # posters, views for the proof: most of a conversion
    conversions: int = 1  # at the same time

    # Rooms
    room_capacity: int = 24  # avatars in one room
    room_crowd: int = 24  # avatars; in a larger room those far away are told less often
    room_watchers: int = 100  # in one room, without an avatar
    tick_hz: float = 30.0  # pose frames per second and room
    handover_seconds: float = 600.0  # life of a code that takes a visit to another device
    address_sockets: int = 64  # open at a time from one network address; 0: no limit
    address_joins_per_minute: int = 120  # join calls from one network address; 0: no limit
    trusted_proxies: str = ""  # networks, comma-separated: whose X-Forwarded-For is believed
    ban_minutes: int = 60  # somebody who was sent away stays out
    report_days: int = 30  # a report of misconduct is kept

    # Voice
    stun_urls: str = ""  # comma-separated; empty: calls work within one network only
    turn_urls: str = ""  # comma-separated; empty: no relay for calls
    turn_secret: str = ""  # shared with coturn (use-auth-secret)
    turn_seconds: int = 3600  # life of one's credentials for the relay
    livekit_url: str = ""  # wss://…; empty: no calls beyond voice_mesh
    livekit_key: str = ""  # API key of the LiveKit server
    livekit_secret: str = ""  # goes with the key
    voice_mesh: int = 6  # people whose browsers talk to each other directly

    # Mail
    smtp_host: str = ""  # empty: staff send announcements themselves
    smtp_port: int = 587  # of the mail server
    smtp_user: str = ""  # empty: no login
    smtp_password: str = ""  # goes with the user
    smtp_start_tls: bool = True  # encrypt; off only for a mail server on the same machine
    smtp_from: str = "Vitrine <hello@localhost>"  # sender of announcements

    # Webhooks
    webhook_timeout_seconds: float = 15.0  # for one call
    webhook_allow_http: bool = False  # http:// and private addresses: development only
    webhook_retry_scale: float = 1.0  # multiplies the retry schedule (tests shorten it)

    # Running it
    recovery_seconds: float = 30.0  # pending orders older than this are given up
    stop_seconds: float = 10.0  # requests under way have, when the server is told to stop
    metrics_token: str = ""  # bearer token of /metrics beside staff's; `open`: everybody
    log_level: Literal["debug", "info", "warning", "error"] = (
        "info"  # `--demo` and `seed` begin at warning
    )
    log_json: bool = False  # one JSON object a line instead of colours


class BadSetting(ValueError):
    """An environment variable does not fit its setting."""


def from_environment(environment: Mapping[str, str] = os.environ, **given: object) -> Settings:
    """Defaults, then the environment, then what the command line gave (None counts as absent).

    Raises BadSetting naming the variable.
    """
    found: dict[str, object] = {}
    for name in Settings.__struct_fields__:
        text = environment.get(PREFIX + name.upper())
        if text is not None:
            found[name] = check(name, text)
    found.update({name: value for name, value in given.items() if value is not None})
    return Settings(**found)  # type: ignore[arg-type]


def check(name: str, text: str) -> object:
    """The text as the field's type."""
    kind = Settings.__annotations__[name]
    if kind is Path:
        return Path(text)
    try:
        found: object = msgspec.convert(text, kind, strict=False)
        if name == "trusted_proxies":
            from server.rooms.addresses import networks

            networks(text)
        if name == "secret" and 0 < len(text) < MIN_SECRET:
            raise ValueError(f"a secret has at least {MIN_SECRET} characters")
        return found
    except (msgspec.ValidationError, ValueError) as error:
        shown = "…" if name in SECRET else repr(text)
        raise BadSetting(f"{PREFIX}{name.upper()}={shown}: {error}") from error
