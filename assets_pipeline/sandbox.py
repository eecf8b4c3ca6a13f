"""What the kernel forbids a child that works on a stranger's file. Linux only; elsewhere nothing.

Landlock (Linux 5.13) leaves it the system's own files, its input and its own folders; from 6.7 it
refuses TCP too. A seccomp filter refuses every socket but Unix ones and keeps the child, and all
it starts, in its process group, so that killing the group leaves nobody. What a kernel lacks is
left out: the limits on memory and time hold without it.

Sources: linux/landlock.h, linux/seccomp.h, linux/filter.h, linux/audit.h.
"""

import ctypes
import errno
import os
import platform
import shutil
import struct
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

NO_NEW_PRIVILEGES, SET_SECCOMP, FILTER = 38, 22, 2  # prctl's numbers
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # alike on every architecture
TELL_VERSION, PATH_BENEATH = 1, 1
RUN, WRITE, READ, LIST = 1 << 0, 1 << 1, 1 << 2, 1 << 3
TRUNCATE, DEVICES = 1 << 14, 1 << 15
FOR_FILES = RUN | WRITE | READ | TRUNCATE | DEVICES  # the rest makes sense for folders only
HANDLED = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}  # by version
TCP = 0b11  # to bind and to connect
SIGNALS = 0b10  # to processes outside
TCP_SINCE, SIGNALS_SINCE = 4, 6

# Programs, libraries and what they look up: nothing in here is anybody's own.
SYSTEM = (
    "/usr", "/lib", "/lib64", "/bin", "/sbin", "/opt", "/nix/store", "/sys",
    "/proc/self", "/proc/cpuinfo", "/proc/filesystems", "/proc/meminfo", "/proc/stat",
    "/proc/sys", "/proc/version", "/etc/alternatives", "/etc/fonts", "/etc/glvnd",
    "/etc/ld.so.cache", "/etc/localtime", "/etc/nsswitch.conf", "/etc/passwd",
    "/etc/ssl/openssl.cnf", "/dev/urandom", "/dev/random",
)  # fmt: skip
DEVICES_WRITTEN = ("/dev/null", "/dev/zero")
PROGRAMS = ("basisu", "node")
PACKAGES = ("site-packages", "dist-packages")

# Architecture as audit names it, then the numbers of setsid, setpgid and socket.
CALLS = {"x86_64": (0xC000003E, 112, 109, 41), "aarch64": (0xC00000B7, 157, 154, 198)}
SET_UP_RING = 425  # io_uring opens sockets that no filter sees
FOREIGN_CALLS = 0x40000000  # x32's numbers on x86_64


@dataclass(frozen=True)
class Paths:
    """Files and folders, with all below, that a child may read, and those it may change."""

    read: tuple[Path, ...] = ()
    write: tuple[Path, ...] = ()


def restrict(paths: Paths | None) -> None:
    """Shut this process, and all that it starts, in. Cannot be undone. None leaves all paths."""
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    if paths is not None and (version := landlock_version()):
        _allow_only(libc, paths, version)
    _filter_calls(libc)


@cache
def landlock_version() -> int:
    """0 where the kernel has none, or has it switched off."""
    if sys.platform != "linux":
        return 0
    version: int = ctypes.CDLL(None).syscall(CREATE_RULESET, None, 0, TELL_VERSION)
    return max(0, version)


@cache
def system_paths() -> tuple[Path, ...]:
    """What every child may read: the system, Python with its packages, and our programs.

    Not the folder that Python was started in, so a step that imports from there has to do it at
    its top. Found once, in the parent: looking costs more than forking.
    """
    packages = [entry for entry in sys.path if Path(entry).name in PACKAGES]
    python = [sys.prefix, sys.base_prefix, str(Path(__file__).parent), *packages]
    programs = [found for name in PROGRAMS if (found := shutil.which(name))]
    if encoder := os.environ.get("VITRINE_BASISU"):
        programs.append(encoder)
    files = [Path(program).resolve() for program in programs]
    folders = [*(Path(entry).resolve() for entry in python), *(f.parent.parent for f in files)]
    home = Path.home().resolve()
    kept = [path for path in folders if not home.is_relative_to(path)]  # ~/bin/node
    return (*map(Path, SYSTEM), *files, *dict.fromkeys(kept))


def _allow_only(libc: ctypes.CDLL, paths: Paths, version: int) -> None:
    handled = HANDLED[max(v for v in HANDLED if v <= version)]
    fields = [handled]
    if version >= TCP_SINCE:
        fields.append(TCP)
    if version >= SIGNALS_SINCE:
        fields.append(SIGNALS)
    wanted = struct.pack(f"={len(fields)}Q", *fields)
    rules = libc.syscall(CREATE_RULESET, wanted, len(wanted), 0)
    if rules < 0:
        return
    try:
        reading = RUN | READ | LIST
        _allow(libc, rules, reading & handled, (*system_paths(), *paths.read))
        _allow(libc, rules, handled & ~RUN, (*map(Path, DEVICES_WRITTEN), *paths.write))
        libc.syscall(RESTRICT_SELF, rules, 0)
    finally:
        os.close(rules)


def _allow(libc: ctypes.CDLL, rules: int, access: int, paths: Iterable[Path]) -> None:
    for path in paths:
        with suppress(OSError):  # not on this machine
            place = os.open(path, os.O_PATH | os.O_CLOEXEC)
            try:
                of_it = access if path.is_dir() else access & FOR_FILES
                rule = struct.pack("=Qi", of_it, place)
                libc.syscall(ADD_RULE, rules, PATH_BENEATH, rule, 0)
            finally:
                os.close(place)


def _filter_calls(libc: ctypes.CDLL) -> None:
    if platform.machine() not in CALLS:
        return
    program = _program(*CALLS[platform.machine()])
    code = ctypes.create_string_buffer(program)
    # struct sock_fprog: a count of instructions, padding, and where they are
    where = struct.pack("H6xP", len(program) // 8, ctypes.addressof(code))
    libc.prctl(SET_SECCOMP, FILTER, where, 0, 0)


def _program(architecture: int, setsid: int, setpgid: int, socket: int) -> bytes:
    """BPF, 8 bytes an instruction: (code, jump if true, jump if not, constant)."""
    load, equal, at_least, end = 0x20, 0x15, 0x35, 0x06
    number, machine, first = 0, 4, 16  # offsets in struct seccomp_data
    allowed, refused = 0x7FFF0000, 0x00050000  # the latter with an errno
    unix = 1
    steps = (
        (load, 0, 0, machine),
        (equal, 0, 8, architecture),
        (load, 0, 0, number),
        (at_least, 6, 0, FOREIGN_CALLS),
        (equal, 5, 0, setsid),
        (equal, 4, 0, setpgid),
        (equal, 4, 0, SET_UP_RING),
        (equal, 0, 4, socket),
        (load, 0, 0, first),
        (equal, 2, 0, unix),
        (end, 0, 0, refused | errno.EPERM),
        (end, 0, 0, refused | errno.ENOSYS),
        (end, 0, 0, allowed),
    )
    return b"".join(struct.pack("=HBBI", *step) for step in steps)
