"""The storage port: few verbs over JSON documents, the same on every engine.

There is no transaction over several documents: a standalone MongoDB has none to offer. `run`
applies its operations in order and stops at the first failure; what came before stays. Flows that
touch several documents are sagas with one commit point.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Doc = dict[str, Any]  # read-only by contract: one object may be handed to many callers


class StorageError(Exception):
    """Base of what the port raises."""


class Exists(StorageError):
    """Insert found a document with that id."""


class Missing(StorageError):
    """Change found no document with that id."""


class Unknown(StorageError):
    """The commit or the network failed: read again. Every operation must be idempotent."""


class Unavailable(StorageError):
    """The engine is away and nothing of this call happened: it may be tried again."""


class InUse(StorageError):
    """Another process has the file open: two servers on one folder would each hold half a truth."""


class Closed(StorageError):
    """The store has been closed."""


@dataclass(frozen=True, slots=True)
class Insert:
    """Create a document. Raises Exists."""

    kind: str
    id: str
    doc: Doc


@dataclass(frozen=True, slots=True)
class Change:
    """Apply a pure function to one document, atomically. Raises Missing.

    `fn` may run more than once. When it raises, nothing is written and the exception reaches the
    caller of `run`; when it returns the very same object, nothing is written either.
    """

    kind: str
    id: str
    fn: Callable[[Doc], Doc]


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove a document; removing what is not there is no error."""

    kind: str
    id: str


Op = Insert | Change | Delete


@dataclass(frozen=True, slots=True)
class Index:
    """A top-level field of a kind that `find` may filter or order by."""

    kind: str
    field: str


@dataclass(frozen=True, slots=True)
class Page:
    """A slice of a listing; `next` is the cursor to pass as `after`, None at the end."""

    items: Sequence[Doc]
    next: str | None


@dataclass(frozen=True, slots=True)
class Document:
    """One of all, with where it belongs."""

    kind: str
    id: str
    doc: Doc


class Store(Protocol):
    """What every engine offers."""

    async def get(self, kind: str, id: str) -> Doc | None:
        """The document, or None. Raises Unavailable."""
        ...

    async def find(
        self,
        kind: str,
        where: Mapping[str, Any],
        *,
        order: str | None = None,
        limit: int = 100,
        after: str | None = None,
    ) -> Page:
        """Documents whose declared fields equal `where`.

        Ascending by the declared field `order` (ties by id), or by id. Documents that lack the
        `order` field are left out. `after` is a former page's `next`.
        Raises ValueError for a field that no Index declares, or a cursor that is not ours;
        Unavailable.
        """
        ...

    async def run(self, *ops: Op) -> list[Doc | None]:
        """Apply the operations in order; durable on return.

        Answers the document after each operation (None for Delete). Stops at the first failure
        and raises it; what came before stays; nothing is ever rolled back.
        Raises Exists, Missing, Unknown, whatever a Change's function raised, or Unavailable: the
        operation it stopped at did not happen.
        """
        ...

    def documents(self) -> AsyncIterator[Document]:
        """Every document, by kind and id: for backups, and for moving to another engine.

        Embedded: as of one moment, whatever is written meanwhile. MongoDB: each as of when it is
        read. Raises Unavailable.
        """
        ...

    async def close(self) -> None:
        """Finish what was accepted, then let go of files and connections."""
        ...
