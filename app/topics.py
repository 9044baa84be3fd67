"""The table behind ``yuqing topics list``: each topic, who deals with it, and where its complaints belong."""

from __future__ import annotations

from collections.abc import Iterable

from domain.readings import Complaint, ComplaintClass, Topic

COLUMNS = ("代码", "主题", "条线", "部门", "投诉业务 B", "投诉原因 C", "投诉渠道 A", "把握", "说明")
NAMES = ("code", "label", "line", "department", "business", "reason", "channel", "sure", "note")
"""The columns in JSON."""
GUESS = "（存疑）"


def topics_table(topics: Iterable[Topic]) -> list[tuple[str, ...]]:
    """One row for each topic, in order."""
    return [
        (
            topic.code,
            topic.label,
            topic.line,
            topic.department,
            _told(topic.complaint.business),
            _told(topic.complaint.reason),
            _told(topic.complaint.channel),
            how_sure(topic.complaint),
            topic.complaint.note or "",
        )
        for topic in topics
    ]


def how_sure(complaint: Complaint) -> str:
    """Whether the classes of a topic are sure, in a word."""
    classes = (*complaint.business, *complaint.reason, *complaint.channel)
    if not classes:
        return "不对应" if complaint.note else "未填"
    if all(one.sure for one in classes):
        return "确定"
    return "部分存疑" if any(one.sure for one in classes) else "存疑"


def _told(classes: Iterable[ComplaintClass]) -> str:
    """Names with their numbers where those are known."""
    return "；".join(f"{one.code or ''} {one.name}{'' if one.sure else GUESS}".strip() for one in classes)
