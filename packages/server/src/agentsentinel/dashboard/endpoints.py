"""The dashboard's page and assets. They need no key, since they contain only code; all data is under /api/v1."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from agentsentinel.dashboard.files import PAGE, File, page_below
from agentsentinel.errors import NotFound
from agentsentinel.wire.problems import problem_response

router = APIRouter(include_in_schema=False)

PAGES = (
    "/",
    "/sign-in",
    "/agents",
    "/agents/{agent_id}",
    "/overview",
    "/sessions/{session_id}",
    "/findings",
    "/findings/{finding_id}",
    "/events",
    "/capabilities",
    "/keys",
    "/audit",
    "/register",
    "/settings",
)
"""Addresses of the dashboard; each is answered with the same page, whose router reads the address."""
FOR_PROGRAMS = ("/api/", "/v1/", "/assets/")
"""Prefixes of addresses for programs, where unknown ones get a problem document instead of the page."""
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'"
    "; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
FOREVER = "public, max-age=31536000, immutable"
"""Cache-Control of assets, whose names contain the hash of their content."""
HOW_TO_BUILD = (
    "This server was installed without its dashboard. In a checkout, `make up` builds it; or run `npm ci` and"
    " `npm run build` in ui/ and start again. The API under /api/v1 works without it."
)
NOT_BUILT = f"""<!doctype html><html lang="en"><meta charset="utf-8"><title>AgentSentinel</title>
<h1>The dashboard is not built</h1><p>{HOW_TO_BUILD}</p></html>"""


async def show_page(request: Request) -> Response:
    """Return the dashboard's page, or instructions to build it."""
    page = _files(request).get(PAGE)
    if page is not None:
        return _send(request, _page_at(request, page), "no-cache")
    if "text/html" in request.headers.get("accept", ""):
        return HTMLResponse(NOT_BUILT, 503, SECURITY_HEADERS)
    return problem_response(503, HOW_TO_BUILD)


for path in PAGES:
    router.add_api_route(path, show_page, methods=["GET"])


@router.get("/assets/{name}")
async def get_asset(name: str, request: Request) -> Response:
    """Return an asset of the dashboard: code, styles or fonts."""
    return _send(request, _find(request, f"assets/{name}"), FOREVER)


@router.get("/favicon.svg")
async def get_icon(request: Request) -> Response:
    """Return the icon for the browser's tab."""
    return _send(request, _find(request, "favicon.svg"), "no-cache")


def or_the_page(not_found: ASGIApp) -> ASGIApp:
    """Wrap the 404 handler: browsers get the dashboard's page, which says that nothing is there, programs a problem.

    A catch-all route cannot do this: it would turn the 405 of other routes into 404, and the other way round.
    """

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        page = _page_for_people(Request(scope)) if scope["type"] == "http" else None
        await (page or not_found)(scope, receive, send)

    return answer


def _page_for_people(request: Request) -> Response | None:
    page = _files(request).get(PAGE)
    wants_page = request.method in {"GET", "HEAD"} and "text/html" in request.headers.get("accept", "")
    if page is None or not wants_page or request.url.path.startswith(FOR_PROGRAMS):
        return None
    return _send(request, _page_at(request, page), "no-cache", status_code=404)


def _page_at(request: Request, page: File) -> File:
    """Return the page with asset paths relative to its own, so that it works below any prefix that a proxy strips."""
    return page_below(page, request.url.path.count("/") - 1)


def _files(request: Request) -> dict[str, File]:
    files: dict[str, File] = request.app.state.dashboard
    return files


def _find(request: Request, path: str) -> File:
    file = _files(request).get(path)
    if file is None:
        raise NotFound("The dashboard has no such file; reload the page")
    return file


def _send(request: Request, file: File, cache_control: str, status_code: int = 200) -> Response:
    headers = {**SECURITY_HEADERS, "Cache-Control": cache_control, "Vary": "Accept-Encoding"}
    if file.gzipped is not None and "gzip" in request.headers.get("accept-encoding", ""):
        headers |= {"Content-Encoding": "gzip"}
        return Response(file.gzipped, status_code, headers, file.media_type)
    return Response(file.body, status_code, headers, file.media_type)
