"""How recordings are stored."""

from server.occasions.repository import INDEXES, Occasions


async def test_a_chunk_of_another_server_stays_and_the_same_one_again_is_no_error(open_store):
    documents = Occasions(await open_store(INDEXES))
    assert await documents.keep("o", 1, ["a"])
    assert await documents.keep("o", 1, ["a"])
    assert not await documents.keep("o", 1, ["b"])
    assert await documents.keep("o", await documents.last("o") + 1, ["b"])
    assert await documents.lines("o", 0) == (["a"], 1)
    assert await documents.lines("o", 1) == (["b"], 2)
