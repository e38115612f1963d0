"""A web server on the loopback interface that can misbehave on purpose, and counts what it sends.

with Server({"/es.txt.gz": content}) as server:
    server.faults.append(Fault("cut", after=1000))  # the next request loses its connection
    fetch(server.url("/es.txt.gz"))
    assert server.sent < 5000
"""

import collections
import http.server
import re
import socket
import struct
import threading

# What happens to one request.  kind: "cut" (the connection ends after ``after`` bytes of the body), "reset"
# (so, with a TCP reset), "stall" (silence for ``seconds`` instead), "status" (the answer is ``status``),
# "html" (a web page is sent), "none" (all goes well).
Fault = collections.namedtuple("Fault", "kind after seconds status headers")
Fault.__new__.__defaults__ = (0, 0.0, 503, {})

WELL = Fault("none")
PAGE = b"<!DOCTYPE html><html><body>Please log in</body></html>"


class Server:
    """``files``: path → bytes, may be changed while it runs, with ``etags``: path → ETag (made from the
    length and content when missing; None sends none).  ``ranges``: whether it knows range requests;
    ``lengths``: whether it sends Content-Length; ``extra``: further headers.  ``faults``: one is taken for
    each request.  ``on_request(server)`` is called before each answer.  ``sent``: bytes of bodies;
    ``requests``: (method, path, headers) of each request."""

    def __init__(self, files, ranges=True, etags=None, lengths=True, extra=None, on_request=None):
        self.files, self.ranges, self.lengths = dict(files), ranges, lengths
        self.etags, self.extra, self.on_request = dict(etags or {}), dict(extra or {}), on_request
        self.faults, self.requests, self.sent = collections.deque(), [], 0
        self.busy = 0  # requests that are being answered
        self.count = threading.Lock()
        self._stop = threading.Event()

    def __enter__(self):
        outer = self

        class Handler(_Handler):
            server_state = outer

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *unused):
        self._stop.set()
        self._server.shutdown()
        self._server.server_close()

    def url(self, path=""):
        return "http://127.0.0.1:%d%s" % (self._server.server_address[1], path)

    def etag(self, path):
        return self.etags.get(path, '"%x-%x"' % (len(self.files[path]), hash(self.files[path]) & 0xFFFFFFFF))

    def wait(self, seconds):
        self._stop.wait(seconds)

    def forget(self):
        """Count from 0 again, once the answers under way have come to their ends."""
        while self.busy:
            self._stop.wait(0.002)
        self.sent = 0


class _Handler(http.server.BaseHTTPRequestHandler):
    server_state = None

    def log_message(self, *unused):
        pass

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        with self.server_state.count:
            self.server_state.busy += 1
        try:
            self._do_get()
        finally:
            with self.server_state.count:
                self.server_state.busy -= 1

    def _do_get(self):
        state = self.server_state
        path = self.path.split("?")[0]
        state.requests.append((self.command, self.path, dict(self.headers)))
        if state.on_request:
            state.on_request(state)
        fault = state.faults.popleft() if state.faults else WELL
        if fault.kind == "status":
            return self._answer(fault.status, b"sorry", dict(fault.headers))
        if fault.kind == "html":
            return self._answer(200, PAGE, {"Content-Type": "text/html"})
        if path not in state.files:
            return self._answer(404, b"no such file", {})
        content, etag = state.files[path], state.etag(path)
        headers = dict(state.extra, **({"ETag": etag} if etag else {}))
        span = re.match(r"bytes=(\d+)-(\d*)$", self.headers.get("Range", ""))
        if not span or not state.ranges or self.headers.get("If-Range", etag) != etag:
            return self._answer(200, content, headers, fault)
        first, last = int(span.group(1)), min(int(span.group(2) or len(content)), len(content) - 1)
        if first >= len(content):
            return self._answer(416, b"", {"Content-Range": "bytes */%d" % len(content)})
        headers["Content-Range"] = "bytes %d-%d/%d" % (first, last, len(content))
        return self._answer(206, content[first : last + 1], headers, fault)

    def _answer(self, status, body, headers, fault=WELL):
        self.send_response(status)
        if self.server_state.lengths or status != 200:
            headers.setdefault("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        if fault.kind in ("cut", "reset", "stall"):
            body = body[: fault.after]
        try:
            for start in range(0, len(body), 1 << 14):
                piece = body[start : start + (1 << 14)]
                self.server_state.sent += len(piece)  # first, so that it is true once the client has the piece
                self.wfile.write(piece)
        except OSError:  # the client has enough
            self.server_state.sent -= len(piece)
        if fault.kind == "stall":
            self.server_state.wait(fault.seconds)
        if fault.kind == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
        self.close_connection = True
