"""Starting and stopping a server in this process."""

import pytest

from server import app
from server.folder import ADDRESS, Stopped
from server.pages import NoPages
from server.process import listening, opened
from server.settings import Settings


async def test_a_client_that_is_not_installed_is_told_in_a_line(tmp_path, monkeypatch):
    def none_here(_: object) -> None:
        raise NoPages("run `make setup`")

    monkeypatch.setattr(app, "add_pages", none_here)
    with pytest.raises(Stopped, match="make setup"):
        async with opened(Settings(data=tmp_path)):
            pass


async def test_the_address_is_there_while_the_server_is_however_it_ends(tmp_path):
    settings = Settings(data=tmp_path, port=0)
    async with opened(settings) as house:
        with pytest.raises(RuntimeError, match="halfway"):
            await break_off(house, settings)
    assert not (tmp_path / ADDRESS).exists()


async def break_off(house: app.House, settings: Settings) -> None:
    async with listening(house, settings):
        assert (settings.data / ADDRESS).exists()
        raise RuntimeError("halfway")
