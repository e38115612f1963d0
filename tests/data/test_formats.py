"""helpers/data/corpus/formats: every kind of file, recognised by its content, read or refused by name."""

import base64
import bz2
import functools
import gzip
import io
import itertools
import json
import lzma
import quopri
import re
import shlex
import subprocess
import tarfile
import tracemalloc
import zipfile

import pytest

from helpers.base.errors import TutorialError
from helpers.data.corpus import formats, sentences
from helpers.data.corpus.account import Tally
from helpers.data.corpus.formats import encodings
from helpers.data.corpus.formats.markup import join


def read(data, name, size=1 << 18, tally=None, **options):
    """The lines of a file, "" where a document ends."""
    data = data.encode("utf-8") if isinstance(data, str) else data
    blocks = (data[start : start + size] for start in range(0, len(data), size))
    batches = formats.read(blocks, name, tally or Tally(), formats.Options(**options))
    return [line for batch in batches for line in batch]


def zipped(members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def tarred(members):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


SRT = """1
00:00:01,000 --> 00:00:02,500
{\\an8}<i>Mañana</i> vendrá
mi hermana.

2
00:00:03,000 --> 00:00:04,000
- ¿Vienes?
– Sí &amp; no.

3
00:00:05,000 --> 00:00:06,000
♪ [MÚSICA] ♪

4
00:00:07,000 --> 00:00:08,000
1984

5
00:00:09,000 --> 00:00:10,000
Subtítulos por Ana para www.subtitulos.example.com
"""
SAID = ["Mañana vendrá mi hermana.", "¿Vienes?", "Sí & no.", "1984"]
VTT = """WEBVTT

NOTE made by
someone

intro
00:01.000 --> 00:02.000 align:start
<v Ana>Hola, Juan.

00:00:03.000 --> 00:00:04.000
¿Qué tal?
"""
TMX = """<?xml version="1.0"?><!DOCTYPE tmx SYSTEM "tmx14.dtd"><tmx version="1.4"><header srclang="en"/><body>
<tu><tuv xml:lang="en"><seg>Hello</seg></tuv><tuv xml:lang="es-MX"><seg>Hola <bpt i="1">{b}</bpt>mundo</seg></tuv></tu>
</body></tmx>"""
OPUS = '<?xml version="1.0" encoding="{}"?>\n<document><s id="1"><w>¿</w><w>Qué</w> <w>año</w>'
OPUS += '<w>,</w><w>"</w><w>sí</w><w>"</w><w>?</w></s></document>'
CONLLU = "# newdoc\n# sent_id = 1\n1-2\tVámonos\t_\t_\t_\t_\t_\t_\t_\tSpaceAfter=No\n"
CONLLU += "".join(
    f"{number}\t{word}\tx\tX\t_\t_\t0\tx\t_\t_\n" for number, word in ((1, "Vamos"), (2, "nos"), (3, "."))
)
XLIFF = """<xliff version="1.2"><file {}><body><trans-unit id="1"><source>Hola <g id="1">mundo</g></source><target>Hola
<bpt id="2">b</bpt>mundo</target></trans-unit></body></file></xliff>"""
ESPANOL = "¿Adónde vas mañana, niño? ¡Qué ilusión! 🐦"
ROWS = [{"id": number, "content": f"Una frase número {number}."} for number in range(5)]
FRASES = [row["content"] for row in ROWS]

READ = [
    ("a.srt", SRT, SAID),
    ("a.txt", SRT.replace("\n", "\r\n"), SAID),
    ("a.SRT", SRT.encode("utf-16"), SAID),
    ("a.srt", SRT.replace("♪", "").replace("–", "-").encode("cp1252") * 3, SAID * 3),
    ("a.vtt", VTT, ["Hola, Juan.", "¿Qué tal?"]),
    ("a.xml", OPUS.format("utf-8"), ['¿Qué año, "sí"?']),
    ("a.xml", OPUS.format("iso-8859-1").encode("latin-1"), ['¿Qué año, "sí"?']),
    ("a.xml", '<text><p><s id="1">Hola, <i>amigo</i>.</s>\n<s>Adiós</s></p></text>', ["Hola, amigo.", "Adiós"]),
    ("a.conllu", CONLLU, ["", "Vámonos."]),
    ("a.json", json.dumps(ROWS), FRASES),
    ("a.json", json.dumps({"version": 1, "data": ROWS}, indent=1), FRASES),
    ("a.json", json.dumps(["uno", "dos"]), ["uno", "dos"]),
    ("a.ndjson", "\n".join(map(json.dumps, ROWS)), FRASES),
    ("a.jsonl", json.dumps({"text": "Uno.\nDos."}) + "\n" + json.dumps({"text": "Tres."}),
     ["Uno.", "Dos.", "", "Tres.", ""]),
    ("a.csv", 'id;comentario;fecha\n1;"Muy bueno; de verdad";2020-01-01\n2;"Dice ""no""\nsiempre";2020-01-02\n',
     ["Muy bueno; de verdad", "", 'Dice "no"', "siempre", ""]),
    ("a.csv", "id,text\n1,Hola, ¿qué tal?\n2,Muy bien\n", ["Hola, ¿qué tal?", "Muy bien"]),
    ("a.csv", '1,"Hola, ¿qué tal?"\n2,Muy bien y tú\n', ["Hola, ¿qué tal?", "Muy bien y tú"]),
    ("a.csv", 'text\n"Hola, amigo mío"\nQué tal\n', ["Hola, amigo mío", "Qué tal"]),
    ("a.txt", "".join(f"{number}\tUna frase número {number}.\n" for number in range(5)), FRASES),
    ("a.zip", zipped({"a.txt": "uno\ndos", "b/C.TXT": "año", "README": "x", "x.pdf": "%PDF", "__MACOSX/._a.txt": "q"}),
     ["uno", "dos", "", "año"]),
    ("a.zip", zipped({"a.srt": SRT}), SAID),
    ("a.tar.gz", tarred({"d/a.txt": "uno\naño\n".encode(), "d/LICENSE": b"x", "d/x.png": b"\x89PNG"}), ["uno", "año"]),
    ("a.xz", lzma.compress("uno\naño\n".encode()), ["uno", "año"]),
    ("a.bz2", bz2.compress(b"uno\n") + bz2.compress(b"dos\n"), ["uno", "dos"]),
    ("a.csv.gz", gzip.compress(b"id,text\n1,Uno dos tres\n"), ["Uno dos tres"]),
    ("a.srt", SRT.replace("\n", "\r"), SAID),
    ("a.sbv", "0:00:01.000,0:00:02.500\nHola, Juan.\n\n0:00:03.000,0:00:04.000\n¿Qué tal?\n",
     ["Hola, Juan.", "¿Qué tal?"]),
    ("a.sub", "[INFORMATION]\n[TITLE]x\n[SUBTITLE]\n" + "00:00:01.00,00:00:02.50\nHola,[br]Juan.\n\n" * 3,
     ["Hola, Juan."] * 3),
    ("a.vtt", "WEBVTT\n\n" + "".join(
        f"00:0{number}.000 --> 00:0{number}.900\n{before}\n{one}<00:00:01.000><c> {two}</c>\n\n"
        for number, before, one, two in [
            (1, " ", "Hola,", "Juan."), (2, "Hola, Juan.", "¿Qué", "tal?"), (3, "¿Qué tal?", "Muy", "bien."),
        ]),
     ["Hola, Juan.", "¿Qué tal?", "Muy bien."]),
    ("a.jsonl", "\n".join(json.dumps({"id": row["id"], "data": {"text": row["content"]}}) for row in ROWS), FRASES),
    ("a.jsonl", '{"messages": [{"role": "user", "content": "¿Qué tal?"}, {"role": "bot", "content": "Muy bien."}]}\n',
     ["¿Qué tal?", "Muy bien.", ""]),
    ("a.json", json.dumps({"data": [{"title": "t", "paragraphs": [{"context": frase} for frase in FRASES]}]}),
     FRASES + [""]),
    ("a.csv", "sep=|\nid|text\n1|Hola, amigo mío\n", ["Hola, amigo mío"]),
    ("a.csv", "Exportado en mayo\n\nid;comment\n" + "".join(f"{n};Una frase; la {n}\n" for n in range(3)),
     ["Una frase; la 0", "Una frase; la 1", "Una frase; la 2"]),
    ("a.csv", 'id,text\n1,"Dijo "hola" y se fue"\n2,"Sin final\n3,"Muy bien y tú"\n',
     ['Dijo "hola" y se fue', "Sin final", "Muy bien y tú"]),
    ("a.zip", zipped({"b.zip": zipped({"a.txt": "uno\ndos"})}), ["uno", "dos"]),
    ("a.txt.gz.gz", gzip.compress(gzip.compress(b"uno\ndos")), ["uno", "dos"]),
    ("a.txt.lzma", lzma.compress("uno\naño\n".encode(), format=lzma.FORMAT_ALONE), ["uno", "año"]),
    ("a.txt", "\u2028".join(FRASES), FRASES),
    ("a.csv", 'sep=\0\nid;text\n1;"uno"\n2;"dos"\n', ["uno", "dos"]),
    ("a.txt", "\x85".join(FRASES), FRASES),
    ("a.txt", "\r".join(FRASES), FRASES),
    ("a.txt", "\n".join(json.dumps(ESPANOL)[1:-1] for _ in range(9)), [ESPANOL] * 9),
    ("a.txt", "\\n".join(FRASES * 2), FRASES * 2),
    ("a.txt", "\n".join([ESPANOL.encode("ascii", "xmlcharrefreplace").decode(), "Ma&ntilde;ana &lt;3 &amp;c; R&D"] * 9),
     [ESPANOL, "Mañana <3 &c; R&D"] * 9),
    ("a.txt", ESPANOL.encode("utf-7").join([b"", b"\n"]) * 9, [ESPANOL] * 9),
    ("a.txt", "\n".join(["今天天气很好", "我们去公园吧", ""]).encode("hz"), ["今天天气很好", "我们去公园吧"]),
    ("a.txt", "\n".join(["새들이 정원에서", "노래한다", ""]).encode("iso2022_kr"), ["새들이 정원에서", "노래한다"]),
    ("a.txt", b"".join((ESPANOL[:-2] + "\n").encode(name) for name in ("utf-8", "cp1252") * 20), [ESPANOL[:-2]] * 40),
    ("wiki_00", '<doc id="1" url="u" title="A &amp; B">\nA & B\n\nUno.\n\nDos.\n</doc>\n'
     '<doc id="2" url="u" title="C">\nC\n\nTres.\n</doc>\n',
     ["", "Uno.", "Dos.", "", "Tres."]),
]  # fmt: skip


@pytest.mark.parametrize("place", range(len(READ)))
@pytest.mark.parametrize("size", [7, 1 << 18])
def test_what_is_read(place, size):
    name, data, expected = READ[place]
    assert read(data, name, size) == expected


REFUSED = [
    ("a.txt", "\ufeff<!-- x -->\n<?xml version='1.0'?>\n<!DOCTYPE html><p>", ["HTML", "pandoc"]),
    ("a.xml", '<?xml version="1.0"?><svg xmlns="x"></svg>', ["XML of a kind"]),
    ("a.xml", '<?xml version="1.0"?><mediawiki xmlns="x">', ["wikiextractor"]),
    ("a.xml", '<?xml version="1.0"?><cesAlign version="1.0"><linkGrp/>', ["which sentences"]),
    ("a.xml", '<?xml version="1.0"?><!DOCTYPE document [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'
     '<document><s>&b;</s></document>',
     ["entities"]),
    ("a.xml", '<?xml version="1.0"?><document><s id="1">Hola', ["damaged or cut short"]),
    ("a.tmx", TMX, ["en and es-MX", "CORPUS_LANGUAGE"]),
    ("a.json", '{"message": "Not Found", "documentation_url": "x"}', ["server's error"]),
    ("a.jsonl", '{"es": "Hola a todos", "en": "Hi to all"}\n', ["several columns", "es, en", "CORPUS_COLUMN"]),
    ("a.jsonl", '{"text": "Hola a todos"}\n{"text": "Hol', ["line 2", "no JSON"]),
    ("a.json", json.dumps(ROWS)[:-9], ["damaged or cut short"]),
    ("a.json", "[1, 2]", ["not of objects"]),
    ("a.csv", "id,n\n1,2\n", ["no column that looks like text"]),
    ("a.txt", "".join(f"Una frase número {n}.\tSentence number {n}.\n" for n in range(9)), ["several columns"]),
    ("a.zip", zipped({"B.en-es.en": "hi", "B.en-es.es": "hola", "B.en-es.xml": "x"}), ["en and es", "CORPUS_LANGUAGE"]),
    ("a.zip", zipped({"x.pdf": "%PDF"}), ["no file of text"]),
    ("a.zip", zipped({"a.txt": "uno\ndos" * 50})[:-30], ["damaged or cut short"]),
    ("a.docx", zipped({"[Content_Types].xml": "x", "word/document.xml": "x"}), ["Word", "pandoc"]),
    ("a.tar.gz", tarred({"a.txt": b"uno\n" * 99})[:-20], ["cut short"]),
    ("a.xz", lzma.compress(b"uno\n")[:-5], ["xz", "cut short"]),
    ("a.bz2", bz2.compress(b"uno\n" * 500)[:20] + b"x" * 60, ["bzip2", "damaged"]),
    ("a.zst", b"hola", ["not a zstd file"]),
    ("a.sub", "{1}{25}Hola|que tal\n", ["MicroDVD", "ffmpeg"]),
    ("a.ass", "[Script Info]\nTitle: x\n", ["SubStation", "ffmpeg"]),
    ("a.ass", "; made by hand\n[Script Info]\nTitle: x\n", ["SubStation", "ffmpeg"]),
    ("a.idx", "# VobSub index file, v7\nsize: 720x576\n", ["pictures"]),
    ("a.xlf", XLIFF.format('source-language="en" target-language="es"'), ["en and es", "CORPUS_LANGUAGE"]),
    ("a.po", 'msgid ""\nmsgstr ""\n"Language: es\\n"\n\nmsgid "Yes"\nmsgstr "Sí"\n', ["gettext", "po2tmx"]),
    ("a.txt", "".join(f"<div class='x'><p>{frase}</p></div>\n" for frase in FRASES), ["HTML", "-f html"]),
    ("a.xml", "<root>\n" + "".join(f"<item>{frase}</item>\n" for frase in FRASES) + "</root>", ["between tags (XML)"]),
    ("a.txt", '<svg width="9">' + '<path d="M0 0"/>\n' * 9 + "</svg>", ["between tags (XML)"]),
    ("a.txt", "<text id=1>\n" + "<s>\nel\tD\tel\npan\tN\tpan\nes\tV\tser\n</s>\n" * 9, ["a word a line"]),
    ("a.txt", "From ana@x.es Mon Jan 1 00:00:00 2024\nSubject: x\n\nHola\n", ["mail"]),
    ("a.sql", "INSERT INTO t VALUES\n(1,'Hola');\n", ["SQL", "CSV"]),
    ("a.yml", "- texto: Hola\n", ["YAML"]),
    ("a.py", "import os\n", ["source", ".txt"]),
    ("a.txt", base64.encodebytes(SRT.encode() * 2), ["base64 -d"]),
    ("a.txt", quopri.encodestring((ESPANOL + "\n").encode() * 9), ["quopri -d"]),
    ("a.epub", zipped({"META-INF/container.xml": "x", "a.xhtml": "x"}), ["e-book", "pandoc"]),
    ("a.pdf", b"\n\n%PDF-1.7\n" + bytes(99), ["PDF", "pdftotext"]),
    ("a.txt", "\n".join(FRASES * 9).replace("ú", "?"), ["lost letters", "normalize=False"]),
    ("a.txt", "\n".join(FRASES * 9).replace("ú", "\ufffd"), ["lost letters"]),
    ("a.txt", "\n".join(FRASES * 9).encode("cp1252").decode("cp1251"), ["lost letters"]),
    ("a.txt", (("\n".join(FRASES) + "\n") * 999).encode() + (("\n".join(FRASES) + "\n") * 99).encode("utf-16-le"),
     ["UTF-8 in one part"]),
    ("a.gz", functools.reduce(lambda data, _: gzip.compress(data), range(5), b"uno"), ["over and over"]),
    ("a.txt", b"\xff" * 9999, ["not UTF-8"]),
    ("a.ipynb", '{\n "cells": [], "nbformat": 4}', ["notebook"]),
    ("a.txt", "version https://git-lfs.github.com/spec/v1\noid sha256:1\n", ["git lfs pull"]),
    ("a.tex", "\\documentclass{article}\n", ["LaTeX"]),
    ("a.txt", b"\x89PNG\r\n\x1a\n" + bytes(100), ["picture"]),
    ("a.txt", bytes(range(256)) * 16, ["not text"]),
    ("a.txt", "새들이\n".encode("iso2022_kr") * 4 + b"\x1b$)x>\n<x>a</x>\n", ["damaged", "escape sequence"]),
]  # fmt: skip


@pytest.mark.parametrize("place", range(len(REFUSED)))
def test_what_is_refused(place):
    name, data, words = REFUSED[place]
    with pytest.raises(TutorialError) as error:
        read(data, name)
    said = str(error.value)
    assert name in said and "\n" not in said and len(said) < 400 and all(word in said for word in words)


@pytest.mark.parametrize(
    "stamp", ["[{0}][1{0}]", "[00:0{0}.00] ", "3/5/24, 10:0{0} - ", "2024-05-0{0} 10:00:00 ", "00:00:0{0}:"]
)
def test_lines_that_begin_with_a_time_are_refused_and_the_remedy_takes_it_away(stamp, tmp_path):
    data = "".join(f"{stamp.format(n)}{frase}\n" for n, frase in enumerate(FRASES))
    with pytest.raises(TutorialError, match="a time at the beginning of each line") as error:
        read(data, "a.txt")
    program, option, script = shlex.split(re.search(r"sed -E '[^']+'", str(error.value)).group())
    done = subprocess.run([program, option, script], input=data.encode(), stdout=subprocess.PIPE, check=True)
    assert read(done.stdout, "a.txt") == FRASES


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "mac_roman", "cp850", "cp1251"])
@pytest.mark.parametrize("times", [1, 2])
def test_utf8_decoded_in_any_usual_encoding_is_mended(encoding, times):
    text = "\n".join(FRASES)
    for _ in range(times):
        text = text.encode("utf-8").decode(encoding)
    tally = Tally()
    assert read(text, "a.txt", tally=tally) == FRASES and tally.mended_lines == len(FRASES)


def test_a_language_of_several_is_chosen():
    assert read(TMX, "a.tmx", language="es") == ["Hola mundo"] and read(TMX, "a.tmx", language="EN") == ["Hello"]
    both = XLIFF.format('source-language="en" target-language="es-MX"')
    assert read(both, "a.xlf", language="en") == read(both, "a.xlf", language="es") == ["Hola mundo"]
    with pytest.raises(TutorialError, match="nothing in fr, only in en, es-MX"):
        read(TMX, "a.tmx", language="fr")
    pairs = zipped({"B.en-es.en": "hi", "B.en-es.es": "hola", "B.en-es.xml": "x", "LICENSE": "l"})
    assert read(pairs, "a.zip", language="es") == ["hola"]


def test_a_column_of_several_is_chosen():
    rows = '{"es": "Hola a todos", "en": "Hi to all"}\n'
    assert read(rows, "a.jsonl", column="es") == ["Hola a todos"] and read(rows, "a.jsonl", column="2") == ["Hi to all"]
    with pytest.raises(TutorialError, match="did you mean 'es'"):
        read(rows, "a.jsonl", column="ess")


def test_rows_without_text_are_counted():
    tally = Tally()
    assert read('{"text": "uno"}\n{"text": null}\n{"x": 1}\n', "a.jsonl", tally=tally) == ["uno"]
    assert tally.left_out == {"rows without text": 2}


def test_words_are_joined_as_they_are_written():
    assert join(["Dijo", ":", "«", "¡", "Sí", "!", "»", "(", "o", "no", ")", "."]) == "Dijo: «¡Sí!» (o no)."
    assert join(['"', "Hola", '"', ",", "dijo", "."]) == '"Hola", dijo.'


TEXTS = {
    "es": ("¿Dónde está mañana la niña? ¡Qué sé yo! El camión pasó el árbol. ", "cp1252 cp850 mac_roman latin-1"),
    "es, typographic": ("“¿Dónde está?” — dijo… Cuesta 5 €. ¡Qué sé yo! ", "cp1252"),
    "fr": ("Les élèves ont déjà mangé. Où êtes-vous allés ? Ça va très bien. ", "cp1252 mac_roman"),
    "pt": ("Não sei o que você quer. A avó já vai à feira com o irmão. ", "cp1252 cp850"),
    "de": ("Die Vögel singen schön. Grüße aus München, wo die Straßen naß sind. ", "cp1252 mac_roman"),
    "pl": ("Ptaki śpiewają w ogrodzie. Żółta łódź płynie po rzece, źle się czuję. ", "cp1250 iso8859_2"),
    "tr": ("Kuşlar bahçede şarkı söylüyor. Bugün hava çok güzel, değil mi? İyi günler. ", "cp1254"),
    "ru": (
        "Птицы поют в саду. Мы говорим о погоде. Он сказал, что придёт. ",
        "cp1251 koi8_r cp866 iso8859_5 mac_cyrillic",
    ),
    "el": ("Τα πουλιά τραγουδούν στον κήπο. Καλημέρα, τι κάνεις; ", "cp1253"),
    "he": ("הציפורים שרות בגן. שלום, מה שלומך היום? ", "cp1255"),
    "ar": ("الطيور تغني في الحديقة. ما اسمك؟ اسمي أحمد. ", "cp1256"),
    "th": ("นกกำลังร้องเพลงอยู่ในสวน วันนี้อากาศดีมาก ", "cp874"),
    "zh": ("今天天气很好，我们去公园吧！你叫什么名字？我叫小明。", "gbk gb18030"),
    "zh-tw": ("今天天氣很好，我們去公園吧！你叫什麼名字？我叫小明。", "big5"),
    "ja": ("今日はいい天気ですね。鳥が庭で歌っています。ラーメンを食べたいです。", "shift_jis euc_jp iso2022_jp"),
    "ko": ("새들이 정원에서 노래한다. 오늘 날씨가 정말 좋네요. 이름이 뭐예요? ", "euc_kr"),
}


@pytest.mark.parametrize(
    "language, encoding", [(name, encoding) for name, (_, known) in TEXTS.items() for encoding in known.split()]
)
def test_an_encoding_is_found_out_or_the_remedy_gives_this_very_text(language, encoding):
    line = TEXTS[language][0].strip()
    data = (line + "\n").encode(encoding) * 40
    try:
        assert read(data, "a.txt", split_lines=False) == [line] * 40
    except TutorialError as error:
        named = re.search('CORPUS_ENCODING = "([^"]+)"', str(error)).group(1)
        assert data.decode(named) == (line + "\n") * 40, named
        assert read(data, "a.txt", encoding=named, split_lines=False) == [line] * 40


@pytest.mark.parametrize("encoding", "utf-8-sig utf-16 utf-16-le utf-16-be utf-32 utf-32-le utf-32-be".split())
@pytest.mark.parametrize("language", sorted(TEXTS))
def test_unicode_by_mark_or_pattern(language, encoding):
    line = TEXTS[language][0].strip()
    assert read((f"{line}\n" * 9).encode(encoding), "a.txt", split_lines=False) == [line] * 9


def test_each_file_is_judged_by_itself():
    tally = Tally()
    names = {"a.txt": "¿Dónde está mañana la niña?\n".encode("cp1252") * 9, "b.txt": "¿Dónde está?\n" * 5000}
    assert len(read(zipped(names), "a.zip", tally=tally)) == 5010 and not tally.bad_bytes


def test_text_that_shows_its_encoding_late():
    data = b"plain words here\n" * 9000 + "mañana será otro día, ¿verdad?\n".encode("cp1252") * 900
    assert read(data, "a.txt")[-1] == "mañana será otro día, ¿verdad?"
    mixed = ("mañana\n" * 12000).encode() + "mañana será otro día, ¿verdad?\n".encode("cp1252") * 3000
    with pytest.raises(TutorialError, match="UTF-8 in one part"):
        read(mixed, "a.txt")


def test_an_encoding_that_is_none():
    with pytest.raises(TutorialError, match="did you mean 'cp1252'"):
        encodings.check("cp12522")
    assert encodings.check(" ") is None and encodings.check("latin-1") == "iso8859-1"


@pytest.mark.parametrize(
    "text",
    [
        "Mañana, ¿vendrás? «Sí» — dijo…",
        "“Hola”, dijo el niño.",
        "Птицы поют в саду.",
        "今天天气很好。",
        "Καλημέρα κόσμε",
        "مرحبا يا صديقي",
        "Vale 5 € 🙂",
    ],
)
@pytest.mark.parametrize("encoding", ["cp1252", "latin-1"])
def test_utf8_decoded_twice_is_mended(text, encoding):
    tally = Tally()
    twice = "".join(_decoded(bytes([byte]), encoding) for byte in text.encode("utf-8"))
    assert read(twice, "a.txt", tally=tally) == [text] and tally.mended_lines == 1
    assert read(twice, "a.txt", normalize=False) != [text]


def _decoded(byte, encoding):
    try:
        return byte.decode(encoding)
    except UnicodeDecodeError:
        return byte.decode("latin-1")  # as browsers and most programs do


@pytest.mark.parametrize(
    "line",
    [
        "Dijo que está…”",
        "«CAFÉ»… ¡ÑANDÚ!",
        "Spaß…",
        "L’été à Nîmes – « très beau »",
        "NÃO SEI, MÃE",
        "Él—¿quién?—vendrá…",
    ],
)
def test_sound_text_is_left_alone(line):
    tally = Tally()
    assert read(f"{line}\n" * 5, "a.txt", tally=tally, split_lines=False)[0].replace("\u00a0", " ") == line
    assert not tally.mended_lines


@pytest.mark.parametrize(
    "text, expected",
    [
        ("Hola. ¿Qué tal? ¡Bien!", ["Hola.", "¿Qué tal?", "¡Bien!"]),
        ("El Sr. López vino con J. R. Pérez. Se fue.", ["El Sr. López vino con J. R. Pérez.", "Se fue."]),
        ("Dijo «ya voy.» Y se fue… pero volvió.", ["Dijo «ya voy.»", "Y se fue… pero volvió."]),
        ("Cuesta 3.50 euros. Es mucho.", ["Cuesta 3.50 euros.", "Es mucho."]),
        ("今天很好。我们走吧！好", ["今天很好。", "我们走吧！", "好"]),
        ("क्या हाल है? मैं ठीक हूँ। तुम?", ["क्या हाल है?", "मैं ठीक हूँ।", "तुम?"]),
        ("ما اسمك؟ اسمي أحمد.", ["ما اسمك؟", "اسمي أحمد."]),
        ("", []),
    ],
)
def test_sentences(text, expected):
    assert sentences.split(text) == expected


def test_what_is_too_long_without_an_end_is_cut_where_it_can_be():
    words = "palabra " * 200
    pieces = sentences.split(words)
    assert " ".join(pieces).split() == words.split() and max(map(len, pieces)) <= sentences.LONG
    assert sentences.split("A" * 5000) == ["A" * 5000]
    thai = "นกกำลังร้องเพลงอยู่ในสวน " * 30
    assert max(map(len, sentences.split(thai))) <= sentences.LONG_UNSPACED


def test_paragraphs_are_split_by_themselves_and_sentences_are_not():
    paragraph = " ".join(f"Esta es la frase número {number} del párrafo." for number in range(20))
    tally = Tally()
    lines = read(f"{paragraph}\n" * 3, "a.txt", tally=tally)
    assert lines.count("") == 3 and len(lines) == 63 and (tally.split_lines, tally.sentences) == (3, 60)
    assert read(f"{paragraph}\n" * 3, "a.txt", split_lines=False) == [paragraph] * 3
    assert read("Uno. Dos.\n", "a.txt") == ["Uno. Dos."] and read("Uno. Dos.\n", "a.txt", split_lines=True) == [
        "Uno.",
        "Dos.",
    ]


def rows_without_end(count):
    row = json.dumps({"id": 1, "text": "Los pájaros están cantando en el jardín."}).encode() + b"\n"
    return itertools.repeat(row * 500, count)


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.csv", "a.srt", "a.xml"])
def test_memory_stays_flat(name):
    block = {
        "a.csv": b'1,"Los p\xc3\xa1jaros est\xc3\xa1n cantando."\n' * 500,
        "a.srt": b"1\n00:00:01,000 --> 00:00:02,000\nLos p\xc3\xa1jaros cantan.\n\n" * 500,
        "a.xml": b"<s><w>Los</w> <w>cantan</w><w>.</w></s>\n" * 500,
    }.get(name)
    start = {"a.csv": b"id,text\n", "a.xml": b"<document>", "a.json": b"["}.get(name, b"")
    count = 120  # 4 MB and more
    blocks = itertools.repeat(block, count) if block else rows_without_end(count)
    if name == "a.json":
        blocks = (piece.replace(b"\n", b",") for piece in blocks)
    end = {"a.xml": b"</document>", "a.json": b"{}]"}.get(name, b"")
    tracemalloc.start()
    lines = sum(map(len, formats.read(itertools.chain([start], blocks, [end]), name, Tally())))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert lines >= 500 * count and peak < 6 << 20
