"""meshoptimizer's simplifier: WebAssembly out of the npm package, run inside the process.

The package embeds the module in its JavaScript as text. Each call gets a memory of its own, which
goes with it, so nothing of one model is left for the next.
"""

import ctypes
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntFlag
from functools import cache
from typing import Any

import numpy as np
import wasmtime
from numpy.typing import NDArray

from assets_pipeline.programs import MissingProgram, package

MOST_BYTES = 1 << 30  # of linear memory: a call takes about 400 bytes per triangle
FIRST_BYTES = 1 << 26  # of address space set aside, so that growing seldom moves the memory
MOST_ATTRIBUTES = 32  # floats per vertex; meshoptimizer's own limit

Indices = NDArray[np.uint32]
Floats = NDArray[np.float32]


class SimplifierFailed(Exception):  # not a PipelineError: there is a second simplifier
    """The module stopped: out of memory, or a fault in it. Its text says which."""


class Flag(IntFlag):
    """Source: meshoptimizer 1.3, `meshoptimizer.h`."""

    NONE = 0
    LOCK_BORDER = 1  # open edges stay as they are
    PRUNE = 8  # parts smaller than the error may go
    REGULARIZE = 16  # triangles of even shape
    PERMISSIVE = 32  # seams may be merged, except where a vertex is protected
    REGULARIZE_LIGHT = 64
    PRESERVE_FOLDS = 128


class Hold(IntFlag):
    """What a vertex does not take part in. Source: as above."""

    LOCK = 1  # it stays
    PROTECT = 2  # a permissive run keeps the seam it is on


@dataclass(frozen=True, eq=False)
class Mesh:
    """Triangles for the simplifier. Vertices at one position count as one with several sides."""

    indices: Indices  # (3 × triangles,)
    positions: Floats  # (vertices, 3)
    attributes: Floats  # (vertices, up to 32): what should change as little as the shape
    holds: NDArray[np.uint8] | None = None  # (vertices,) of Hold

    def __post_init__(self) -> None:
        count = len(self.positions)
        held = count if self.holds is None else len(self.holds)
        if len(self.indices) % 3 or not count == len(self.attributes) == held:
            raise ValueError("arrays of a mesh differ in length")
        if self.attributes.shape[1] > MOST_ATTRIBUTES:
            raise ValueError(f"at most {MOST_ATTRIBUTES} attributes")
        if len(self.indices) and int(self.indices.max()) >= count:
            raise ValueError("an index points past the last vertex")


def simplify(
    mesh: Mesh,
    weights: Sequence[float],
    triangles: int,
    *,
    flags: Flag = Flag.NONE,
    move: bool = True,
) -> Mesh:
    """At most `triangles`, or as few as the topology allows. Vertices keep their numbers.

    An attribute that is off by 1 counts like its weight × the model's longest side. With `move`,
    the vertices that are left move to where the error is least, their attributes along with them.
    Raises MissingProgram, and SimplifierFailed.
    """
    run = _Run()
    count, floats = len(mesh.positions), mesh.attributes.shape[1]
    indices = run.store(mesh.indices.astype(np.uint32))
    positions = run.store(mesh.positions.astype(np.float32))
    attributes = run.store(mesh.attributes.astype(np.float32))
    scale = run.store(np.asarray(weights, np.float32))
    holds = 0 if mesh.holds is None else run.store(mesh.holds.astype(np.uint8))
    target, size = min(triangles * 3, len(mesh.indices)), len(mesh.indices)
    shape = (positions, count, 12, attributes, 4 * floats, scale, floats, holds)
    limits = (target, float(np.finfo(np.float32).max), int(flags), run.reserve(4))
    if move:
        left = run.call("meshopt_simplifyWithUpdate", indices, size, *shape, *limits)
        place = indices
    else:
        place = run.reserve(4 * size)
        left = run.call("meshopt_simplifyWithAttributes", place, indices, size, *shape, *limits)
    return Mesh(
        run.load(place, left, np.uint32),
        run.load(positions, 3 * count, np.float32).reshape(count, 3),
        run.load(attributes, floats * count, np.float32).reshape(count, floats),
        mesh.holds,
    )


class _Run:
    """One instance of the module, with its memory."""

    def __init__(self) -> None:
        module = compiled()
        self._store = wasmtime.Store(module.engine)
        self._store.set_limits(memory_size=MOST_BYTES)
        self._exports: Any = wasmtime.Instance(self._store, module.module, []).exports(self._store)
        self.call("__wasm_call_ctors")

    def call(self, name: str, *arguments: float) -> int:
        try:
            return int(self._exports[name](self._store, *arguments) or 0)
        except (wasmtime.Trap, wasmtime.WasmtimeError) as error:
            raise SimplifierFailed(f"meshoptimizer's {name} stopped: {error}") from error

    def reserve(self, size: int) -> int:
        address = self.call("sbrk", -(-size // 16) * 16)
        if address < 0:  # sbrk's way to say no
            raise SimplifierFailed(f"meshoptimizer has no room for {size:,} more bytes")
        return address

    def store(self, array: NDArray[Any]) -> int:
        address = self.reserve(array.nbytes)
        self._memory()[address : address + array.nbytes] = array.reshape(-1).view(np.uint8)
        return address

    def load(self, address: int, count: int, dtype: type[np.generic]) -> NDArray[Any]:
        memory, size = self._memory(), count * np.dtype(dtype).itemsize
        if not 0 <= address <= address + size <= len(memory):
            raise SimplifierFailed("meshoptimizer answered with an address outside its memory")
        return memory[address : address + size].copy().view(dtype)

    def _memory(self) -> NDArray[np.uint8]:
        """A view for now: a later call may grow the memory, which moves it."""
        memory = self._exports["memory"]
        size = memory.data_len(self._store)
        address = ctypes.addressof(memory.data_ptr(self._store).contents)
        return np.frombuffer((ctypes.c_ubyte * size).from_address(address), np.uint8)


@dataclass(frozen=True)
class Compiled:
    engine: wasmtime.Engine
    module: wasmtime.Module


@cache
def compiled() -> Compiled:
    """The module as machine code, made once per process (0.1 s). Raises MissingProgram.

    Memory accesses are checked by code, not by guard pages: those take gigabytes of address space,
    which a confined child does not have.
    """
    config = wasmtime.Config()
    config.signals_based_traps = False
    config.memory_reservation = FIRST_BYTES
    config.memory_reservation_for_growth = FIRST_BYTES
    config.memory_guard_size = 0
    config.parallel_compilation = False
    engine = wasmtime.Engine(config)
    path = package("meshoptimizer") / "meshopt_simplifier.js"
    try:
        return Compiled(engine, wasmtime.Module(engine, unpack(path.read_text(encoding="utf-8"))))
    except (OSError, ValueError, wasmtime.WasmtimeError) as error:
        raise MissingProgram(f"meshoptimizer's simplifier cannot be used: {error}") from error


def unpack(script: str) -> bytes:
    """The WebAssembly module in the text of meshopt_simplifier.js. Raises ValueError.

    Letters stand for numbers below 62: below 60 a place in the table of frequent bytes, else the
    first of two digits of any byte. Source: `unpack` in that file.
    """
    text = re.search(r"var wasm =\s*'([^']+)'", script)
    table = re.search(r"wasmpack = new Uint8Array\(\[([\d,\s]*)\]", script)
    if text is None or table is None:
        raise ValueError("meshopt_simplifier.js has another form than expected")
    frequent = [int(number) for number in table[1].split(",") if number.strip()]
    digits = iter([c - 97 if c > 96 else c - 39 if c > 64 else c + 4 for c in text[1].encode()])
    try:
        return bytes(
            frequent[digit] if digit < 60 else (digit - 60) * 64 + next(digits) for digit in digits
        )
    except (IndexError, RuntimeError, ValueError) as error:
        raise ValueError("meshopt_simplifier.js is cut short") from error
