"""A visitor of Vitrine's shared rooms, for programs: bots, tests, and apps in Python.

async with Visitor.enter("http://localhost:8080", "Ada") as ada:
    await ada.say("Hello")
    async for message in ada.messages():
        ...
"""

from server.rooms.pose import Hand, Pose
from vitrine_client.visitor import Refused, Unreachable, Visitor
from vitrine_client.world import World

__all__ = ["Hand", "Pose", "Refused", "Unreachable", "Visitor", "World"]
