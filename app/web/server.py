"""The web server: the page behind the signed links of the mails. It decides nothing; `pipeline.acting` acts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from app.web.ticket_page import TicketDesk, problem_page
from domain.errors import ActionError, EvidenceError, TicketError, YuqingError

LONGEST_FORM = 16 * 1024
"""Bytes that one posted form may have."""

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self';"
    " frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}
"""Nothing is kept by proxies, loaded from elsewhere or told to the sites that a reader goes on to."""


KEPT_HEADERS = {
    **HEADERS,
    "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:",
}
"""A kept page is a stranger's: it runs nothing, loads nothing, and is none of our own pages to the browser."""


def make_app(desk: TicketDesk) -> Starlette:
    """The application. GET shows, POST acts: mail scanners that follow links change nothing."""

    async def show(request: Request) -> Response:
        page = await run_in_threadpool(desk.page, request.path_params["token"])
        return HTMLResponse(page, headers=HEADERS)

    async def act(request: Request) -> Response:
        token, form = request.path_params["token"], await _form(request)
        await run_in_threadpool(desk.act, token, form)
        return RedirectResponse(request.url.path, status_code=HTTPStatus.SEE_OTHER, headers=HEADERS)

    async def kept(request: Request) -> Response:
        source, _, post = request.query_params.get("post", "").partition(":")
        page = await run_in_threadpool(desk.kept, request.path_params["token"], source, post)
        kind = page.headers.get("content-type", "text/html")
        return Response(page.body, headers={**KEPT_HEADERS, "Content-Type": kind})

    async def health(request: Request) -> Response:  # noqa: ARG001
        return PlainTextResponse("ok")

    return Starlette(
        routes=[
            Route("/t/{token}", show, methods=["GET"]),
            Route("/t/{token}", act, methods=["POST"]),
            Route("/t/{token}/kept", kept, methods=["GET"]),
            Route("/healthz", health, methods=["GET"]),
        ],
        exception_handlers={
            TicketError: _refused(HTTPStatus.FORBIDDEN),
            ActionError: _refused(HTTPStatus.BAD_REQUEST),
            EvidenceError: _refused(HTTPStatus.NOT_FOUND),
            YuqingError: _refused(HTTPStatus.INTERNAL_SERVER_ERROR),
            HTTPException: _fault,
        },
    )


async def _form(request: Request) -> Mapping[str, str]:
    """The fields of a posted form; the last of a name counts. HTTPException where it is too long or no UTF-8."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_FORM:
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "填的内容太长了，请写短一些")
    try:
        fields = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=20)
    except ValueError as error:
        raise HTTPException(HTTPStatus.BAD_REQUEST, "填的内容读不出来，请返回重填") from error
    return {name: values[-1] for name, values in fields.items()}


def _refused(status: HTTPStatus) -> Callable[[Request, Exception], Response]:
    def answer(_request: Request, error: Exception) -> Response:
        return HTMLResponse(problem_page(str(error)), status, HEADERS)

    return answer


def _fault(_request: Request, error: Exception) -> Response:
    """What the framework refuses (no such page, a form too long), in the same words as the rest."""
    status = error.status_code if isinstance(error, HTTPException) else HTTPStatus.INTERNAL_SERVER_ERROR
    told = error.detail if isinstance(error, HTTPException) and status != HTTPStatus.NOT_FOUND else "没有这个页面"
    return HTMLResponse(problem_page(told), status, HEADERS)
