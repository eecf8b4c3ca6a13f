# cython: language_level=3, boundscheck=False, wraparound=False, binding=False
"""What happens for each pose, compiled: taken out of what a socket received, checked, kept, sent on.

Twins of `Places` (places.py), `Inlet` (inlet.py), `PoseProtocol` (intake.py), `packet` and
`put_all` (listener.py), which say what they do; tests hold each pair to the same answers. Bytes
come from strangers: each length is looked at before what lies behind it.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.dict cimport PyDict_GetItem
from cpython.object cimport PyObject
from libc.stdint cimport int32_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcmp, memcpy

from server.rooms import pose
from server.rooms.frames import POSE, Borders
from server.rooms.pose import BadPose, check

cdef extern from *:
    """
    #ifndef SOURCE_HASH
    #define SOURCE_HASH ""
    #endif
    """
    const char* SOURCE_HASH

SOURCE = SOURCE_HASH.decode()  # of the file that this was made of (compiled.py)

ctypedef const uint8_t* Octets

cdef enum:
    HEAD_BYTES = 13
    FULL_BYTES = 29
    BOTH = 3
    STILL_CODES = 2
    SETTLE_MS = 2000
    TEXT_BYTES = 42  # of the announcement
    SHORT_HEAD = 6  # bytes before the payload of a short masked frame
    PONG_BYTES = SHORT_HEAD + 1
    SECOND = SHORT_HEAD + TEXT_BYTES  # where the frame with the pose begins
    MASKED = 0x80
    WHOLE_TEXT = 0x81
    WHOLE_BINARY = 0x82

cdef bytes _POSE = POSE
cdef Octets TEXT = <Octets>PyBytes_AS_STRING(_POSE)
if (len(_POSE), pose.HEAD_BYTES, pose.FULL_BYTES, pose.BOTH, pose.STILL_CODES, pose.SETTLE_MS) != (
    TEXT_BYTES, HEAD_BYTES, FULL_BYTES, BOTH, STILL_CODES, SETTLE_MS
):
    raise ImportError("pose.py or frames.py count differently now: change native.pyx, too")


# ---- pose.py ----


cdef inline uint16_t u16(Octets at) noexcept nogil:
    return <uint16_t>(at[0] | at[1] << 8)


cdef inline uint32_t u32(Octets at) noexcept nogil:
    return <uint32_t>at[0] | <uint32_t>at[1] << 8 | <uint32_t>at[2] << 16 | <uint32_t>at[3] << 24


cdef inline bint near(uint32_t one, uint32_t other) noexcept nogil:
    cdef int shift
    cdef int32_t apart
    if one == other:
        return True
    if one >> 30 != other >> 30:
        return False
    for shift in range(0, 30, 10):
        apart = <int32_t>(one >> shift & 1023) - <int32_t>(other >> shift & 1023)
        if not -STILL_CODES <= apart <= STILL_CODES:
            return False
    return True


# ---- places.py ----


cdef class Places:
    cdef public dict latest
    cdef public dict moved
    cdef double x, y, z  # the deadband's codes

    def __init__(self, slack):
        self.latest = {}
        self.moved = {}
        self.x, self.y, self.z = slack

    def put(self, index, bytes data not None):
        self.latest[index] = self.moved[index] = bytes((index,)) + data

    def leave(self, index):
        self.latest.pop(index, None)
        self.moved.pop(index, None)

    def drain(self):
        cdef dict moved = self.moved
        self.moved = {}
        return moved

    def take(self, index, bytes data not None):
        return self.taken(index, <Octets>PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data)) == 2

    cdef int taken(self, object index, Octets pose, Py_ssize_t size) except -1:
        """0: it changes nothing; 1: it does; 2: the first that does since the last frame."""
        cdef PyObject* found
        cdef Octets before
        cdef bytes entry
        cdef bint first
        if index is None:
            return 0
        found = PyDict_GetItem(self.latest, index)
        if found is NULL:
            return 0
        if size < 1 or pose[0] > BOTH or size != (FULL_BYTES if pose[0] else HEAD_BYTES):
            check(PyBytes_FromStringAndSize(<const char*>pose, size))
        before = <Octets>PyBytes_AS_STRING(<object>found)  # index first, then a pose as checked
        if self.rests(before, pose, size):
            return 0
        entry = PyBytes_FromStringAndSize(NULL, size + 1)
        (<uint8_t*>PyBytes_AS_STRING(entry))[0] = before[0]
        memcpy(PyBytes_AS_STRING(entry) + 1, pose, size)
        first = not self.moved
        self.latest[index] = entry
        self.moved[index] = entry
        return 2 if first else 1

    cdef bint rests(self, Octets before, Octets pose, Py_ssize_t size) noexcept:
        cdef int at
        if (
            abs(<int>u16(pose + 3) - <int>u16(before + 4)) > self.x
            or abs(<int>u16(pose + 7) - <int>u16(before + 8)) > self.z
            or abs(<int>u16(pose + 5) - <int>u16(before + 6)) > self.y
            or before[1] != pose[0]
        ):
            return False
        if memcmp(before + 4, pose + 3, size - 3) == 0:
            return True
        for at in range(9, size, 4):  # the turn of the head, then the hands' places and turns
            if not near(u32(before + 1 + at), u32(pose + at)):
                return False
        return <uint16_t>(u16(pose + 1) - u16(before + 2)) < SETTLE_MS


# ---- inlet.py ----


cdef class Inlet:
    cdef public double allowed
    cdef Places places
    cdef object index
    cdef object owner

    def __init__(self, Places places not None, index, owner):
        self.allowed = 0.0
        self.places = places
        self.index = index
        self.owner = owner

    def __call__(self, bytes data not None):
        self.pour(<Octets>PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data))

    cdef int pour(self, Octets pose, Py_ssize_t size) except -1:
        self.allowed -= 1
        if self.allowed < 0:
            self.allowed = self.owner.more() - 1
            if self.allowed < 0:
                self.allowed = 0
                return 0
        try:
            if self.places.taken(self.index, pose, size) == 2:
                self.owner.first()
        except BadPose as error:
            self.owner.complain(error)
        return 0


# ---- intake.py ----


cdef inline void unmask(uint8_t* to, Octets masked, Py_ssize_t size) noexcept nogil:
    """The payload behind a mask (RFC 6455 section 5.3), eight bytes at a time."""
    cdef uint64_t mask, word
    cdef Octets payload = masked + 4
    cdef Py_ssize_t at = 0
    memcpy(&mask, masked, 4)
    memcpy(<uint8_t*>&mask + 4, masked, 4)
    while at + 8 <= size:
        memcpy(&word, payload + at, 8)
        word ^= mask
        memcpy(to + at, &word, 8)
        at += 8
    while at < size:
        to[at] = payload[at] ^ masked[at & 3]
        at += 1


cdef Py_ssize_t opened(Octets data, Py_ssize_t size, uint8_t* pose) noexcept nogil:
    """Bytes of the pose that these begin with, which is written without its mask; 0: none does."""
    cdef uint8_t[TEXT_BYTES] text
    cdef Py_ssize_t length
    if size < SECOND + SHORT_HEAD + HEAD_BYTES:
        return 0
    length = data[SECOND + 1] ^ MASKED
    if (
        (length != FULL_BYTES and length != HEAD_BYTES)
        or size < SECOND + SHORT_HEAD + length
        or data[0] != WHOLE_TEXT
        or data[1] != (MASKED | TEXT_BYTES)
        or data[SECOND] != WHOLE_BINARY
    ):
        return 0
    unmask(text, data + 2, TEXT_BYTES)
    if memcmp(text, TEXT, TEXT_BYTES) != 0:
        return 0
    unmask(pose, data + SECOND + 2, length)
    return length


cdef bint is_pong(Octets data, Py_ssize_t size) noexcept nogil:
    return (
        size >= PONG_BYTES
        and data[0] == WHOLE_TEXT
        and data[1] == (MASKED | 1)
        and data[2] ^ data[SHORT_HEAD] == 51  # "3", Engine.IO's pong
    )


cdef class PoseProtocol:
    cdef public object receiver
    cdef object beneath
    cdef object borders
    cdef bint between

    def __init__(self, beneath, receiver):
        self.beneath = beneath
        self.receiver = receiver
        self.borders = Borders()
        self.between = True

    def data_received(self, bytes data not None):
        cdef uint8_t[FULL_BYTES] pose
        cdef Octets start = <Octets>PyBytes_AS_STRING(data)
        cdef Py_ssize_t size = PyBytes_GET_SIZE(data), at = 0, length
        while self.between and at < size:
            length = opened(start + at, size - at, pose)
            if length == 0:
                if is_pong(start + at, size - at):
                    on_pong = self.receiver.on_pong
                    if on_pong is not None:
                        at += PONG_BYTES
                        on_pong()
                        continue
                break
            on_pose = self.receiver.on_pose
            if on_pose is None:
                break
            at += SECOND + SHORT_HEAD + length
            if type(on_pose) is Inlet:
                (<Inlet>on_pose).pour(pose, length)
            else:
                on_pose(PyBytes_FromStringAndSize(<const char*>pose, length))
        if at < size:
            self.pass_on(data[at:] if at else data)

    def pass_on(self, bytes data not None):
        self.borders.pass_(data)
        self.beneath.data_received(data)
        self.between = self.borders.between and not self.receiver.announced

    def eof_received(self):
        return self.beneath.eof_received()

    def pause_writing(self):
        self.receiver.clogged = True
        self.beneath.pause_writing()

    def resume_writing(self):
        self.receiver.clogged = False
        self.beneath.resume_writing()

    def connection_lost(self, exc):
        self.receiver.lost()
        self.beneath.connection_lost(exc)


# ---- listener.py ----


def packet(bytes announcement not None, uint32_t server_ms, entries):
    cdef Py_ssize_t size = 4, length = PyBytes_GET_SIZE(announcement)
    cdef list parts = list(entries)
    cdef uint8_t* at
    cdef bytes part, made
    for part in parts:
        size += PyBytes_GET_SIZE(part)
    if size > 65535:
        raise ValueError("a frame of a room is 255 avatars at most")
    made = PyBytes_FromStringAndSize(NULL, length + (2 if size < 126 else 4) + size)
    at = <uint8_t*>PyBytes_AS_STRING(made)
    memcpy(at, PyBytes_AS_STRING(announcement), length)
    at += length
    at[0] = WHOLE_BINARY
    if size < 126:
        at[1] = size
        at += 2
    else:
        at[1] = 126
        at[2] = size >> 8
        at[3] = size & 0xFF
        at += 4
    at[0] = server_ms & 0xFF
    at[1] = server_ms >> 8 & 0xFF
    at[2] = server_ms >> 16 & 0xFF
    at[3] = server_ms >> 24
    at += 4
    for part in parts:
        memcpy(at, PyBytes_AS_STRING(part), PyBytes_GET_SIZE(part))
        at += PyBytes_GET_SIZE(part)
    return made


def put_all(list listeners not None, own, bytes frame not None, nobody):
    cdef list others = []
    cdef bint full = PyBytes_GET_SIZE(frame) > 0
    cdef bint some_own = bool(own)
    for listener in listeners:
        wire = listener.wire
        if (
            listener.owed is not nobody
            or wire.queued
            or wire.clogged
            or (some_own and listener.avatar_id in own)
        ):
            others.append(listener)
        elif full:
            wire.put(frame)
    return others
