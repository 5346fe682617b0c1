"""The server: routes requests to contracts, applies dials, remembers what was asked."""

from __future__ import annotations

import json
import socket
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl

from tests.stand_in.anthropic_messages import AnthropicMessages
from tests.stand_in.brave_search import BraveSearch
from tests.stand_in.chat_completions import ChatCompletions
from tests.stand_in.contract import Contract, DialledByRequest, Reply, Request
from tests.stand_in.dials import Dial, Dials
from tests.stand_in.operations import Operations
from tests.stand_in.parallel_tasks import ParallelTasks
from tests.stand_in.slack_webhook import SlackWebhook
from tests.stand_in.web_search import Search

_PIECES = 10


class StandIn:
    """The stand-in on a port of its own (0: any free one); a context manager for tests.

    ``url`` has no trailing slash; the language model and the operations are at ``url + "/v1"``, the search and the
    research tasks at ``url``.
    """

    def __init__(self, port: int = 0, host: str = "127.0.0.1") -> None:
        self._tasks = ParallelTasks()
        self.contracts: list[Contract] = [
            ChatCompletions(),
            AnthropicMessages(),
            Search(),
            BraveSearch(),
            self._tasks,
            Operations(),
            SlackWebhook(),
        ]
        self.dials = Dials()
        self._requests: list[dict[str, Any]] = []
        self._answered: dict[str, Reply] = {}
        self._lock = threading.Lock()
        self._server = _Server((host, port), self)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.url = f"http://{host}:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def serve_forever(self) -> None:
        """Serve in this thread until interrupted."""
        with suppress(KeyboardInterrupt):
            self._server.serve_forever()
        self._server.server_close()

    def dial(self, contract: str, **settings: Any) -> None:
        """Set a fault, as ``POST /_dials`` does: ``dial("llm", status=429, times=2)``; without settings: none."""
        self.dials.turn({contract: settings})

    def script(self, contract: str, *rules: dict[str, Any]) -> None:
        """Set a contract's scripted answers, as ``POST /_script`` does."""
        next(each for each in self.contracts if each.name == contract).script(list(rules))

    def requests(self, contract: str | None = None) -> list[dict[str, Any]]:
        """What was asked so far, oldest first: ``contract``, ``method``, ``path``, ``query``, ``headers``, ``body``,
        ``at``, and whether it was ``billed``.
        """
        with self._lock:
            return [each for each in self._requests if contract in (None, each["contract"])]

    def billed(self, contract: str | None = None) -> list[dict[str, Any]]:
        """The requests that would have been paid for: whatever was worked on, whether its answer arrived or not."""
        return [each for each in self.requests(contract) if each["billed"]]

    def tasks(self) -> list[dict[str, Any]]:
        """The research tasks created so far, oldest first; each of them would have been billed."""
        return self._tasks.created()

    def reset(self) -> None:
        """Forget requests, dials, scripts and research tasks."""
        self.dials.reset()
        self._tasks.forget()
        for contract in self.contracts:
            contract.script([])
        with self._lock:
            self._requests.clear()
            self._answered.clear()

    def control(self, request: Request) -> Reply | None:
        """The server's own endpoints, ``/_…``; ``None`` when the request is for a contract."""
        match request.method, request.path:
            case "GET", "/_requests":
                return Reply.json(self.requests())
            case "GET", "/_tasks":
                return Reply.json(self.tasks())
            case "POST", "/_reset":
                self.reset()
            case "POST", "/_dials":
                try:
                    self.dials.turn(request.body)
                except (ValueError, AttributeError, TypeError) as error:
                    return Reply.json({"error": str(error)}, 400)
            case "POST", "/_script":
                try:
                    for name, rules in request.body.items():
                        self.script(name, *rules)
                except (StopIteration, AttributeError, TypeError):
                    return Reply.json({"error": 'expected {"<contract>": [rules]}'}, 400)
            case _:
                return None
        return Reply.json({"ok": True})

    def note(self, contract: Contract, request: Request) -> dict[str, Any]:
        """Remember a request; returns its entry, which nobody has been billed for yet."""
        noted = {
            "contract": contract.name,
            "method": request.method,
            "path": request.path,
            "query": request.query,
            "headers": request.headers,
            "body": request.body,
            "at": time.time(),
            "billed": False,
        }
        with self._lock:
            self._requests.append(noted)
        return noted

    def work_on(self, contract: Contract, request: Request, noted: dict[str, Any]) -> Reply:
        """The answer, which is billed, unless its ``Idempotency-Key`` says that it was worked on before."""
        key = request.headers.get("idempotency-key")
        with self._lock:
            known = self._answered.get(key) if key else None
        if known is not None:
            return known
        reply = contract.answer(request)
        with self._lock:
            noted["billed"] = reply.status < 300
            if key and noted["billed"]:
                self._answered[key] = reply
        return reply


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], stand_in: StandIn) -> None:
        self.stand_in = stand_in
        super().__init__(address, _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that go away in the middle are part of the game."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are in the request log, ``GET /_requests``."""

    def do_GET(self) -> None:
        self._handle()

    def do_POST(self) -> None:
        self._handle()

    def _handle(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            body = json.loads(raw) if raw else None
        except ValueError:
            body = None
        headers = {name.lower(): value for name, value in self.headers.items()}
        path, _, query = self.path.partition("?")
        request = Request(self.command, path, headers, body, dict(parse_qsl(query)))
        stand_in = self.server.stand_in
        if (reply := stand_in.control(request)) is not None:
            self._send(reply, Dial())
            return
        contract = next((each for each in stand_in.contracts if each.owns(request)), None)
        if contract is None:
            self._send(Reply.json({"error": f"nothing here speaks {request.method} {request.path}"}, 404), Dial())
            return
        noted = stand_in.note(contract, request)
        name = contract.dial_name(request) if isinstance(contract, DialledByRequest) else contract.name
        dial = stand_in.dials.take(name)
        # Other faults than an error status come after the work: what was asked for is done, and its answer is lost.
        reply = contract.error(dial.status, dial.code) if dial.status else stand_in.work_on(contract, request, noted)
        time.sleep(dial.delay)
        if dial.body is not None and not dial.status:
            reply = Reply(reply.status, dial.body.encode("utf-8", "surrogatepass"), reply.headers)
        elif dial.half and not dial.status:
            reply = Reply(reply.status, reply.body[: len(reply.body) // 2], reply.headers)
        self._send(reply, dial)

    def _send(self, reply: Reply, dial: Dial) -> None:
        if dial.drop:
            self._hang_up()
            return
        self.send_response(reply.status)
        headers = dict(reply.headers)
        if dial.retry_after is not None:
            headers["Retry-After"] = str(dial.retry_after)
        if dial.retry_after_ms is not None:
            headers["retry-after-ms"] = str(dial.retry_after_ms)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self._write(reply.body if dial.truncate is None else reply.body[: dial.truncate], dial.drip)
        if dial.truncate is not None and dial.truncate < len(reply.body):
            self._hang_up()

    def _write(self, body: bytes, drip: float) -> None:
        size = max(1, -(-len(body) // _PIECES)) if drip else max(1, len(body))
        for start in range(0, len(body), size):
            time.sleep(drip)
            self.wfile.write(body[start : start + size])

    def _hang_up(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)
