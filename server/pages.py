"""The demo client's files, and the npm packages that its import map names."""

import base64
import re
from collections.abc import Awaitable, Callable
from hashlib import sha256
from pathlib import Path
from typing import Final

from aiohttp import web

CLIENT: Final = Path(__file__).parent.parent / "client_demo"
FOLDERS: Final = ("js", "css", "img")  # served as they are
# of node_modules, under /npm
PACKAGES: Final = ("three", "socket.io-client", "livekit-client")
PAGES: Final = {
    "/": "index.html",
    "/desk": "desk.html",
    "/rooms": "rooms.html",
    "/docs/rooms": "docs-rooms.html",
}
INLINE: Final = re.compile(rb"<script[^>]*>(.+?)</script>", re.DOTALL)
# glTF images arrive as blobs, WebAssembly decodes meshes; {scripts} are hashes of inline ones.
POLICY: Final = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'wasm-unsafe-eval' blob: {scripts}",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "connect-src 'self' blob: data: ws: wss:",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'self'",
    )
)
# Workers with a policy of their own. The texture transcoder compiles code from text: it may, where
# there is neither page nor network to reach.
WORKERS: Final = {
    "/js/scene/transcoder.js": "default-src 'none'; script-src 'unsafe-eval' 'wasm-unsafe-eval'",
}
HEADERS: Final = {
    "Cache-Control": "no-cache",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "xr-spatial-tracking=(self), camera=(), geolocation=()",
}


class NoPages(RuntimeError):
    """The client's npm packages are not installed."""


def add_pages(app: web.Application, client: Path = CLIENT) -> None:
    """Serve pages, scripts and packages. Raises NoPages when `make setup` has not run."""
    packages = client / "node_modules"
    for package in PACKAGES:
        if not (packages / package).is_dir():
            raise NoPages(f"{packages / package} is missing: run `make setup`, or npm ci there.")
        app.router.add_static(f"/npm/{package}", packages / package)
    for folder in FOLDERS:
        if (client / folder).is_dir():
            app.router.add_static(f"/{folder}", client / folder)
    for path, name in PAGES.items():
        if not (client / name).is_file():
            continue  # a client may do without the pages for operators and developers
        app.router.add_get(path, _page(client / name))
    app.on_response_prepare.append(_add_headers)


def _page(file: Path) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def show(_: web.Request) -> web.StreamResponse:
        headers = {**HEADERS, "Content-Security-Policy": policy(file)}
        return web.FileResponse(file, headers=headers)

    return show


def policy(file: Path) -> str:
    """The page's own scripts may run, such as its import map, and no other inline one (CSP 3)."""
    scripts = INLINE.findall(file.read_bytes())
    hashes = (base64.b64encode(sha256(script).digest()).decode() for script in scripts)
    return POLICY.format(scripts=" ".join(f"'sha256-{value}'" for value in hashes))


async def _add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """A script that changed is asked for again; one that did not costs a 304."""
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    if request.path in WORKERS:
        response.headers["Content-Security-Policy"] = WORKERS[request.path]
    if request.path.startswith(("/npm/", *(f"/{folder}/" for folder in FOLDERS))):
        response.headers.setdefault("Cache-Control", "no-cache")
