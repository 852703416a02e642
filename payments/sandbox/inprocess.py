"""The stand-in behind the SDK in one process, without sockets: for the simulation and for fast tests."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import stripe

from payments.sandbox.application import StandIn
from payments.sandbox.uploads import MULTIPART, taken_apart
from payments.sandbox.wire import Dropped, Request

ORIGIN = "https://api.stripe.com"


class InProcessClient(stripe.HTTPClient):
    """`stripe.StripeClient(key, http_client=InProcessClient(standin))`: a dropped answer becomes a connection error."""

    name = "in-process"

    def __init__(self, standin: StandIn) -> None:
        super().__init__()
        self._standin = standin

    def request(
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None, **_: Any
    ) -> tuple[str, int, Mapping[str, str]]:
        """Answer one request of the SDK."""
        parts = urlsplit(url)
        named = {name.lower(): value for name, value in (headers or {}).items()}
        kind = named.get("content-type", "")
        body, upload = taken_apart(kind, post_data) if kind.startswith(MULTIPART) else (post_data or "", None)
        request = Request(
            method=method.upper(),
            path=parts.path,
            query=parts.query,
            headers=named,
            body=body,
            origin=self._standin.world.settings.public_url or f"{parts.scheme}://{parts.netloc}",
            upload=upload,
        )
        try:
            response = self._standin.answer(request)
        except Dropped as error:
            raise stripe.APIConnectionError(  # type: ignore[no-untyped-call]
                "The stand-in closed the connection.", should_retry=True
            ) from error
        lower = {name.lower(): value for name, value in response.headers.items()}
        return response.body.decode(), response.status, lower

    def close(self) -> None:
        """Nothing to close."""
