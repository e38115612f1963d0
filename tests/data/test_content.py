"""One file's content on its way: the ending of its name, its lines, and what too short a text does not say."""

import pytest

from helpers.data.corpus import formats
from helpers.data.corpus.account import Tally
from helpers.data.corpus.formats import packing
from helpers.data.corpus.formats.content import Content, lines_of
from helpers.data.corpus.text import BadContent


@pytest.mark.parametrize(
    "name, packed, ending",
    [
        ("Data/Es.CSV", False, ".csv"),
        ("https://a.org/b.csv?version=1.2#c.d", False, ".csv"),
        ("a.csv?b", False, ".csv?b"),  # of a file on the disk
        ("es.jsonl.gz", False, ".gz"),
        ("es.jsonl.gz", True, ".jsonl"),
        ("es.jsonl.xz.GZ", True, ".jsonl"),
        ("es", False, ""),
    ],
)
def test_the_ending_of_a_name(name, packed, ending):
    assert Content(name, [], packed=packed).ending == ending


@pytest.mark.parametrize("cut", range(1, 12))
def test_lines_end_as_on_any_machine_wherever_blocks_do(cut):
    text = b"a\r\nb\rc\nd\r\n\r\ne"
    assert list(lines_of([text[:cut], text[cut:]], 99, BadContent("too long"))) == ["a", "b", "c", "d", "", "e"]


def test_a_line_may_be_as_long_as_is_said():
    assert list(lines_of([b"abc", b"d\nx"], 4, BadContent("too long"))) == ["abcd", "x"]
    with pytest.raises(BadContent, match="too long"):
        list(lines_of([b"abc", b"de"], 4, BadContent("too long")))


def read(text, name="es.txt"):
    tally = Tally()
    return [line for batch in formats.read([text.encode("utf-8")], name, tally) for line in batch], tally.messages()


def test_a_line_or_two_with_a_backslash_are_not_a_programs_text():
    lines = ["Se escribe \\u00e1 en un programa.", "Los pájaros cantan.", "No lo sé.", "Está bien."]
    assert read("\n".join(lines))[0] == lines
    found, said = read("\n".join(lines[:1] * 5 + lines))
    assert found[0] == "Se escribe á en un programa." and any("u00e1" in each for each in said)


def test_signs_that_a_web_page_writes_in_words_are_signs_in_subtitles():
    cue = "WEBVTT\n\n00:01.000 --> 00:02.000\n&gt;&gt; ¿Tom &amp; Jerry?\n&gt;&gt; S&iacute;.\n"
    assert read(cue, "es.vtt")[0] == ["¿Tom & Jerry?", "Sí."]


def test_cues_may_follow_each_other_without_an_empty_line():
    cues = "".join(f"{n}\n00:00:0{n},000 --> 00:00:0{n},900\n{text}\n" for n, text in ((1, "Hola."), (2, "Son 12.")))
    assert read(cues + "3\n00:00:03,000 --> 00:00:03,900\nAdiós.\n", "es.srt")[0] == ["Hola.", "Son 12.", "Adiós."]


def test_line_breaks_within_a_cue_are_blanks():
    cue = "1\n00:00:01,000 --> 00:00:01,900\nEl perro\\Nladra[br]mucho.\n"
    assert read(cue, "es.srt")[0] == ["El perro ladra mucho."]


def test_a_damaged_line_of_times_is_no_text():
    cues = [("1", "00:00:01,000 --> 00:00:01,900", "Hola."), ("2", "00:00:02.0 -> 3", "¿Qué?")]
    cues.append(("3", "00:00:03,000 --> 00:00:03,900", "Adiós."))
    assert read("\n\n".join(map("\n".join, cues)), "es.srt")[0] == ["Hola.", "Adiós."]


def test_lines_after_a_quote_that_is_not_closed_keep_their_order():
    lines = [f"Frase número {n}.,es" for n in range(9)]
    lines[2], lines[7] = '"Frase sin fin,es', '"Frase número 7.",es'
    assert read("\n".join(["text,lang"] + lines) + "\n", "es.csv")[0] == (
        [f"Frase número {n}." if n != 2 else "Frase sin fin" for n in range(9)]
    )


def test_a_bracket_that_closes_nothing_does_not_end_a_file_of_json():
    with pytest.raises(BadContent, match="es.json is damaged or cut short"):
        read('{\n"text": "Hola a todos"}\n]\n{"text": "Qué tal, amigos"}\n', "es.json")


def test_a_list_of_json_that_is_cut_between_two_objects_is_cut_short():
    with pytest.raises(BadContent, match="the JSON of es.json is cut short"):
        read('[{"text": "Hola a todos"},\n', "es.json")


def test_of_two_columns_of_one_name_the_outer_one_is_text():
    row = '{"meta": {"text": "Una página de otra"}, "text": "Hola a todos"}\n'
    assert read(row * 2, "es.jsonl")[0] == ["Hola a todos"] * 2


def test_what_unpacks_to_little_is_no_bomb_and_what_unpacks_to_much_is(monkeypatch):
    import zlib

    def unpacked(size):
        packer = zlib.compressobj(9, wbits=31)
        content = Content("a.gz", [packer.compress(b"a" * size) + packer.flush()])
        return sum(map(len, packing.unpack(content, packing.GZIP)))

    monkeypatch.setattr(packing, "BOMB_BYTES", 1 << 20)
    assert unpacked(1 << 20) == 1 << 20
    with pytest.raises(BadContent, match="unpacks to over 250 times its size"):
        unpacked(2 << 20)
