"""The warm process that draws. Started by `client.renderer`, never by hand.

A small parent forks the worker that holds Filament, and another one when a model has crashed it.
Both hold the far end of a socket that callers send connections through: when the last caller has
gone, however it went, the socket says so and both end. Nothing is kept in files.
"""

import contextlib
import ctypes
import json
import os
import resource
import signal
import socket
import sys
from typing import TYPE_CHECKING, NoReturn

from assets_pipeline.render.wire import ordered, pack, receive, send

if TYPE_CHECKING:
    from assets_pipeline.render.booth import Booth

SECONDS, SECONDS_EACH = 60.0, 15.0  # by the clock, for a call and each of its pictures
MEMORY = 8 << 30  # bytes of address space; software rendering maps 2 GB before it draws
FILE = 64 << 20  # bytes of one written file: the driver keeps its compiled shaders
ATTEMPTS = 3  # at starting, before giving up
KILL_WITH_PARENT = 1  # Linux: prctl(PR_SET_PDEATHSIG)
LIBRARIES = "on Debian: apt-get install libegl1 libgl1-mesa-dri libopengl0 libgl1"


def main(listening: int, telling: int, parent: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the caller; the socket tells us
    _die_with(parent)
    calls, failed = socket.socket(fileno=listening), 0
    while failed < ATTEMPTS:
        reading, writing = os.pipe()
        worker = os.fork()
        if worker == 0:
            os.close(reading)
            _be_worker(calls, telling, writing)
        os.close(writing)
        ready = bool(os.read(reading, 1))
        os.close(reading)
        _, status = os.waitpid(worker, 0)
        if status == 0:
            return
        failed = 0 if ready else failed + 1


def _be_worker(calls: socket.socket, telling: int, ready: int) -> NoReturn:
    code = 1
    try:
        _die_with(os.getppid())
        for what, most in (
            (resource.RLIMIT_AS, MEMORY),
            (resource.RLIMIT_FSIZE, FILE),
            (resource.RLIMIT_CORE, 0),
        ):
            resource.setrlimit(what, (most, most))
        _work(calls, telling, ready)
        code = 0
    finally:
        os._exit(code)


def _work(calls: socket.socket, telling: int, ready: int) -> None:
    try:
        from assets_pipeline.render.booth import Booth

        booth = Booth(lambda: _tell(telling, {}))
    except Exception as error:  # whatever it is, there will be no pictures, and callers hear why
        _tell(telling, {"reason": f"Filament does not start: {error}", "remedy": LIBRARIES})
        return
    os.write(ready, b"!")
    while True:
        _, connections, _, _ = socket.recv_fds(calls, 1, 1)
        if not connections:
            return
        _allow(SECONDS)
        with socket.socket(fileno=connections[0]) as connection:
            _serve(booth, connection)
        _allow(0)


def _serve(booth: "Booth", connection: socket.socket) -> None:
    with contextlib.suppress(OSError, EOFError):  # a caller that has gone wants nothing
        header, glb = receive(connection)
        try:
            shots, frame, ground = ordered(header)
            _allow(SECONDS + SECONDS_EACH * len(shots))
            answer = pack(booth.pictures(glb, shots, frame, ground))
        except MemoryError:
            raise  # a fresh worker has more
        except Exception as error:
            answer = {"problem": f"{type(error).__name__}: {error}"}, b""
        send(connection, *answer)


def _allow(seconds: float) -> None:
    """Nothing catches this alarm: who is late is dead, in the midst of whatever it was. 0: none."""
    signal.setitimer(signal.ITIMER_REAL, seconds)


def _tell(telling: int, message: dict[str, str]) -> None:
    with contextlib.suppress(OSError):  # told already, by the worker before
        os.write(telling, json.dumps(message).encode() + b"\n")


def _die_with(parent: int) -> None:
    """Linux ends this process with the one it was started by, even where that was killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(KILL_WITH_PARENT, signal.SIGKILL)
        if os.getppid() != parent:  # which has died before it could be said
            os._exit(0)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
