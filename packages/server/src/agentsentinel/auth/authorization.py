"""Authorization of endpoints: authentication, then scope, then body.

Each endpoint declares the scopes that may call it; one that does not fails when the application starts.

router = APIRouter(route_class=AuthorizedRoute)

@router.post("/agents")
@require_scopes(KeyScope.ADMIN)
async def register_agent(...): ...
"""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any, ParamSpec, Protocol, TypeVar

from fastapi import Depends, Request, Response
from fastapi.routing import APIRoute
from starlette.types import Scope

from agentsentinel.auth.authenticator import Authenticator
from agentsentinel.auth.csrf import cookie_token, require_own_page
from agentsentinel.auth.failed_attempts import FailedAttempts
from agentsentinel.auth.principal import Actor, KeyScope, Principal
from agentsentinel.auth.sessions import Sessions
from agentsentinel.errors import Forbidden, UnsupportedMedia
from agentsentinel.wire.head import read_head

P = ParamSpec("P")
R = TypeVar("R")
Handler = Callable[[Request], Coroutine[Any, Any, Response]]

_ALLOWED = "__allowed_scopes__"
EVERYBODY = tuple(KeyScope)
READERS = (KeyScope.ADMIN, KeyScope.READONLY)


def require_scopes(*scopes: KeyScope) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Declare the key scopes that may call an endpoint."""

    def declare(endpoint: Callable[P, R]) -> Callable[P, R]:
        setattr(endpoint, _ALLOWED, frozenset(scopes))
        return endpoint

    return declare


def allowed_scopes(endpoint: Callable[..., Any]) -> frozenset[KeyScope]:
    """Return the key scopes that may call this endpoint. Raises TypeError when it does not declare them."""
    scopes: frozenset[KeyScope] | None = getattr(endpoint, _ALLOWED, None)
    if scopes is None:
        raise TypeError(f"{endpoint.__module__}.{endpoint.__qualname__} declares no scopes: add @require_scopes(...)")
    return scopes


class AuthServices(Protocol):
    """The services that authentication needs, as the application provides them."""

    @property
    def authenticator(self) -> Authenticator:
        """Authenticator of API keys."""

    @property
    def sessions(self) -> Sessions:
        """Authenticator of signed-in browsers."""

    @property
    def failed_attempts(self) -> FailedAttempts:
        """Throttling of refused credentials, and the client address of a request."""


async def authenticate_request(services: AuthServices, scope: Scope) -> Principal:
    """Return the caller of a request: by the key in its header, else by the dashboard's cookie.

    The cookie counts only for requests from the dashboard's own page. Raises Unauthenticated, TooManyFailures, and
    Forbidden for a cookie that comes from another page, or with a change without the dashboard's header.
    """
    headers = scope["headers"]
    key = read_head(headers).key
    token = cookie_token(headers) if key is None else None
    if token is None:
        return await services.authenticator.authenticate(key, scope)
    principal = await services.sessions.authenticate(token, scope)
    require_own_page(scope)
    return principal


class AuthorizedRoute(APIRoute):
    """Route that authenticates and authorizes its caller before it reads the request's body."""

    def get_route_handler(self) -> Handler:
        """Return the route's handler behind the checks of key, scope and encoding."""
        handle = super().get_route_handler()
        scopes = allowed_scopes(self.endpoint)

        async def authorize(request: Request) -> Response:
            principal = await authenticate_request(request.app.state.platform, request.scope)
            if principal.scope not in scopes:
                raise Forbidden(f"A key of scope {principal.scope} may not do this")
            if request.headers.get("content-encoding", "identity") != "identity":
                raise UnsupportedMedia("Send the body as it is, without Content-Encoding")
            request.state.principal = principal
            return await self.respond(handle, request)

        return authorize

    async def respond(self, handle: Handler, request: Request) -> Response:
        """Read the body and call the endpoint, for a caller that may do so."""
        return await handle(request)


def _principal(request: Request) -> Principal:
    principal: Principal = request.state.principal
    return principal


CurrentPrincipal = Annotated[Principal, Depends(_principal)]
"""The authenticated caller of an authorized route."""


def _actor(request: Request) -> Actor:
    services: AuthServices = request.app.state.platform
    caller = _principal(request)
    return Actor(caller.key_id, caller.key_name, services.failed_attempts.address(request.scope))


CurrentActor = Annotated[Actor, Depends(_actor)]
"""The authenticated caller of an authorized route as the audit log records it: key, name and client address."""
