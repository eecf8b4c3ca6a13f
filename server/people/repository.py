"""How accounts and keys are stored."""

import msgspec

from server.people.account import Account, ApiKey
from server.storage.port import Change, Delete, Doc, Exists, Index, Insert, Store

ACCOUNT = "account"
KEY = "api_key"
INDEXES: tuple[Index, ...] = ()


class People:
    """Accounts by login, keys by id."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def account(self, login: str) -> Account | None:
        doc = await self.store.get(ACCOUNT, login)
        return msgspec.convert(doc, Account) if doc else None

    async def put_account(self, account: Account) -> None:
        """Create, or replace what has the same login."""
        await self._put(ACCOUNT, account.id, msgspec.to_builtins(account))

    async def key(self, key_id: str) -> ApiKey | None:
        doc = await self.store.get(KEY, key_id)
        return msgspec.convert(doc, ApiKey) if doc else None

    async def put_key(self, key: ApiKey) -> None:
        """Create, or replace what has the same id."""
        await self._put(KEY, key.id, msgspec.to_builtins(key))

    async def keys(self) -> list[ApiKey]:
        """By id; a house has few."""
        page = await self.store.find(KEY, {}, limit=1000)
        return [msgspec.convert(doc, ApiKey) for doc in page.items]

    async def delete_key(self, key_id: str) -> None:
        await self.store.run(Delete(KEY, key_id))

    async def delete_account(self, login: str) -> None:
        await self.store.run(Delete(ACCOUNT, login))

    async def _put(self, kind: str, id: str, doc: Doc) -> None:
        try:
            await self.store.run(Insert(kind, id, doc))
        except Exists:
            await self.store.run(Change(kind, id, lambda _: doc))
