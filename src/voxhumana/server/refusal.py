"""What the server says when it cannot do what was asked: the error body of OpenAI's API, whatever the cause.

    {"error": {"message": "one sentence", "type": "invalid_request_error", "param": "voice", "code": null}}

Source: platform.openai.com/docs/guides/error-codes; the official clients raise by status.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.websockets import WebSocket

from voxhumana.errors import UsageError, VoxError
from voxhumana.server.journal import LOG

KINDS = {
    401: "authentication_error",
    403: "permission_error",
    429: "rate_limit_error",
}
"""Status -> type, as OpenAI names them; others of 400 to 499 are `invalid_request_error`."""


class Fault(BaseModel):
    """What went wrong."""

    message: str
    """One sentence: what is wrong, and what to do."""
    type: str
    param: str | None = None
    """The field that is to blame."""
    code: str | None = None


class FaultBody(BaseModel):
    """The body of every answer of 400 and above."""

    error: Fault


class Refusal(Exception):  # noqa: N818  # it is the server's answer
    """Raised anywhere below a route; becomes an answer.

    Args:
        status: HTTP status.
        message: One sentence.
        param: The field that is to blame.
        code: A word for programs.
        retry_after_s: When to ask again.
    """

    def __init__(
        self,
        status: int,
        message: str,
        param: str | None = None,
        code: str | None = None,
        retry_after_s: int | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after_s = retry_after_s
        self.fault = Fault(message=message, type=kind(status), param=param, code=code)

    def answer(self) -> JSONResponse:
        """As HTTP."""
        headers: dict[str, str] = {}
        if self.status == HTTPStatus.UNAUTHORIZED:
            headers["WWW-Authenticate"] = "Bearer"
        if self.retry_after_s is not None:
            headers["Retry-After"] = str(self.retry_after_s)
        return JSONResponse({"error": self.fault.model_dump()}, self.status, headers)


def kind(status: int) -> str:
    """OpenAI's word for a status."""
    return KINDS.get(
        status, "server_error" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "invalid_request_error"
    )


def as_refusal(error: Exception) -> Refusal:
    """Any exception as an answer; what is not ours says nothing of its inside."""
    match error:
        case Refusal():
            return error
        case UsageError():
            return Refusal(400, str(error))
        case VoxError():
            return Refusal(503, str(error))
        case RequestValidationError():
            return _invalid(error)
        case HTTPException():
            return Refusal(error.status_code, _plain(error))
        case _:
            LOG.error("failed", exc_info=error)
            return Refusal(500, "Something failed in the server; its log says what.")


def install(app: FastAPI) -> None:
    """Let `app` answer every error so."""

    async def answer(asked: Request | WebSocket, error: Exception) -> JSONResponse:
        if isinstance(asked, WebSocket):
            raise error
        return as_refusal(error).answer()

    for caught in (Refusal, VoxError, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(caught, answer)


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """For a route's OpenAPI: these may come, besides those of any route."""
    every = (400, 401, 403, 413, 429, 500, 503)
    return {status: {"model": FaultBody} for status in sorted({*every, *statuses})}


def _invalid(error: RequestValidationError) -> Refusal:
    first = error.errors()[0]
    where = [str(part) for part in first["loc"] if part not in {"body", "query", "path", "header"}]
    name = ".".join(where) or None
    what = f"'{name}'" if name else "The request"
    return Refusal(
        400, f"{what} is not valid: {first['msg'].removeprefix('Value error, ').lower()}.", param=name
    )


def _plain(error: HTTPException) -> str:
    sentences = {
        404: "There is nothing at this address; /openapi.json lists what there is.",
        405: "This address does not take that method; /openapi.json lists what it takes.",
    }
    return sentences.get(error.status_code, f"{error.detail}.".replace("..", "."))
