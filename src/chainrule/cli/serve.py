"""One page, served to this machine only, for as long as it takes a browser to load it."""

from __future__ import annotations

import secrets
import time
import webbrowser
from http.server import BaseHTTPRequestHandler, HTTPServer

__all__ = ["serve"]


class PageServer(HTTPServer):
    """A server of one page under a secret path."""

    def __init__(self, page: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.page = page.encode()
        self.path = f"/{secrets.token_urlsafe(24)}/"
        self.served_at: float | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}{self.path}"


class Handler(BaseHTTPRequestHandler):
    """Gives the page to whoever knows its path."""

    timeout = 5.0
    server: PageServer

    def do_GET(self) -> None:
        server = self.server
        # A page elsewhere that resolves its own name to this machine does not know the name that is asked for here.
        is_here = self.headers.get("Host") == f"127.0.0.1:{server.server_port}"
        if not is_here or not secrets.compare_digest(self.path.encode(), server.path.encode()):
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(server.page)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(server.page)
        server.served_at = time.monotonic()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the terminal is the user's."""


def serve(page: str, *, opens: bool, wait: float, linger: float) -> None:
    """Serve the page until it was loaded, and ``linger`` seconds more; give up after ``wait`` seconds without a visitor."""
    with PageServer(page) as server:
        print(server.address, flush=True)
        if opens:
            webbrowser.open(server.address)
        start = time.monotonic()
        while True:
            end = start + wait if server.served_at is None else server.served_at + linger
            left = end - time.monotonic()
            if left <= 0:
                return
            server.timeout = left
            server.handle_request()
