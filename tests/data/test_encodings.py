"""Encodings at the edges: of blocks, of a file's last line, of what two bytes can hold."""

import codecs

import pytest

from helpers.data.corpus import formats
from helpers.data.corpus.account import Tally

FRASES = ["¿Dónde está la niña?", "El pingüino sueña con un camión.", "Mañana vendrá la cigüeña, ¡qué ilusión!"]


def read(data, size=1 << 18, tally=None):
    blocks = (data[start : start + size] for start in range(0, len(data), size))
    return [line for batch in formats.read(blocks, "es.txt", tally or Tally()) for line in batch]


def test_the_judgment_does_not_depend_on_how_the_bytes_come():
    """As from a network, a few at a time, behind so much ASCII that a file's beginning does not tell."""
    data = b"Hola a todos.\n" * 5000 + "\n".join(FRASES).encode("cp1252")
    assert read(data, 7) == read(data) and read(data, 7)[-3:] == FRASES


def test_the_last_line_of_a_file_in_two_encodings_needs_no_end():
    lines = FRASES * 4
    data = b"\n".join(line.encode(("utf-8", "cp1252")[number % 2]) for number, line in enumerate(lines))
    assert read(data) == lines


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_a_character_that_is_cut_off_at_the_end_is_counted(encoding):
    tally = Tally()
    assert read("\n".join(FRASES).encode(encoding)[:-1], tally=tally)[:2] == FRASES[:2] and tally.bad_bytes == 1


@pytest.mark.parametrize("mark, encoding", [(codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF16_LE, "utf-16-le")])
def test_emoji_in_wide_encodings(mark, encoding):
    assert read(mark + "Qué bien 😀\nSí".encode(encoding)) == ["Qué bien 😀", "Sí"]
