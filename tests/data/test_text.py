"""helpers/data/corpus/text.py: whatever comes in, what goes out is clean, and the same however it came in blocks."""

import functools
import gzip
import random
import tracemalloc
import zlib

import pytest

from helpers.data.corpus import text
from helpers.data.corpus.account import Tally
from helpers.data.corpus.formats import Options
from helpers.data.corpus.formats import read as read_file
from helpers.data.corpus.text import BadContent

PIECES = ["a", "é", "€", "🐦", " ", "\t", "\n", "\r", "\r\n", "\n\n", "\0", "\x0b", "\x85", "\u2028", "\ufeff", "x" * 9]


def blocks(data, size):
    return (data[start : start + size] for start in range(0, len(data), size))


def read(data, size=1 << 18, name="x.txt", tally=None, **options):
    batches = read_file(blocks(data, size), name, tally or Tally(), Options(**options))
    return [line for lines in batches for line in lines]


def some_bytes(source):
    data = "".join(source.choice(PIECES) for _ in range(source.randrange(80))).encode("utf-8")
    if source.random() < 0.3:
        place = source.randrange(len(data) + 1)
        data = data[:place] + b"\xe1" + data[place:]
    return data


@pytest.mark.parametrize(
    "data, lines",
    [
        (b"uno\ndos\n", ["uno", "dos"]),
        (b"uno\ndos", ["uno", "dos"]),
        (b"uno\r\ndos\r\n", ["uno", "dos"]),
        (b"uno\rdos\r", ["uno", "dos"]),
        (b"\xef\xbb\xbfuno\n", ["uno"]),
        (b"  uno \t\n \t \n\xc2\xa0dos\xe3\x80\x80\n", ["uno", "", "dos"]),
        (b"u\x00n\x07o\x7f\xc2\x9f\n", ["uno"]),
        (b"uno\tdos\x0btres\x0ccuatro\xc2\x85cinco\xe2\x80\xa8seis\n", ["uno dos tres cuatro", "cinco", "seis"]),
        (b"a\n\n\n\nb\n", ["a", "", "", "", "b"]),
        ("¿Están? ¡Sí! 日本 🐦\n".encode("utf-8"), ["¿Están? ¡Sí! 日本 🐦"]),
        (b"", []),
        (b"\n", [""]),
        (b"uno\n\xc2\x97\ndos\n\x0b\ntres\n", ["uno", "dos", "", "tres"]),
    ],
)
def test_cleaning(data, lines):
    assert read(data) == lines


@pytest.mark.parametrize("limit", [12, 10000])
def test_the_result_does_not_depend_on_the_blocks(limit, monkeypatch):
    monkeypatch.setattr(text, "MAX_LINE_BYTES", limit)
    source = random.Random(limit)
    for _ in range(400):
        data = some_bytes(source)
        tally = Tally()
        try:
            expected = read(data, tally=tally)
        except BadContent:  # by chance as full of NUL as UTF-16
            continue
        for size in (1, 2, 3, 7, 13):
            again = Tally()
            assert read(data, size, tally=again) == expected
            assert vars(again) == vars(tally)


def test_clean_lines_are_clean_and_stay_as_they_are():
    source = random.Random(2)
    for _ in range(400):
        try:
            lines = read(some_bytes(source))
        except BadContent:
            continue
        while lines and not lines[-1]:
            lines.pop()
        assert "\n".join(lines).splitlines() == lines
        assert all(line == line.strip() and line.isprintable() for line in lines)
        assert read("\n".join(lines).encode("utf-8")) == lines


def test_letters_by_name_are_read_and_leave_clean_lines():
    """A name at a line's edge may stand for a space, which cleaning had no reason to look for."""
    tally = Tally()
    data = "Los p&aacute;jaros\n&iquest;Qu&#233;?&#32;\n&nbsp;No\nM&M\n"
    assert read(data.encode(), tally=tally) == ["Los pájaros", "¿Qué?", "No", "M&M"]
    assert tally.named_lines == 3


def test_bad_bytes_are_counted_and_the_first_is_named():
    data = b"bien\n" * 500 + "mañana ".encode("latin-1") + b"\xff\xfe\nbien\n\xe1\n"
    tally = Tally()
    lines = read(data, 64, "a.txt", tally)
    assert lines[500] == "ma\ufffdana \ufffd\ufffd" and lines[502] == "\ufffd"
    assert (tally.bad_bytes, tally.bad_lines, tally.first_bad, tally.lines) == (4, 2, "a.txt, line 501", 503)
    (message,) = tally.messages()
    assert "a.txt, line 501" in message and "4 bytes" in message and "2 of 503 lines" in message


def test_what_is_not_utf8_is_a_share_of_its_own_file():
    damaged = b"bien\n" * 285 + "mañana\n".encode("latin-1") * 15  # one in twenty: harm, not another encoding
    worse = "mañana\n".encode("latin-1") * 30 + b"bien\n" * 285
    tally = Tally()
    for name in ("a.txt", "b.txt", "c.txt"):
        list(text.clean([damaged[1425:] + damaged[:1425]], name, tally))
    assert (tally.bad_lines, tally.lines) == (45, 900), "each has too few to be refused"
    tally = Tally()
    list(text.clean([b"bien\n" * 100000], "large.txt", tally))
    with pytest.raises(BadContent, match="30 of its first 315 lines are not UTF-8"):
        list(text.clean([worse], "small.txt", tally))


def test_a_number_of_a_line_is_right_after_cut_lines(monkeypatch):
    monkeypatch.setattr(text, "MAX_LINE_BYTES", 10)
    tally = Tally()
    read(b"abc def ghi jkl mno pqr\nshort\nba\xffd\n", tally=tally)
    assert tally.first_bad == "x.txt, line 3" and tally.cut_lines == 1


@pytest.mark.parametrize(
    "data, word",
    [
        (b"\x00\x00\x01\x02" * 1000, "NUL"),
        (b"PK\x03\x04 and so on", "zip"),
        (b"BZh91AY&SY", "bzip2"),
        (b"\xfd7zXZ\x00\x00", "xz"),
        (functools.reduce(lambda data, _: gzip.compress(data), range(5), b"uno"), "over and over"),
        (b"%PDF-1.4", "PDF"),
        (b"\n <!DOCTYPE HTML><html>", "HTML"),
        (gzip.compress(b"<html><body>"), "HTML"),
    ],
)
def test_what_is_no_text_is_refused_by_name(data, word):
    with pytest.raises(BadContent, match=word) as error:
        read(data, name="here/x.txt")
    assert "here/x.txt" in str(error.value) and "\n" not in str(error.value)


TEXT = "".join("Línea %d, un poco más larga.\n" % number for number in range(20000)).encode("utf-8")
LINES = TEXT.decode("utf-8").splitlines()


@pytest.mark.parametrize("size", [100, 65536, 10000000])
@pytest.mark.parametrize("name", ["x.txt.gz", "x.txt"])  # the content tells, not the name
def test_gzip(size, name):
    assert read(gzip.compress(TEXT), size, name) == LINES
    several = b"".join(gzip.compress(TEXT[start : start + 99999]) for start in range(0, len(TEXT), 99999))
    assert read(several, size, name) == LINES
    assert read(several + b"\0" * 1000, size, name) == LINES
    assert read(gzip.compress(b""), size, name) == []


@pytest.mark.parametrize("size", [100, 65536])
def test_damaged_gzip(size):
    packed = gzip.compress(TEXT)
    for broken, word in [
        (packed[:-1], "cut short"),
        (packed[: len(packed) // 2], "cut short"),
        (packed[:5], "cut short"),
        (packed[:-8] + b"\0" * 8, "damaged"),
        (packed[:1000] + b"\x55" * 100 + packed[1100:], "damaged"),
        (packed + b"garbage", "damaged"),
        (TEXT, "not a gzip"),
    ]:
        with pytest.raises(BadContent, match=word) as error:
            read(broken, size, "here/x.txt.gz")
        assert "here/x.txt.gz" in str(error.value)


def test_a_bomb_is_refused_early():
    packer = zlib.compressobj(wbits=31)
    bomb = b"".join(packer.compress((b"x" * 1023 + b"\n") * 1024) for _ in range(100)) + packer.flush()
    tracemalloc.start()
    with pytest.raises(BadContent, match="250 times"):
        for _ in read_file(blocks(bomb, 65536), "bomb.gz", Tally()):
            pass
    assert tracemalloc.get_traced_memory()[1] < 50 << 20
    tracemalloc.stop()


def test_a_very_long_line_takes_constant_memory():
    data = ("Los pájaros están cantando " * 10).encode("utf-8")
    tally, words, longest = Tally(), 0, 0
    tracemalloc.start()
    for lines in read_file((data * 100 for _ in range(300)), "x.txt", tally, Options(split_lines=False)):  # 8 MB
        words += sum(len(line.split()) for line in lines)
        longest = max(longest, max(len(line.encode("utf-8")) for line in lines))
    assert tracemalloc.get_traced_memory()[1] < 2 << 20
    tracemalloc.stop()
    assert words == 4 * 10 * 100 * 300 and 9000 < longest <= text.MAX_LINE_BYTES
    assert (tally.lines, tally.cut_lines) == (1, 1) and "1 line over" in next(tally.messages())


@pytest.mark.parametrize("letter", ["a", "é", "€", "🐦"])
def test_a_long_line_without_spaces_is_cut_between_characters(letter):
    tally = Tally()
    lines = read((letter * 30001).encode("utf-8"), tally=tally, split_lines=False)
    assert "".join(lines) == letter * 30001 and not tally.bad_bytes
    assert all(len(line.encode("utf-8")) <= text.MAX_LINE_BYTES for line in lines)


def test_cutting_makes_no_blank_lines():
    lines = read(
        b" " * 25000 + b"uno" + b" " * 25000 + b"dos" + b" " * 25000 + b"\ntres\n" + b" " * 25000 + b"\ncuatro"
    )
    assert lines == ["uno", "dos", "tres", "", "cuatro"]
