"""An upload in progress, and the tus protocol's words about it.

Source: tus resumable upload protocol 1.0.0 (https://tus.io/protocols/resumable-upload) with the
extensions creation, creation-with-upload, checksum, termination and expiration.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec

from server.errors import (
    BadRequest,
    Conflict,
    Gone,
    NotFound,
    PreconditionFailed,
    TooLarge,
    TooMany,
    Unprocessable,
    VitrineError,
)

VERSION: Final = "1.0.0"
EXTENSIONS: Final = "creation,creation-with-upload,checksum,termination,expiration"
ALGORITHMS: Final = ("sha1", "sha256")
MAX_METADATA: Final = 4096  # characters of the header


class BadUpload(BadRequest):
    type = "bad-upload"
    title = "This is not a tus request we understand"


class WrongTusVersion(PreconditionFailed):
    type = "wrong-tus-version"
    title = "This server speaks tus 1.0.0"
    detail = "Send the header Tus-Resumable: 1.0.0 (you sent {sent!r})."


class NoSuchUpload(NotFound):
    type = "unknown-upload"
    title = "No such upload"
    detail = "There is no upload {upload} of yours. Start a new one with POST /api/uploads."


class UploadExpired(Gone):
    type = "upload-expired"
    title = "This upload has expired"
    detail = "Upload {upload} was kept until {expired_at}. Start a new one with POST /api/uploads."


class WrongOffset(Conflict):
    type = "wrong-offset"
    title = "The upload is at another offset"
    detail = "You sent offset {sent}; {offset} bytes of upload {upload} are here. Go on from there."


class UploadBusy(Conflict):
    status = 423
    type = "upload-busy"
    title = "This upload is being written to"
    detail = "Another request sends bytes of upload {upload}. Try again in a moment."


class UploadTooLarge(TooLarge):
    type = "upload-too-large"
    title = "This model is too large"
    detail = "It has {length} bytes, the limit is {limit_bytes}."


class MoreThanAnnounced(TooLarge):
    type = "more-than-announced"
    title = "More bytes than the upload announced"
    detail = "Upload {upload} has room for {room} more bytes of {length}."


class TooManyUploads(TooMany):
    type = "too-many-uploads"
    title = "Too many unfinished uploads"
    detail = "You have {limit} of them. Finish or delete one: DELETE /api/uploads/(id)."


class WrongChecksum(VitrineError):
    status = 460  # the number the tus protocol gives it
    type = "wrong-checksum"
    title = "The bytes do not match their checksum"
    detail = "They have been discarded; send them again from offset {offset}."


class UploadInterrupted(BadRequest):
    type = "upload-interrupted"
    title = "The connection broke in the middle"
    detail = "What arrived of upload {upload} is kept. Ask with HEAD for the offset and go on."


class UnknownProduct(Unprocessable):
    type = "unknown-product"
    title = "No such product"
    detail = "There is no product {sku}. Create it first, or upload without `sku`."


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an upload; how far it has come is the size of its partial file."""

    id: str
    person: str
    filename: str
    sku: str | None
    length: int  # bytes
    metadata: str  # the header as it was sent
    asset: str  # id of the asset it becomes
    created_at: datetime
    expires_at: datetime
    done: bool = False
    sha256: str | None = None  # known when done


class UploadView(msgspec.Struct, frozen=True):
    """An upload as its owner sees it."""

    id: str
    filename: str
    sku: str | None
    offset: int
    length: int
    done: bool
    asset: str | None
    sha256: str | None
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Checksum:
    algorithm: str
    digest: bytes


def room(upload: Upload, sent: int, offset: int, announced: int | None) -> int:
    """How many bytes a PATCH may bring that starts at `sent`, when `offset` bytes are here.

    `announced` is its Content-Length, None when it doesn't say.
    Raises WrongOffset, MoreThanAnnounced.
    """
    if sent != offset:
        raise WrongOffset(upload=upload.id, sent=sent, offset=offset)
    left = upload.length - offset
    if announced is not None and announced > left:
        raise MoreThanAnnounced(upload=upload.id, room=left, length=upload.length)
    return left


def view(upload: Upload, offset: int) -> UploadView:
    return UploadView(
        id=upload.id,
        filename=upload.filename,
        sku=upload.sku,
        offset=offset,
        length=upload.length,
        done=upload.done,
        asset=upload.asset if upload.done else None,
        sha256=upload.sha256,
        expires_at=upload.expires_at,
    )


def read_number(name: str, text: str | None) -> int:
    """A header that must be a whole number. Raises BadUpload."""
    if text is None or not re.fullmatch(r"[0-9]{1,15}", text):
        raise BadUpload(reason=f"{name} must be a number of bytes, not {_shown(text)}.")
    return int(text)


def read_length(text: str | None, limit: int) -> int:
    """Upload-Length. Raises BadUpload, UploadTooLarge."""
    length = read_number("Upload-Length", text)
    if length == 0:
        raise BadUpload(reason="Upload-Length is 0: there is no model without bytes.")
    if length > limit:
        raise UploadTooLarge(length=length, limit_bytes=limit)
    return length


def read_metadata(text: str | None) -> dict[str, str]:
    """Upload-Metadata: `key base64,key base64,…` with UTF-8 inside. Raises BadUpload."""
    if not text:
        return {}
    if len(text) > MAX_METADATA:
        raise BadUpload(reason=f"Upload-Metadata is longer than {MAX_METADATA} characters.")
    found: dict[str, str] = {}
    for pair in text.split(","):
        key, _, value = pair.strip().partition(" ")
        if not key or key in found:
            raise BadUpload(reason=f"Upload-Metadata has an empty or repeated key {_shown(key)}.")
        try:
            found[key] = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError, ValueError) as error:
            raise BadUpload(
                reason=f"Upload-Metadata: the value of {_shown(key)} is not UTF-8 in base64."
            ) from error
    return found


def read_checksum(text: str | None) -> Checksum | None:
    """Upload-Checksum: `algorithm base64`. Raises BadUpload."""
    if text is None:
        return None
    algorithm, _, digest = text.partition(" ")
    if algorithm not in ALGORITHMS:
        raise BadUpload(
            reason=f"Upload-Checksum: {_shown(algorithm)} is none of {', '.join(ALGORITHMS)}."
        )
    try:
        return Checksum(algorithm, base64.b64decode(digest, validate=True))
    except (binascii.Error, ValueError) as error:
        raise BadUpload(reason="Upload-Checksum: the digest is not base64.") from error


def _shown(text: str | None) -> str:
    return "absent" if text is None else repr(text[:40])
