"""The store as the pipeline knows it: `pipeline.ports.Store`, met by five repositories over one database."""

from __future__ import annotations

from storage.database import open_database
from storage.incidents import IncidentRepository
from storage.ledger import LedgerRepository
from storage.outbox import OutboxRepository
from storage.posts import PostRepository
from storage.readings import ReadingRepository
from storage.search import search


class SqlStore(LedgerRepository, PostRepository, ReadingRepository, IncidentRepository, OutboxRepository):
    """Everything that is remembered, on SQLite or PostgreSQL. Each method is one transaction."""

    def search(self, wanted: str, limit: int) -> list[int]:
        """Keys of posts that contain ``wanted``, newest first (`storage.search`)."""
        return search(self._database, wanted, limit)

    def close(self) -> None:
        """Give back all connections."""
        self._database.close()


def open_store(url: str) -> SqlStore:
    """The store at ``url``, made or upgraded where needed; StoreError where it cannot be opened."""
    return SqlStore(open_database(url))
