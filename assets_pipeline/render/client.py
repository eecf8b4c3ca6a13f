"""Pictures of GLB files, from a warm process that has Filament loaded."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

from assets_pipeline.errors import NoRenderer, RenderFailed
from assets_pipeline.render.views import VIEWS, Background, Frame, Shot, View
from assets_pipeline.render.wire import Json, Picture, order, receive, send, unpack

LEAVING = 5.0  # seconds that the process gets to end by itself
ROOT = Path(__file__).parents[2]
SERVER = "assets_pipeline.render.server"


class Renderer:
    """A handle on the process: works in forked children too, in any number of them.

    Each call hands a connection of its own to the process through one shared socket; calls are
    served one after the other.
    """

    def __init__(self, calls: socket.socket) -> None:
        self._calls = calls

    def views(
        self,
        glb: bytes | Path,
        *,
        size: int = 640,
        views: Sequence[View] = VIEWS,
        variant: str | None = None,
        background: Background = Background.STUDIO,
        frame: Frame | None = None,
        ground: str = "",
    ) -> list[Picture]:
        """One (size, size, 4) RGBA picture per view. Raises RenderFailed."""
        shots = [Shot(view, size, variant, background) for view in views]
        return self.take(glb, shots, frame, ground)

    def take(
        self,
        glb: bytes | Path,
        shots: Sequence[Shot],
        frame: Frame | None = None,
        ground: str = "",
    ) -> list[Picture]:
        """The pictures of all shots of one file, (size, size, 4) RGBA. Raises RenderFailed.

        Files that are drawn with one name of a `ground` share the shadow of the first: finding it
        takes a third of a picture set's time.
        """
        content = glb.read_bytes() if isinstance(glb, Path) else glb
        ours, theirs = socket.socketpair()
        with ours:
            try:
                with theirs:
                    socket.send_fds(self._calls, [b"."], [theirs.fileno()])
                send(ours, order(shots, frame, ground), content)
                header, body = receive(ours)
            except (OSError, EOFError) as error:
                raise RenderFailed(reason="The renderer stopped while it drew it") from error
        if "problem" in header:
            raise RenderFailed(reason=header["problem"])
        return unpack(header, body)


@contextmanager
def renderer() -> Generator[Renderer, None, None]:
    """Starts the process, and ends it. Raises NoRenderer where pictures cannot be made.

    The process dies with the thread that starts it, so that thread is to stay until the end.
    """
    if find_spec("filly") is None:
        raise NoRenderer(
            reason="filly, which draws them, is not here",
            remedy="There are builds of it for Linux and Windows on x86-64: pip install filly.",
        )
    with ExitStack() as stack:
        ours, theirs = socket.socketpair()
        stack.enter_context(ours)
        with theirs:
            process, hearing = _start(theirs)
        stack.callback(_end, process, ours)
        with open(hearing) as line:  # noqa: PTH123 – a pipe
            said: Json = json.loads(line.readline() or '{"reason": "Filament does not start"}')
        if "reason" in said:
            raise NoRenderer(**{"remedy": "", **said})
        yield Renderer(ours)


def _start(calls: socket.socket) -> tuple[subprocess.Popen[bytes], int]:
    """The process, and the file in which it says that it is ready, or why not."""
    hearing, telling = os.pipe()
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    command = [sys.executable, "-P", "-m", SERVER]
    process = subprocess.Popen(  # noqa: S603
        [*command, *map(str, (calls.fileno(), telling, os.getpid()))],
        pass_fds=(calls.fileno(), telling),
        env={**os.environ, "PYTHONPATH": path},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,  # Filament and the driver talk a lot
        stderr=subprocess.DEVNULL,
    )
    os.close(telling)
    return process, hearing


def _end(process: subprocess.Popen[bytes], calls: socket.socket) -> None:
    """Closing the socket is the word to leave, unless forked children hold it still."""
    calls.close()
    with suppress(subprocess.TimeoutExpired):
        process.wait(LEAVING if process.poll() is None else 0)
    process.kill()
    process.wait()
