"""The directory of rooms in Redis.

Four keys, all written by the scripts below, so that each step is whole or not at all:

    rooms   hash    room → id of the node that has it
    alive   zset    id of a node → when its lease ends, milliseconds of Redis' own clock
    nodes   hash    id of a node → what it says of itself (JSON)
    since   string  when this directory began, by the same clock

A room counts as somebody's while its node is alive: one heartbeat keeps all rooms of a node, and
one that stops beating loses them together. `since` is missing when Redis was emptied: for a moment
only nodes that have a room may register it, so that nobody opens it a second time.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from server.rooms.directory import (
    LEASE_SECONDS,
    SETTLE_SECONDS,
    DirectoryAway,
    Hear,
    Node,
    View,
)

log = structlog.get_logger()

# What all scripts begin with. Redis' own clock: those of the nodes may differ.
PRELUDE: Final = """
local rooms, alive, nodes, since = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function lives(node)
  local ends = node and redis.call('ZSCORE', alive, node)
  return ends and tonumber(ends) > now
end
"""
# node, room, settle ms → owner, or false while the directory settles
CLAIM: Final = (
    PRELUDE
    + """
local owner = redis.call('HGET', rooms, ARGV[2])
if lives(owner) then return owner end
local began = redis.call('GET', since)
if not lives(ARGV[1]) or not began or now - began < tonumber(ARGV[3]) then return false end
redis.call('HSET', rooms, ARGV[2], ARGV[1])
return ARGV[1]
"""
)
# node, room… → nothing
RELEASE: Final = (
    PRELUDE
    + """
for at = 2, #ARGV do
  if redis.call('HGET', rooms, ARGV[at]) == ARGV[1] then redis.call('HDEL', rooms, ARGV[at]) end
end
"""
)
# node, lease ms, what it says, room… → [JSON of the living], [room, owner, …]
BEAT: Final = (
    PRELUDE
    + """
redis.call('SET', since, now, 'NX')
redis.call('ZADD', alive, now + ARGV[2], ARGV[1])
redis.call('HSET', nodes, ARGV[1], ARGV[3])
for at = 4, #ARGV do
  local owner = redis.call('HGET', rooms, ARGV[at])
  if owner ~= ARGV[1] and not lives(owner) then redis.call('HSET', rooms, ARGV[at], ARGV[1]) end
end
for _, gone in ipairs(redis.call('ZRANGEBYSCORE', alive, '-inf', now)) do
  redis.call('ZREM', alive, gone)
  redis.call('HDEL', nodes, gone)
end
local held = redis.call('HGETALL', rooms)
for at = 1, #held, 2 do
  if not lives(held[at + 1]) then redis.call('HDEL', rooms, held[at]) end
end
return {redis.call('HVALS', nodes), redis.call('HGETALL', rooms)}
"""
)
# node → nothing
LEAVE: Final = (
    PRELUDE
    + """
redis.call('ZREM', alive, ARGV[1])
redis.call('HDEL', nodes, ARGV[1])
"""
)


@dataclass(slots=True)
class RedisDirectory:
    """`redis` is closed with it. `name` keeps several houses on one Redis apart."""

    redis: Any  # redis.asyncio.Redis: its types are too wide to be of use
    name: str = "vitrine"
    many: bool = True
    lease_seconds: float = LEASE_SECONDS
    settle_seconds: float = SETTLE_SECONDS
    _scripts: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def at(cls, url: str, name: str = "vitrine") -> "RedisDirectory":
        """Of a redis:// or rediss:// URL; connects when it is first asked. Calls take a second at
        most: who waits longer for a heartbeat has none."""
        options: dict[str, Any] = {"socket_timeout": 1.0, "socket_connect_timeout": 1.0}
        once = Retry(NoBackoff(), 0)  # the next beat is the retry
        redis = Redis.from_url(url, health_check_interval=10, retry=once, **options)
        # Channels know no databases.
        number = redis.connection_pool.connection_kwargs.get("db") or 0
        return cls(redis, f"{name}:{number}")

    async def claim(self, node: str, room: str) -> str:
        owner = await self._run(CLAIM, node, room, int(self.settle_seconds * 1000))
        if owner is None:
            raise DirectoryAway(retry_after=1)
        return str(owner.decode())

    async def release(self, node: str, rooms: Collection[str]) -> None:
        if rooms:
            await self._run(RELEASE, node, *rooms)

    async def beat(self, node: Node, rooms: Collection[str]) -> View:
        lease = int(self.lease_seconds * 1000)
        told, held = await self._run(BEAT, node.id, lease, msgspec.json.encode(node), *rooms)
        living = [msgspec.json.decode(text, type=Node) for text in told]
        texts = [text.decode() for text in held]
        owners = dict(zip(texts[::2], texts[1::2], strict=True))
        return View({one.id: one for one in living}, owners)

    async def leave(self, node: str) -> None:
        await self._run(LEAVE, node)

    async def tell(self, news: bytes) -> int:
        try:
            return int(await self.redis.publish(self._key("news"), news))
        except (RedisError, OSError) as error:
            raise DirectoryAway(retry_after=1) from error

    async def listen(self, hear: Hear) -> None:
        try:
            async with self.redis.pubsub(ignore_subscribe_messages=True) as line:
                await line.subscribe(self._key("news"))
                while True:
                    message = await line.get_message(timeout=1.0)
                    if message is not None:
                        hear(message["data"])
        except (RedisError, OSError) as error:
            raise DirectoryAway(retry_after=1) from error

    async def close(self) -> None:
        await self.redis.aclose()

    def _key(self, name: str) -> str:
        # In braces, so that a cluster keeps them together.
        return f"{{{self.name}}}:{name}"

    async def _run(self, script: str, *arguments: Any) -> Any:
        if script not in self._scripts:
            self._scripts[script] = self.redis.register_script(script)
        keys = [self._key(name) for name in ("rooms", "alive", "nodes", "since")]
        try:
            return await self._scripts[script](keys=keys, args=arguments)
        except (RedisError, OSError) as error:
            raise DirectoryAway(retry_after=1) from error
