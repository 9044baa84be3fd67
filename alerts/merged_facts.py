"""What the readers of a merged incident are told, as plain words for the templates. Pure; nothing here is mark-up."""

from __future__ import annotations

from datetime import datetime

from alerts.source_facts import SourceFacts, SourceRow
from alerts.wording import clean, moment
from domain.incidents import Incident


def merged_facts(gone: Incident, kept: Incident, by: str, reason: str, at: datetime) -> SourceFacts:
    """An incident was merged into another: where it goes on, who decided so, and why."""
    rows = (
        ("并入", f"{kept.id}《{clean(kept.title)}》"),
        ("何人", clean(by)),
        ("理由", clean(reason)),
        ("撤销", "yuqing incidents undo；编号见 yuqing incidents corrections"),
    )
    return SourceFacts(
        level="none",
        heading=f"《{clean(gone.title)}》已并入另一起事件",
        lead="两起是同一件事。以后的情况只在并入的那一起里通报。",
        rows=(SourceRow(gone.id, rows),),
        tail="这是这起事件的最后一封邮件。",
        at=moment(at),
        room="合并",
    )
