"""Pages that show the OpenAPI document (Swagger UI and ReDoc), with scripts from this server.

FastAPI's own pages load their scripts from a public CDN, which is not reachable from a closed network. All addresses
are relative, so that the pages work below a path too.
"""

from fastapi import FastAPI
from fastapi.openapi.docs import get_redoc_html, get_swagger_ui_html
from fastapi.staticfiles import StaticFiles
from starlette.requests import Request
from starlette.responses import HTMLResponse

ASSETS = "docs/assets"
DOCUMENT = "openapi.json"
HEADERS = {
    # The pages have inline scripts, and ReDoc would load a logo from another site.
    "Content-Security-Policy": "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'"
    "; img-src 'self' data:; worker-src blob:; base-uri 'none'; frame-ancestors 'none'"
}


def serve_api_docs(app: FastAPI) -> None:
    """Add `/docs` and `/redoc`, and the scripts they need."""
    app.mount(f"/{ASSETS}", StaticFiles(packages=[("fastapi_offline", "static")]), name="api-docs-assets")
    app.add_route("/docs", _show_swagger_ui, include_in_schema=False)
    app.add_route("/redoc", _show_redoc, include_in_schema=False)


async def _show_swagger_ui(_request: Request) -> HTMLResponse:
    page = get_swagger_ui_html(
        openapi_url=DOCUMENT,
        title="AgentSentinel: the API",
        swagger_js_url=f"{ASSETS}/swagger-ui-bundle.js",
        swagger_css_url=f"{ASSETS}/swagger-ui.css",
        swagger_favicon_url="favicon.svg",
    )
    page.headers.update(HEADERS)
    return page


async def _show_redoc(_request: Request) -> HTMLResponse:
    page = get_redoc_html(
        openapi_url=DOCUMENT,
        title="AgentSentinel: the API",
        redoc_js_url=f"{ASSETS}/redoc.standalone.js",
        redoc_favicon_url="favicon.svg",
        with_google_fonts=False,
    )
    page.headers.update(HEADERS)
    return page
