"""The bytes of a URL, in order, fetched only as they are asked for.

    download = Download("https://example.org/es.txt.gz", "corpus/es.txt.gz.partial")
    for block in download:
        ...  # leave the loop when there is enough: no more is fetched

The file is asked for in ranges that grow as the reader's need is known (``download.expected``), so the
transfer stays close to what is used, and no connection idles while the reader works.  What arrived is
kept in the partial file: a later run begins with it and asks the server for the rest only.  Resets,
stalls, cut connections and the answers 408, 429 and 5xx are tried again with growing pauses.  ETag,
Last-Modified and the length guard against a file that changes on the server midway (:class:`Changed`).
"""

import contextlib
import http.client
import os
import re
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import Any, Callable, Dict, Iterator

from helpers.base.errors import TutorialError
from helpers.base.files import read_json, write_json

try:
    import fcntl
except ImportError:  # Windows: two runs at once are not noticed there
    fcntl = None

READ_BYTES = 1 << 16
MIN_RANGE, MAX_RANGE = 1 << 16, 16 << 20  # bytes asked for in one request
STALL_SECONDS = 30.0  # no byte for so long is a stall
ATTEMPTS = 6  # in a row without a single byte
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 60.0  # seconds; each pause is twice the one before
PASSING = {408, 425, 429, 500, 502, 503, 504}  # HTTP answers that may be different the next time
LOOPBACK = ("localhost", "127.0.0.1", "::1")
HINTS = {
    401: "it asks for a login",
    403: "access is refused",
    404: "check the address (for OpenSubtitles: the language and the release)",
    410: "the file is no longer there",
}


class Changed(Exception):
    """The file on the server is no longer the one whose beginning was read: all must be read anew."""


def _check_address(url: str) -> None:
    """Only https can be trusted on the way; plain http is for a server on this very machine."""
    try:
        parts = urllib.parse.urlsplit(url)
        host = parts.hostname
    except ValueError:
        parts, host = urllib.parse.SplitResult("", "", "", "", ""), None
    if parts.scheme not in ("http", "https") or not host:
        raise TutorialError(f"{url} is not an https address")
    if parts.scheme == "http" and host not in LOOPBACK:
        raise TutorialError(
            f"{url} is not an https address, so anybody on the way could change the text: give its https "
            f"address, or fetch the file yourself and give its path"
        )


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirections, but none that leave https."""

    def redirect_request(self, request: Any, answer: Any, code: int, message: str, headers: Any, url: str) -> Any:
        _check_address(url)
        return super().redirect_request(request, answer, code, message, headers, url)


class Download:
    """Iterate over it for the blocks of bytes of ``url``.

    ``partial`` is the path where bytes are kept until :meth:`discard`.  ``say(text)`` is told about
    troubles that were overcome.  ``expected`` may be set, and corrected at any time, to the number of
    bytes that the reader thinks it needs in all.  ``received`` counts the bytes fetched in this process,
    ``resumed`` those that were kept from an earlier one;
    ``description()`` has what the server said of the file.  Raises TutorialError when the server refuses
    or cannot be reached, and :class:`Changed`.
    """

    def __init__(self, url: str, partial: str, say: Callable[[str], None] = lambda text: None) -> None:
        _check_address(url)
        self.url, self.partial, self._say = url, os.fspath(partial), say
        self._notes_path = f"{self.partial}.json"
        self._notes = {}
        self.expected, self.received, self.resumed = None, 0, 0

    def description(self) -> Dict[str, Any]:
        """``{"url", "etag", "last_modified", "bytes"}``; None where the server did not say."""
        return {"url": self.url, **{key: self._notes.get(key) for key in ("etag", "last_modified", "bytes")}}

    def discard(self) -> None:
        """Forget what was kept."""
        for path in (self.partial, self._notes_path):
            with contextlib.suppress(FileNotFoundError):
                os.remove(path)

    def __iter__(self) -> Iterator[bytes]:
        os.makedirs(os.path.dirname(self.partial) or ".", exist_ok=True)
        with open(self.partial, "ab+", buffering=0) as kept:
            self._lock(kept)
            self._notes = read_json(self._notes_path, default={})
            if self._notes.get("url") != self.url:
                self._notes = {"url": self.url}
                kept.truncate(0)
            self.resumed = kept.seek(0, os.SEEK_END)
            kept.seek(0)
            for block in iter(lambda: kept.read(READ_BYTES), b""):
                yield block
            for block in self._rest(kept, self.resumed):
                yield block

    def _lock(self, file):
        if fcntl:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise TutorialError(f"another run is downloading to {self.partial}: wait for it or stop it")

    def _rest(self, kept, offset):
        """Yield what follows the first ``offset`` bytes, and keep it; tries again where that can help."""
        failures = 0
        while offset != self._notes.get("bytes"):
            offset_before, patience = offset, 0.0
            try:
                with contextlib.closing(self._request(kept, offset)) as blocks:
                    for block in blocks:
                        self._keep(kept, block)
                        offset += len(block)
                        yield block
                if offset > offset_before or offset == self._notes.get("bytes"):
                    continue
                reason = "it sends nothing"
            except urllib.error.HTTPError as error:
                if error.code not in PASSING:
                    hint = HINTS.get(error.code, "check the address")
                    raise TutorialError(f"{self.url} answers {error.code} {error.reason}: {hint}")
                reason, patience = f"it answers {error.code} {error.reason}", _retry_after(error)
            except (OSError, http.client.HTTPException) as error:
                reason = _reason(error)
                if isinstance(getattr(error, "reason", error), ssl.SSLCertVerificationError):
                    raise TutorialError(f"{self.url} cannot be trusted: {reason}")
            failures = 1 if offset > offset_before else failures + 1
            if failures == ATTEMPTS:
                raise TutorialError(
                    f"{self.url} cannot be fetched: {reason}; try again later (it goes on from here), or use text on "
                    "this machine"
                )
            pause = min(LONGEST_PAUSE, max(patience, FIRST_PAUSE * 2 ** (failures - 1)))
            self._say(f"{reason} after {offset / 1000000.0:.1f} MB: trying again in {pause:.1f} s")
            time.sleep(pause)

    def _keep(self, kept, block):
        left = memoryview(block)
        try:
            while left:
                left = left[kept.write(left) :]
        except OSError as error:
            raise TutorialError(
                f"cannot write {self.partial}: {error.strerror}; make room and run it again: it goes on from here"
            )

    def _request(self, kept, offset):
        """One request: yield new bytes from ``offset`` on.  Ends where the server's answer ends."""
        wanted = min(max((self.expected or 0) - offset, MIN_RANGE), MAX_RANGE)
        headers = {"Range": f"bytes={offset}-{offset + wanted - 1}", "Accept-Encoding": "identity"}
        validator = self._validator()
        if offset and validator:
            headers["If-Range"] = validator
        request = urllib.request.Request(self.url, headers=dict(headers, **{"User-Agent": "electra-tutorial"}))
        try:
            answer = urllib.request.build_opener(_Redirects).open(request, timeout=STALL_SECONDS)
        except urllib.error.HTTPError as error:
            total = re.match(r"bytes \*/(\d+)$", error.headers.get("Content-Range", ""))
            if error.code == 416 and total:
                self._check(offset > int(total.group(1)))
                self._note(error.headers, int(total.group(1)))
                return
            raise
        with contextlib.closing(answer):
            if answer.status == 206:
                blocks = self._part(answer, offset)
            else:
                blocks = self._whole(answer, kept, offset)
            for block in blocks:
                yield block

    def _part(self, answer, offset):
        """The answer to a range request."""
        span = re.match(r"bytes (\d+)-(\d+)/(\d+|\*)$", answer.headers.get("Content-Range", ""))
        if not span or int(span.group(1)) != offset:
            raise http.client.HTTPException("the server sent another part of the file than was asked for")
        total = None if span.group(3) == "*" else int(span.group(3))
        known = self._notes
        self._check(
            (total and known.get("bytes") not in (None, total))
            or known.get("etag", answer.headers.get("ETag")) != answer.headers.get("ETag")
            or known.get("last_modified", answer.headers.get("Last-Modified")) != answer.headers.get("Last-Modified")
        )
        self._note(answer.headers, total)
        return self._body(answer, int(span.group(2)) + 1 - offset)

    def _whole(self, answer, kept, offset):
        """The whole file where a part was asked for: the server knows no ranges, or has another file now.
        Which of the two, comparison with what was kept tells."""
        length = answer.headers.get("Content-Length", "")
        length = int(length) if length.isdigit() else None
        body = self._body(answer, length)
        if not offset:
            self._note(answer.headers, length)  # before the first byte is kept: they belong together
        kept.seek(0)
        position = 0
        for block in body:
            compared = min(len(block), offset - position)
            if compared > 0:
                self._check(kept.read(compared) != block[:compared])
                position += compared
                if position == offset:
                    self._note(answer.headers, length)
            if block[compared:]:
                yield block[compared:]
        self._check(position < offset)
        if length is None:
            self._notes["bytes"] = kept.tell()  # the end of such an answer is the end of the file

    def _body(self, answer, length):
        """Yield the bytes of an answer; ``length`` is what was promised, or None."""
        left = length
        while left is None or left:
            block = answer.read1(READ_BYTES if left is None else min(left, READ_BYTES))
            if not block:
                if left:
                    raise http.client.HTTPException("the connection was cut")
                return
            self.received += len(block)
            left = left and left - len(block)
            yield block

    def _check(self, changed):
        if changed:
            raise Changed(self.url)

    def _validator(self):
        """What If-Range may carry: a strong ETag, else the date."""
        etag = self._notes.get("etag")
        return etag if etag and not etag.startswith("W/") else self._notes.get("last_modified")

    def _note(self, headers, total):
        """Remember, across processes, which file this is."""
        notes = {"url": self.url, "bytes": total}
        for key, header in (("etag", "ETag"), ("last_modified", "Last-Modified")):
            if headers.get(header):
                notes[key] = headers[header]
        if notes != self._notes:
            self._notes = notes
            write_json(self._notes_path, notes)


def _retry_after(error):
    """Seconds that the server asks for, 0 where it says nothing (or gives a date)."""
    value = error.headers.get("Retry-After", "")
    return float(value) if value.isdigit() else 0.0


def _reason(error):
    """One phrase for a network error."""
    cause = getattr(error, "reason", None) or error
    if isinstance(cause, OSError) and type(cause).__name__ in ("timeout", "TimeoutError"):
        return f"nothing came for {STALL_SECONDS:g} s"
    return (getattr(cause, "strerror", None) or str(cause) or type(cause).__name__).strip()
