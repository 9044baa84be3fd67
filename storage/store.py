"""The store as the pipeline knows it: `pipeline.ports.Store`, met by its repositories over one database."""

from __future__ import annotations

from sqlalchemy import select

from domain.posts import Post
from storage.actions import ActionRepository
from storage.corrections import CorrectionRepository
from storage.database import open_database
from storage.deliveries import DeliveryRepository
from storage.evidence import EvidenceRepository
from storage.incidents import IncidentRepository
from storage.labels import LabelRepository
from storage.ledger import LedgerRepository
from storage.models import ModelRepository
from storage.outbox import OutboxRepository
from storage.pictures import PictureRepository
from storage.posts import PostRepository
from storage.readings import ReadingRepository
from storage.reviews import ReviewRepository
from storage.rows import POST_COLUMNS, post_of
from storage.schema import posts
from storage.search import search
from storage.second import SecondRepository
from storage.spread import SpreadRepository
from storage.visits import VisitRepository


class SqlStore(
    LedgerRepository,
    PostRepository,
    ReadingRepository,
    SecondRepository,
    IncidentRepository,
    CorrectionRepository,
    SpreadRepository,
    OutboxRepository,
    ActionRepository,
    DeliveryRepository,
    EvidenceRepository,
    VisitRepository,
    PictureRepository,
    LabelRepository,
    ModelRepository,
    ReviewRepository,
):
    """Everything that is remembered, on SQLite or PostgreSQL. Each method is one transaction."""

    def search(self, wanted: str, limit: int) -> list[Post]:
        """Posts that contain ``wanted``, newest first (`storage.search`)."""
        keys = search(self._database, wanted, limit)
        with self._database.read() as connection:
            rows = connection.execute(select(*POST_COLUMNS).where(posts.c.key.in_(keys))).all()
        found = {row.key: post_of(row) for row in rows}
        return [found[key] for key in keys]

    def close(self) -> None:
        """Give back all connections."""
        self._database.close()


def open_store(url: str) -> SqlStore:
    """The store at ``url``, made or upgraded where needed; StoreError where it cannot be opened."""
    return SqlStore(open_database(url))
