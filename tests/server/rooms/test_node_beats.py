"""What a node believes of its rooms, without a network."""

import pytest

from server.rooms.directory import Alone, DirectoryAway, Elsewhere, Node, View
from server.rooms.nodes import DOUBT_SECONDS, Nodes
from server.storage.port import Unavailable

ME, OTHER = (Node(id, id, f"http://{id}", f"http://{id}", 0.0) for id in ("me", "other"))


class Fickle(Alone):
    """A directory that is there or not, and may say that others have a room."""

    def __init__(self) -> None:
        super().__init__(many=True)
        self.there = True
        self.owners: dict[str, str] = {}

    async def claim(self, node: str, room: str) -> str:
        self.check()
        return self.owners.setdefault(room, node)

    async def beat(self, node: Node, rooms: object) -> View:
        self.check()
        return View({node.id: node, OTHER.id: OTHER}, dict(self.owners))

    def check(self) -> None:
        if not self.there:
            raise DirectoryAway(retry_after=1)


class Scene:
    def __init__(self) -> None:
        self.directory, self.seconds, self.lost = Fickle(), 0.0, []
        self.taken: list[str] | None = []  # None: storage is away
        self.nodes = Nodes(
            self.directory,
            ME,
            rooms=lambda: ["r1", "r2"],
            taken=self.look,
            lost=self.lost.extend,
            time=lambda: self.seconds,
        )

    async def look(self) -> list[str]:
        if self.taken is None:
            raise Unavailable
        return self.taken


@pytest.fixture
def scene() -> Scene:
    return Scene()


async def test_a_beat_lets_go_of_what_another_node_has(scene):
    scene.directory.owners = {"r1": "me", "r2": "other"}
    await scene.nodes.beat()
    assert scene.lost == ["r2"]
    with pytest.raises(Elsewhere) as elsewhere:
        await scene.nodes.claim("r2")
    assert elsewhere.value.owner == OTHER


async def test_without_a_directory_the_last_view_says_who_has_a_room(scene):
    scene.directory.owners = {"r3": "other"}
    await scene.nodes.beat()
    scene.directory.there = False
    with pytest.raises(Elsewhere):
        await scene.nodes.claim("r3")
    with pytest.raises(DirectoryAway):
        await scene.nodes.claim("r4")


async def test_without_a_directory_rooms_go_on_while_their_documents_confirm_them(scene):
    scene.directory.there = False
    for _ in range(100):
        scene.seconds += 1
        await scene.nodes.doubt()
    assert scene.lost == []
    scene.taken = ["r1"]
    await scene.nodes.doubt()
    assert scene.lost == ["r1"]


async def test_rooms_that_nobody_confirms_are_closed_after_a_while(scene):
    scene.directory.there, scene.taken = False, None
    scene.seconds = DOUBT_SECONDS - 1
    await scene.nodes.doubt()
    assert scene.lost == []
    scene.seconds = DOUBT_SECONDS + 1
    await scene.nodes.doubt()
    assert scene.lost == ["r1", "r2"]


async def test_new_rooms_go_where_the_fewest_people_are_and_never_to_who_drains(scene):
    scene.nodes.people = lambda: 3
    await scene.nodes.beat()
    assert scene.nodes.for_new_room().id == "other"
    scene.nodes.people = lambda: 0
    assert scene.nodes.for_new_room().id == "me"  # at home, if in doubt
    await scene.nodes.drain()
    assert scene.nodes.for_new_room().id == "other"


async def test_who_has_just_failed_is_asked_again_only_when_there_is_nobody_else(scene):
    scene.nodes.people = lambda: 3
    await scene.nodes.beat()
    assert scene.nodes.for_new_room(failed="other").id == "me"
    await scene.nodes.drain()
    assert scene.nodes.for_new_room(failed="other").id == "other"  # it may be back, and takes rooms
