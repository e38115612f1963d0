"""A Hugging Face Hub on the loopback interface: as much of its protocol as huggingface_hub 0.16 to 2.x use here."""

import base64
import http.server
import json
import re
import threading

SHA = "0123456789abcdef0123456789abcdef01234567"


class Hub:
    """``files``: {repository: {path: bytes}}; ``token``: the one that may write (any request with another gets 401);
    ``requests``: (method, path) of each; ``status``: if set, the answer to every request, with ``headers``; ``page``:
    answer with a page that asks for a login, as the networks of hotels do."""

    def __init__(self, token="hf_secret", files=None):
        self.token, self.files = token, dict(files or {})
        self.requests, self.status, self.private = [], None, {}
        self.headers, self.page = {}, False

    def __enter__(self):
        outer = self

        class Handler(_Handler):
            hub = outer

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        self.url = "http://127.0.0.1:%d" % self._server.server_address[1]
        return self

    def __exit__(self, *unused):
        self._server.shutdown()
        self._server.server_close()


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub = None

    def log_message(self, *unused):
        pass

    def _refused(self):
        """Whether the request got the answer that every request gets."""
        if self.hub.page:
            self._say(200, b"<html>Welcome to the hotel</html>", {"Content-Type": "text/html"})
        elif self.hub.status:
            self._say(self.hub.status, {"error": "no, %s" % self.headers.get("Authorization")}, self.hub.headers)
        return bool(self.hub.page or self.hub.status)

    def _say(self, status, value, headers=()):
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(status)
        for name, text in dict({"Content-Length": str(len(body)), "X-Repo-Commit": SHA}, **dict(headers)).items():
            self.send_header(name, text)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _body(self):
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            parts = []
            while True:
                size = int(self.rfile.readline().strip() or b"0", 16)
                parts.append(self.rfile.read(size))
                self.rfile.readline()
                if not size:
                    return b"".join(parts)
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def do_POST(self):
        body, path = self._body(), self.path.split("?")[0]
        self.hub.requests.append(("POST", path))
        if self._refused():
            return None
        if self.headers.get("Authorization") != "Bearer " + self.hub.token and "validate-yaml" not in path:
            return self._say(401, {"error": "Unauthorized: %s" % self.headers.get("Authorization")})
        if path == "/api/repos/create":
            wanted = json.loads(body.decode())
            name = "%s/%s" % (wanted.get("organization") or "me", wanted["name"])
            self.hub.files.setdefault(name, {})
            # huggingface_hub 2.x says "visibility" where earlier ones said "private".
            self.hub.private[name] = wanted.get("private", wanted.get("visibility") == "private")
            return self._say(200, {"url": self.hub.url + "/" + name, "name": name, "id": name})
        if path == "/api/validate-yaml":
            return self._say(200, {"errors": [], "warnings": []})
        name = re.match(r"/api/models/([^/]+/[^/]+)/", path).group(1)
        if "/preupload/" in path:
            named = [file["path"] for file in json.loads(body.decode())["files"]]
            modes = [dict(path=one, uploadMode="regular", shouldIgnore=False, oid=None) for one in named]
            return self._say(200, {"files": modes})
        for line in body.decode().splitlines():
            row = json.loads(line)
            if row["key"] == "file":
                self.hub.files[name][row["value"]["path"]] = base64.b64decode(row["value"]["content"])
        return self._say(200, {"commitUrl": "%s/%s/commit/%s" % (self.hub.url, name, SHA), "commitOid": SHA})

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        path = self.path.split("?")[0]
        self.hub.requests.append((self.command, path))
        if self._refused():
            return None
        pattern = r"/(api/models/)?([^/]+/[^/]+)(?:/resolve/[^/]+/(.+)|/(?:revision|(tree))/([^/]+))?$"
        match = re.match(pattern, path)
        files = self.hub.files.get(match.group(2)) if match else None
        if files is None or (match.group(3) and match.group(3) not in files):
            return self._say(404, {"error": "not found"}, {"X-Error-Code": "RepoNotFound"})
        if match.group(5) not in (None, "main", SHA):
            return self._say(404, {"error": "not found"}, {"X-Error-Code": "RevisionNotFound"})
        if match.group(4):
            rows = [dict(type="file", path=one, size=len(files[one]), oid=SHA) for one in files]
            return self._say(200, rows)
        if match.group(1):
            about = dict(id=match.group(2), modelId=match.group(2), sha=SHA, private=False, tags=[], downloads=0)
            return self._say(200, dict(about, siblings=[dict(rfilename=one) for one in files], likes=0))
        content = files[match.group(3)]
        return self._say(200, content, {"ETag": '"%x"' % (hash(content) & 0xFFFFFFFF), "Accept-Ranges": "none"})
