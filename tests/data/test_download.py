"""helpers/data/corpus/download.py against a server that cuts, stalls, resets, refuses and changes its mind."""

import os
import random
import socket

import pytest
from http_server import Fault, Server

from helpers.base.errors import TutorialError
from helpers.data.corpus import download
from helpers.data.corpus.download import Changed, Download

CONTENT = random.Random(1).getrandbits(8 * 400000).to_bytes(400000, "little")
PATH = "/es.txt.gz"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(download, "FIRST_PAUSE", 0.001)
    monkeypatch.setattr(download, "STALL_SECONDS", 0.3)


@pytest.fixture
def partial(tmp_path):
    return tmp_path / "corpus" / "es.txt.gz.partial"


def fetch(server, partial, say=lambda text: None, path=PATH):
    return b"".join(Download(server.url(path), partial, say))


def take(blocks, size):
    """Read ``size`` bytes at least, then leave."""
    taken = b""
    for block in blocks:
        taken += block
        if len(taken) >= size:
            return taken


def test_whole_file_arrives(partial):
    with Server({PATH: CONTENT}) as server:
        assert fetch(server, partial) == CONTENT
        assert server.sent == len(CONTENT)


@pytest.mark.parametrize("ranges", [True, False])
@pytest.mark.parametrize("kind", ["cut", "reset", "stall"])
def test_troubles_on_the_way_are_overcome(partial, kind, ranges):
    said = []
    with Server({PATH: CONTENT}, ranges=ranges) as server:
        server.faults.extend([Fault(kind, 5000, 1.0), Fault("none"), Fault(kind, 70000, 1.0)])
        server.faults.extend([Fault("status"), Fault("status", status=429)])
        assert fetch(server, partial, said.append) == CONTENT
    assert len(said) >= 1 and all("trying again" in text for text in said)


def test_a_whole_file_of_unknown_length(partial):
    with Server({PATH: CONTENT}, ranges=False, lengths=False) as server:
        assert fetch(server, partial) == CONTENT


def test_an_empty_file(partial):
    with Server({PATH: b""}) as server:
        assert fetch(server, partial) == b""


@pytest.mark.parametrize("size", [1, 65536, 131072])
def test_a_reader_that_leaves_early_costs_no_more_than_one_range(partial, size):
    with Server({PATH: CONTENT}) as server:
        taken = take(Download(server.url(PATH), partial), size)
        assert CONTENT.startswith(taken)
        assert server.sent <= size + download.MIN_RANGE


def test_the_expected_size_saves_requests(partial):
    with Server({PATH: CONTENT}) as server:
        source = Download(server.url(PATH), partial)
        source.expected = 300000
        assert len(take(source, 300000)) == 300000
        assert server.sent == 300000 and len(server.requests) == 1


@pytest.mark.parametrize("etags", [None, {PATH: None}, {PATH: 'W/"weak"'}])
@pytest.mark.parametrize("ranges", [True, False])
def test_a_later_run_goes_on_from_the_partial_file(partial, ranges, etags):
    with Server({PATH: CONTENT}, ranges, etags) as server:
        take(Download(server.url(PATH), partial), 100000)
        kept = partial.stat().st_size
        assert kept >= 100000 and CONTENT.startswith(partial.read_bytes())
        server.forget()
        source = Download(server.url(PATH), partial)
        assert b"".join(source) == CONTENT
        assert source.resumed == kept
        assert server.sent == len(CONTENT) - (kept if ranges else 0)
        server.requests.clear()
        assert fetch(server, partial) == CONTENT and not server.requests  # all of it was kept
        Download(server.url(PATH), partial).discard()
        assert os.listdir(str(partial.parent)) == []


def test_another_address_does_not_go_on_from_it(partial):
    with Server({PATH: CONTENT, "/fr.txt.gz": CONTENT[::-1]}) as server:
        take(Download(server.url(PATH), partial), 100000)
        assert fetch(server, partial, path="/fr.txt.gz") == CONTENT[::-1]


@pytest.mark.parametrize(
    "length, ranges, etags",
    [
        (length, ranges, etags)
        for length in (400000, 400001, 90000)
        for ranges in (True, False)
        for etags in (None, {PATH: None}, {PATH: '"same"'})
        if length != 400000 or not ranges or not etags  # else nothing that the server says tells the two apart
    ],
)
def test_a_file_that_changes_midway_is_noticed(partial, length, ranges, etags):
    changed = (CONTENT[::-1] + b"x")[:length]
    with Server({PATH: CONTENT}, ranges, etags) as server:
        server.faults.append(Fault("cut", 65000))
        blocks = iter(Download(server.url(PATH), partial))
        next(blocks)
        server.files[PATH] = changed
        with pytest.raises(Changed):
            list(blocks)


@pytest.mark.parametrize("status, word", [(404, "release"), (403, "refused"), (401, "login"), (410, "no longer")])
def test_refusals_are_said_at_once(partial, status, word):
    with Server({PATH: CONTENT}) as server:
        server.faults.append(Fault("status", status=status))
        with pytest.raises(TutorialError) as error:
            fetch(server, partial)
        assert str(status) in str(error.value) and word in str(error.value) and PATH in str(error.value)
        assert len(server.requests) == 1


def test_a_server_that_never_recovers(partial):
    with Server({PATH: CONTENT}) as server:
        server.faults.extend([Fault("status", status=500)] * 10)
        with pytest.raises(TutorialError, match="500"):
            fetch(server, partial)
        assert len(server.requests) == download.ATTEMPTS
        server.faults.clear()
        assert fetch(server, partial) == CONTENT


def test_hiccups_of_a_download_that_moves_on_do_not_add_up(partial, monkeypatch):
    pauses = []
    monkeypatch.setattr(download.time, "sleep", pauses.append)
    with Server({PATH: CONTENT}) as server:
        server.faults.extend([Fault("cut", 20000)] * 2 * download.ATTEMPTS)
        assert fetch(server, partial) == CONTENT and not server.faults
    assert pauses == [download.FIRST_PAUSE] * 2 * download.ATTEMPTS


def test_nobody_listens(partial):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = "http://127.0.0.1:%d/es.txt.gz" % free.getsockname()[1]
    with pytest.raises(TutorialError, match="cannot be fetched: .*refused"):
        list(Download(url, partial))


def test_retry_after_is_obeyed(partial, monkeypatch):
    pauses = []
    monkeypatch.setattr(download.time, "sleep", pauses.append)
    with Server({PATH: CONTENT}) as server:
        server.faults.append(Fault("status", status=429, headers={"Retry-After": "7"}))
        server.faults.append(Fault("status", status=503, headers={"Retry-After": "100000"}))
        assert fetch(server, partial) == CONTENT
    assert pauses == [7.0, download.LONGEST_PAUSE]


def test_two_runs_at_once_do_not_mix(partial):
    pytest.importorskip("fcntl")
    with Server({PATH: CONTENT}) as server:
        first = iter(Download(server.url(PATH), partial))
        next(first)
        with pytest.raises(TutorialError, match="another run"):
            fetch(server, partial)


def test_a_full_disk_is_one_sentence(partial, monkeypatch):
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full on this system")
    with Server({PATH: CONTENT}) as server, open("/dev/full", "wb", buffering=0) as full:
        with pytest.raises(TutorialError, match="No space left"):
            Download(server.url(PATH), partial)._keep(full, b"x")


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://example.org/x", "es.txt.gz"])
def test_only_the_web(partial, url):
    with pytest.raises(TutorialError, match="http"):
        Download(url, partial)
