"""The HTTP side: keep-alive connections, one thread each, and faults where a test armed them."""

from __future__ import annotations

import contextlib
import socket
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from .accounts import authenticate
from .faults import Faults
from .routes import ROUTER
from .routing import Call
from .store import Store
from .wire import HubError, Logged, Reply, Request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .accounts import Account


class HubServer(ThreadingHTTPServer):
    """A listening Hub on a free loopback port."""

    daemon_threads = True
    block_on_close = False  # an idle keep-alive connection must not delay the end of a test

    def __init__(self, tokens: Mapping[str, Account]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.tokens = dict(tokens)
        self.store = Store()
        self.faults = Faults()
        self.log: list[Logged] = []
        self.crashes: list[str] = []

    @property
    def endpoint(self) -> str:
        """The address for ``HF_ENDPOINT``."""
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a client that went away is part of the tests."""

    def answer(self, request: Request) -> Reply:
        """Act on a request and give the reply, errors included."""
        try:
            account = authenticate(request.headers.get("Authorization"), self.tokens)
            endpoint, parameters = ROUTER.find(request)
            with self.store.lock:
                return endpoint(Call(request, parameters, account, self.store, self.endpoint))
        except HubError as error:
            return error.reply()
        except Exception as error:  # noqa: BLE001 - a bug of the fixture fails the test, see hub.py
            self.crashes.append(f"{request.method} {request.target}\n{traceback.format_exc()}")
            # The client retries a 500 for a minute; 501 it raises at once.
            return HubError(501, f"The loopback Hub crashed: {error!r}").reply()


class Handler(BaseHTTPRequestHandler):
    """One connection of a client."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or every small reply waits 40 ms for an acknowledgement
    server: HubServer

    def handle_one_request(self) -> None:
        """Read, log, act and reply, unless a fault says otherwise."""
        try:
            super().handle_one_request()
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def _serve(self) -> None:
        logged = Logged(self.command, self.path)
        self.server.log.append(logged)
        fault = self.server.faults.take(logged)
        if fault is not None and fault.drop == "request":
            self._drop()
            return
        body = self._read_body()
        headers = {name.title(): value for name, value in self.headers.items()}
        request = Request(self.command, self.path, headers, body)
        if fault is not None and fault.reply is not None:
            reply = fault.reply
        else:
            reply = self.server.answer(request)
        if fault is not None and fault.drop == "response":
            self._drop()
            return
        self._send(reply, half=fault is not None and fault.drop == "body")

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 - the base's names

    def _read_body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return b"".join(iter(self._read_chunk, b""))
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        if len(body) < length:
            raise ConnectionError("The client left in the middle of its request")
        return body

    def _read_chunk(self) -> bytes:
        size = int(self.rfile.readline().split(b";")[0], 16)
        chunk = self.rfile.read(size)
        self.rfile.readline()  # the line end after the chunk
        return chunk

    def _send(self, reply: Reply, *, half: bool) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        self.wfile.write(reply.body[: len(reply.body) // 2] if half else reply.body)
        if half:
            self._drop()

    def _drop(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):  # the client may have left first
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Keep quiet: ``hub.requests`` is the log."""
