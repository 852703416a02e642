"""Stripe's error answers: status, shape and whether the answer is remembered for an idempotency key.

Shapes after https://docs.stripe.com/api/errors. `executed` follows the documented rule that a request refused before
it started executing (unknown parameter, wrong key, conflict, limit) is not remembered for its key.
"""

from typing import Any

DOCS = "https://docs.stripe.com/error-codes"


class ApiError(Exception):
    """One refusal in Stripe's shape; raised anywhere below the API and turned into an answer in one place."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        executed: bool = True,
        headers: dict[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.kind = kind
        self.code = code
        self.param = param
        self.executed = executed
        self.headers = headers or {}
        self.more = more

    def body(self) -> dict[str, Any]:
        """The JSON body Stripe would send."""
        error: dict[str, Any] = {"type": self.kind, "message": self.message}
        if self.code is not None:
            error["code"] = self.code
            error["doc_url"] = f"{DOCS}/{self.code.replace('_', '-')}"
        if self.param is not None:
            error["param"] = self.param
        error.update({name: value for name, value in self.more.items() if value is not None})
        return {"error": error}


def invalid(message: str, *, param: str | None = None, code: str | None = None, **more: Any) -> ApiError:
    """400: the request was understood and cannot be done."""
    return ApiError(400, message, param=param, code=code, **more)


def malformed(message: str, *, param: str | None = None, code: str | None = None) -> ApiError:
    """400: the parameters themselves are wrong, so nothing was executed and no key remembers it."""
    return ApiError(400, message, param=param, code=code, executed=False)


def missing(kind: str, reference: str, *, param: str = "id", status: int = 404) -> ApiError:
    """404 for the object of the path, 400 for one named in a parameter: no such object."""
    return ApiError(status, f"No such {kind}: '{reference}'", code="resource_missing", param=param)


def unauthorized(message: str) -> ApiError:
    """401: no key, or not the stand-in's."""
    return ApiError(401, message, executed=False)


def unrecognized_url(method: str, path: str) -> ApiError:
    """404: an address Stripe has not, or the stand-in does not speak: it knows what the shop uses."""
    return ApiError(404, f"Unrecognized request URL ({method}: {path}).", executed=False)


def rate_limited() -> ApiError:
    """429: too many writes in one second."""
    return ApiError(
        429,
        "Request rate limit exceeded. Learn more about rate limits here https://docs.stripe.com/rate-limits.",
        code="rate_limit",
        executed=False,
        headers={"Stripe-Rate-Limited-Reason": "global-rate"},
    )


def lock_timeout() -> ApiError:
    """409: another request holds the object."""
    return ApiError(
        409,
        "This object cannot be accessed right now because another API request or Stripe process is currently "
        "accessing it. If you see this error intermittently, retry the request.",
        code="lock_timeout",
        executed=False,
    )


def broken(status: int = 500) -> ApiError:
    """5xx: Stripe itself failed; whether it acted is not said."""
    return ApiError(status, "An unknown error occurred.", kind="api_error")
