"""The town's short videos: comment interfaces in the shapes of the Douyin Open Platform and of Kuaishou's web pages."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from demo.httpd import Request, Response, serving
from demo.town import Comment, Video

KUAISHOU_PAGE, KUAISHOU_REPLIES = 20, 10
NO_MORE = "no_more"

Hook = Callable[[Request], Response | None]
"""Asked before every answer; what it returns is sent instead. Tests put faults in here."""


@contextmanager
def serve_comments(videos: Sequence[Video], hook: Hook | None = None) -> Iterator[str]:
    """Serve the comments of all videos; yields the base URL. The sequence is read anew for every request."""

    def answer(request: Request) -> Response:
        instead = hook(request) if hook else None
        if instead:
            return instead
        page = _PAGES.get((request.method, request.path))
        return json_response(page(videos, request)) if page else Response(404, b"Not Found", "text/plain")

    with serving(answer) as base:
        yield base


def json_response(data: Any, status: int = 200) -> Response:
    """An answer in JSON."""
    return Response(status, json.dumps(data, ensure_ascii=False).encode(), "application/json; charset=utf-8")


def douyin_error(code: int, description: str) -> dict[str, Any]:
    """Douyin's envelope of an error, which comes with HTTP 200."""
    return {
        "data": {"error_code": code, "description": description},
        "extra": {"error_code": code, "description": description, "logid": "20260310080000", "now": 1773100800},
    }


def _douyin_comments(videos: Sequence[Video], request: Request) -> dict[str, Any]:
    video = _find(videos, "douyin", request.first("item_id"))
    if video is None:
        return douyin_error(2100005, "参数不合法")
    newest_first = sorted(_roots(video), key=lambda comment: (comment.at, comment.id), reverse=True)
    return _douyin_page([_douyin_comment(video, comment) for comment in newest_first], request)


def _douyin_replies(videos: Sequence[Video], request: Request) -> dict[str, Any]:
    video = _find(videos, "douyin", request.first("item_id"))
    if video is None:
        return douyin_error(2100005, "参数不合法")
    replies = _below(video, request.first("comment_id"))
    return _douyin_page([_douyin_comment(video, reply) for reply in replies], request)


def _douyin_videos(videos: Sequence[Video], request: Request) -> dict[str, Any]:
    shown = [
        {
            "item_id": video.id,
            "title": video.caption,
            "cover": "https://video.example/cover.jpg",
            "create_time": int(video.at.timestamp()),
            "is_reviewed": True,
            "is_top": False,
            "share_url": video.url,
            "statistics": {"comment_count": len(video.comments)},
        }
        for video in videos
        if video.platform == "douyin"
    ]
    return _douyin_page(shown, request)


def _douyin_page(items: Sequence[Mapping[str, Any]], request: Request) -> dict[str, Any]:
    start, size = int(request.first("cursor", "0")), int(request.first("count", "20"))
    stop = start + size
    good = {"error_code": 0, "description": ""}
    data = {**good, "cursor": min(stop, len(items)), "has_more": stop < len(items), "list": list(items[start:stop])}
    return {"data": data, "extra": {**good, "logid": "20260310080000", "now": 1773100800}}


def _douyin_comment(video: Video, comment: Comment) -> dict[str, Any]:
    return {
        "comment_id": comment.id,
        "comment_user_id": comment.user_id,
        "content": comment.text,
        "create_time": int(comment.at.timestamp()),
        "digg_count": comment.likes,
        "reply_comment_total": len(_below(video, comment.id)),
        "top": False,
    }


def _kuaishou_comments(videos: Sequence[Video], request: Request) -> dict[str, Any]:
    asked = json.loads(request.body)
    video = _find(videos, "kuaishou", str(asked["photoId"]))
    if video is None:
        return {"result": 50, "error_msg": "作品不存在"}
    shown = [_kuaishou_comment(video, comment) for comment in _roots(video)]
    page, cursor = _kuaishou_page(shown, asked["pcursor"], KUAISHOU_PAGE)
    return {"result": 1, "commentCountV2": len(video.comments), "pcursorV2": cursor, "rootCommentsV2": page}


def _kuaishou_replies(videos: Sequence[Video], request: Request) -> dict[str, Any]:
    asked = json.loads(request.body)
    video = _find(videos, "kuaishou", str(asked["photoId"]))
    if video is None:
        return {"result": 50, "error_msg": "作品不存在"}
    shown = [_kuaishou_comment(video, reply) for reply in _below(video, str(asked["rootCommentId"]))]
    page, cursor = _kuaishou_page(shown, asked["pcursor"], KUAISHOU_REPLIES)
    return {"result": 1, "pcursorV2": cursor, "subCommentsV2": page}


def _kuaishou_page(items: Sequence[Mapping[str, Any]], pcursor: str, size: int) -> tuple[list[Mapping[str, Any]], str]:
    start = int(pcursor or 0)
    stop = start + size
    return list(items[start:stop]), str(stop) if stop < len(items) else NO_MORE


def _kuaishou_comment(video: Video, comment: Comment) -> dict[str, Any]:
    return {
        "comment_id": int(comment.id) if comment.id.isdigit() else comment.id,
        "author_id": comment.user_id,
        "author_name": comment.nickname,
        "content": comment.text,
        "timestamp": int(comment.at.timestamp() * 1000),
        "likeCount": comment.likes,
        "commentCount": len(_below(video, comment.id)),
    }


def _find(videos: Sequence[Video], platform: str, number: str) -> Video | None:
    return next((video for video in videos if (video.platform, video.id) == (platform, number)), None)


def _roots(video: Video) -> list[Comment]:
    return [comment for comment in video.comments if comment.reply_to is None]


def _below(video: Video, root: str) -> list[Comment]:
    """Replies to ``root`` and to its replies: both platforms show them in one list."""
    family = {root}
    found = []
    for comment in sorted(video.comments, key=lambda comment: comment.at):
        if comment.reply_to in family:
            family.add(comment.id)
            found.append(comment)
    return found


_PAGES: dict[tuple[str, str], Callable[[Sequence[Video], Request], dict[str, Any]]] = {
    ("GET", "/api/apps/v1/item/list_comment/"): _douyin_comments,
    ("GET", "/api/apps/v1/item/list_comment_reply/"): _douyin_replies,
    ("GET", "/video/list/"): _douyin_videos,
    ("POST", "/rest/v/photo/comment/list"): _kuaishou_comments,
    ("POST", "/rest/v/photo/comment/sublist"): _kuaishou_replies,
}
