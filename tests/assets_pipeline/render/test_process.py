"""The process that draws: shared by forks, restarted after a crash, gone when nobody needs it."""

import os
import signal
import subprocess
import sys
import threading
import time

import psutil
import pytest

from assets_pipeline.errors import NoRenderer, RenderFailed
from assets_pipeline.render import VIEWS, Renderer, client, renderer
from tests.assets_pipeline import examples
from tests.assets_pipeline.test_confine import gone

GLB = examples.square().glb()


def processes(of: int | None = None) -> list[psutil.Process]:
    """The renderer's two processes among the children of one, the worker last."""
    children = psutil.Process(of).children(recursive=True)
    return [child for child in children if client.SERVER in child.cmdline()]


def test_forked_children_draw_through_the_same_process(studio: Renderer) -> None:
    children = []
    for _ in range(2):
        child = os.fork()
        if child == 0:
            pictures = studio.views(GLB, size=64, views=VIEWS[:2])
            os._exit(0 if len(pictures) == 2 else 1)
        children.append(child)
    assert len(studio.views(GLB, size=64, views=VIEWS[:1])) == 1
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0, 0]


def test_a_crash_ends_one_call_and_no_other(studio: Renderer) -> None:
    failures: list[RenderFailed] = []

    def draw_for_long() -> None:
        try:
            studio.views(GLB, size=2048, views=VIEWS * 8)
        except RenderFailed as failure:
            failures.append(failure)

    call = threading.Thread(target=draw_for_long)
    call.start()
    time.sleep(0.5)
    *_, worker = processes()
    worker.send_signal(signal.SIGSEGV)
    call.join(30)
    assert len(failures) == 1
    assert len(studio.views(GLB, size=64)) == len(VIEWS)


def test_nothing_is_left_when_the_last_user_has_gone(studio: Renderer) -> None:
    del studio  # there can be pictures here
    before = {process.pid for process in processes()}
    with renderer() as own:
        mine = [process.pid for process in processes() if process.pid not in before]
        assert len(mine) == 2
    assert all(map(gone, mine))
    with pytest.raises(RenderFailed):
        own.views(GLB)


def test_a_killed_user_takes_the_process_along(studio: Renderer) -> None:
    del studio  # there can be pictures here
    program = (
        "import time\nfrom assets_pipeline.render import renderer\n"
        "with renderer():\n    print('ready', flush=True)\n    time.sleep(600)"
    )
    user = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    with user:
        assert user.stdout is not None
        assert user.stdout.readline() == b"ready\n"
        started = [process.pid for process in processes(user.pid)]
        user.kill()
    assert len(started) == 2
    assert all(map(gone, started))


def test_a_machine_without_the_package_hears_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(client, "find_spec", lambda _: None)
    with pytest.raises(NoRenderer, match="pip install filly"), renderer():
        pass


def test_a_machine_without_graphics_hears_what_to_install(
    studio: Renderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    del studio
    # Only the driver's loader is asked for another one: as if there were none.
    monkeypatch.setenv("__EGL_VENDOR_LIBRARY_FILENAMES", "/nowhere.json")
    monkeypatch.setenv("DISPLAY", "")
    with pytest.raises(NoRenderer, match="libegl1"), renderer():
        pass
