"""Addresses and parameter types of Stripe's API, asked from the SDK's services themselves.

A service method is called with a probe in place of its network; what it would have sent tells method and path, its
annotation tells the request type. So the stand-in has no address or parameter that the pinned SDK does not have.
"""

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from stripe._stripe_service import StripeService

from payments.sandbox.parameters import Shape, shape_of

_MARK = "0ID0"


@dataclass(frozen=True)
class Endpoint:
    """One address: method, pattern with a group per id, and the shape of its parameters."""

    method: str
    path: str
    pattern: re.Pattern[str]
    shape: Shape


class _Probe:
    """Stands where the SDK keeps its requestor and notes the request instead of sending it."""

    def request(self, method: str, url: str, *_: Any, **__: Any) -> None:
        self.method, self.url = method.upper(), url


def endpoint(service: type[StripeService], verb: str) -> Endpoint:
    """The address and parameters of `service.verb`, e.g. `endpoint(CustomerService, "create")`."""
    method: Callable[..., Any] = getattr(service, verb)
    arguments = inspect.signature(method).parameters
    ids = [_MARK for name in arguments if name not in ("self", "params", "options")]
    probe = _Probe()
    method(service(probe), *ids, params=None)
    pattern = re.compile(re.escape(probe.url).replace(_MARK, "([^/]+)") + r"\Z")
    path = probe.url.replace(_MARK, "{id}")
    return Endpoint(probe.method, path, pattern, shape_of(_params_type(service, arguments["params"])))


def _params_type(service: type[StripeService], parameter: inspect.Parameter) -> Any:
    """The TypedDict named in the annotation; the SDK imports it for type checkers only, so it is looked up here."""
    name = re.findall(r"\w+Params", str(parameter.annotation))[-1]
    package = service.__module__.rpartition(".")[0].removeprefix("stripe").lstrip(".")
    return getattr(import_module(".".join(filter(None, ["stripe.params", package]))), name)
