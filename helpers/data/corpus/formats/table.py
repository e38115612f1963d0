"""The table of formats: how each is recognised, and what reads it, or why it is refused and what to do instead.

A new format is a new row here and a reader beside the others.  Rows are tried from the top; the first that recognises a
file's beginning has it.  The content decides; a name's ending only helps where the content alone could be either.
"""

import json
import re
from typing import Any, Callable, NamedTuple, Optional

from helpers.data.corpus.formats import disguised, markup, packing, subtitles
from helpers.data.corpus.formats.content import Content
from helpers.data.corpus.formats.tables import arrow_rows, csv_rows, json_rows

PROGRAMS = (".py", ".js", ".ts", ".c", ".h", ".cpp", ".java", ".go", ".rs", ".sh", ".css", ".php", ".rb", ".sql")
PANDOC = "convert it to text, for example with pandoc -t plain --wrap=none -o text.txt FILE"


class Format(NamedTuple):
    """A row: its name; whether a file is one, from its :class:`Content` and, for the rows of text, its beginning as
    text; and one of ``read`` (for text: ``read(content, options, tally)`` yields blocks of UTF-8 text; for what is
    packed: ``read(content)`` yields blocks, or Contents) and ``refusal`` (how the sentence goes on after the name)."""

    name: str
    recognise: Callable[..., Any]
    read: Optional[Callable[..., Any]] = None
    refusal: str = ""


def _starts(*magics: bytes) -> Callable[[Content], bool]:
    return lambda content: content.head.startswith(magics)


def _has(pattern: str, flags: int = 0) -> Callable[[Content, str], Any]:
    compiled = re.compile(pattern, flags)
    return lambda content, text: compiled.search(text)


def _zip_with(*members: bytes) -> Callable[[Content], bool]:
    return lambda content: content.head.startswith(b"PK\x03\x04") and any(name in content.head for name in members)


def _is_tar(content: Content) -> bool:
    return content.head[257:262] == b"ustar"


def _is_arrow(content: Content) -> bool:
    stream = content.head[:4] == b"\xff\xff\xff\xff" and 0 < int.from_bytes(content.head[4:8], "little") < 1 << 26
    return stream or content.head.startswith(b"ARROW1\0\0")


def _is_binary(content: Content) -> bool:
    head = content.head
    if len(head) < 1024:
        return False
    control = len(head) - len(head.translate(None, bytes(set(range(32)) - {9, 10, 12, 13, 27})))
    return control > len(head) * 0.1


def _is_xz(content: Content) -> bool:
    return content.head.startswith(b"\xfd7zXZ\0") or _LZMA.match(content.head) is not None


_LZMA = re.compile(rb"\]\0\0[\0-\x80][\0-\x08](?:\xff{8}|[\0-\xff]{5}\0{3})")  # what xz was before: .lzma

# What is packed: read as what comes out of it.
PACKED = [
    Format("a Word document", _zip_with(b"word/document", b"word/_rels"), refusal=f"is a Word document, not "
    f"text: {PANDOC}"),
    Format("a spreadsheet", _zip_with(b"xl/workbook", b"xl/worksheets", b"application/vnd.oasis.opendocument.spread"),
           refusal="is a spreadsheet, not text: save it as CSV (UTF-8)"),
    Format("an office document", _zip_with(b"mimetypeapplication/", b"META-INF/container.xml", b"ppt/slides",
                                           b"[Content_Types].xml"),
           refusal=f"is a document of an office program or an e-book, not text: {PANDOC}"),
    Format("gzip", _starts(b"\x1f\x8b"), lambda content: packing.unpack(content, packing.GZIP)),
    Format("bzip2", lambda content: re.match(rb"BZh[1-9](?:1AY&SY|\x17\x72\x45)", content.head),
           lambda content: packing.unpack(content, packing.BZIP2)),
    Format("xz", _is_xz, lambda content: packing.unpack(content, packing.XZ)),
    Format("zstd", _starts(b"\x28\xb5\x2f\xfd"), lambda content: packing.unpack(content, packing.zstd(content.name))),
    Format("zip", _starts(b"PK\x03\x04", b"PK\x05\x06"), packing.unzip),
    Format("tar", _is_tar, packing.untar),
]  # fmt: skip

# What is known by its bytes.
BINARY = [
    Format("Parquet", _starts(b"PAR1"), arrow_rows.read_parquet),
    Format("Arrow", _is_arrow, arrow_rows.read_arrow),
    Format("a PDF", lambda content: content.head[:1024].lstrip().startswith(b"%PDF-"),
           refusal="is a PDF, not text: take its text out with pdftotext -layout FILE text.txt, and look it over"),
    Format("PostScript", _starts(b"%!PS"), refusal="is PostScript, not text: take its text out with ps2ascii"),
    Format("a 7-Zip archive", _starts(b"7z\xbc\xaf"), refusal="is a 7-Zip archive: unpack it (7z x) and give "
    "the folder"),
    Format("a RAR archive", _starts(b"Rar!"), refusal="is a RAR archive: unpack it (unrar x) and give the folder"),
    Format("another packing", _starts(b"\x04\x22\x4d\x18", b"LZIP", b"\x1f\x9d"),
           refusal="is packed in a way that is not read here (lz4, lzip or compress): unpack it, or pack it as .gz"),
    Format("an old office document", _starts(b"\xd0\xcf\x11\xe0"),
           refusal="is a document of an old office program, not text: save it as plain text in UTF-8 there"),
    Format("a picture", _starts(b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM\0", b"II*\0", b"MM\0*", b"AT&TFORM"),
           refusal="is a picture, not text: give a file of text"),
    Format("sound or film", _starts(b"ID3", b"OggS", b"RIFF", b"fLaC", b"\x1aE\xdf\xa3", b"\0\0\0\x18ftyp",
                                   b"\0\0\0\x20ftyp"),
           refusal="is sound or film, not text: give its subtitles (.srt or .vtt)"),
    Format("a database", _starts(b"SQLite format 3\0"),
           refusal="is a database (SQLite), not text: export the table as CSV"),
    Format("an array", _starts(b"\x93NUMPY", b"\x89HDF", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05",
                              b"Obj\x01", b"ORC", b"FEA1"),
           refusal="holds data of a program (NumPy, HDF5, pickle, Avro, ORC), not text: save it as text, JSON "
           "lines or Parquet"),
    Format("a program", _starts(b"\x7fELF", b"MZ\x90", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"\0asm"),
           refusal="is a program, not text: give a file of text"),
    Format("Finder data", _starts(b"\0\x05\x16\x07", b"\0\0\0\x01Bud1"),
           refusal="is what macOS keeps beside a file, not text: give the file itself"),
]  # fmt: skip
# Those of the readers that take a column.
TABLES = (arrow_rows.read_parquet, arrow_rows.read_arrow, csv_rows.read_table, json_rows.read_json_lines,
          json_rows.read_json)  # fmt: skip
# Tried last of what is known by its bytes, when the file shows no wide encoding.
UNKNOWN_BINARY = Format("binary data", _is_binary, refusal="is not text (it is full of NUL bytes or control "
"characters): give a file of text, plain "
    "or packed")  # fmt: skip

_HTML_LEAD = r"\A(?:\s|<!--.*?-->|<\?xml[^>]*>|<!--[^>]*\Z)*"
_XML_LEAD = r"\A(?:\s|<!--.*?-->|<\?.*?\?>|<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>)*"


def _is_error_json(content: Content, text: str) -> bool:
    if len(text) > 4096 or not text.lstrip().startswith("{"):
        return False
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return False
    known = {
        "error",
        "errors",
        "message",
        "detail",
        "status",
        "code",
        "documentation_url",
        "success",
        "statuscode",
        "title",
        "type",
    }
    keys = {key.lower() for key in value} if isinstance(value, dict) else set()
    return bool(keys & {"error", "errors", "message", "detail"}) and keys <= known


def _is_json_lines(content: Content, text: str) -> bool:
    first, end, _ = text.lstrip("\ufeff \t\r\n").partition("\n")
    if not re.match(r'\{\s*(?:"|\}\s*\Z)', first):
        return False
    if not end and len(content.head) >= 4096:
        return content.ending in (".jsonl", ".ndjson", ".jsonlines")
    try:
        json.loads(first)
    except (ValueError, RecursionError):
        # A damaged line is still one of JSON lines where the next one is sound, or the name says so.
        return content.ending in (".jsonl", ".ndjson", ".jsonlines")
    return True


_JSON = re.compile(
    r'\A\ufeff?\s*(?:\{\s*"(?:[^"\\]|\\.)*"\s*:|\[\s*\{\s*(?:"|\})|\[\s*\]\s*\Z|\[\s*"(?:[^"\\]|\\.)*"\s*[,\]])'
)


def _is_json(content: Content, text: str) -> bool:
    return bool(_JSON.match(text)) or (content.ending == ".json" and text.lstrip()[:1] in ("{", "["))


def _is_subrip(content: Content, text: str) -> bool:
    beginning = "\n".join(line for line in text[:2000].split("\n") if line.strip()).split("\n")[:5]
    return any(subtitles.TIMES.match(line) for line in beginning) or len(subtitles.TIMES.findall(text)) > 2


def _is_table(content: Content, text: str) -> bool:
    return content.ending in (".csv", ".tsv", ".tab") or csv_rows.delimiter(text, content.ending) is not None


def _is_markdown(content: Content, text: str) -> bool:
    if content.ending in (".md", ".markdown", ".rmd"):
        return True
    heading = re.search(r"^#{1,6} \S", text, re.M)
    return bool(heading) and len(re.findall(r"\]\(\w+://|^```|\*\*\w", text, re.M)) > 4


_FIELD = r"(?:From|To|Subject|Date|Received|Return-Path|Delivered-To|Message-ID|MIME-Version|Content-Type|X-[\w-]+)"
_MAIL = rf"\A(?:From \S+ .*\d\n{_FIELD}: |(?:{_FIELD}: .*\n(?:[ \t].*\n)*){{3}})"

# What is known by its text.
TEXT = [
    Format("a web page", _has(_HTML_LEAD + r"<(?:!doctype\s+html|html|head|body|meta|script|title)\b", re.I | re.S),
           refusal="is a web page (HTML), not text: check the address, or whether the site asks for a login; if "
           "it is the "
           "page's text that you want, " + PANDOC),
    Format("a Git-LFS pointer", _has(r"\A\s*version https://git-lfs"),
           refusal="is a pointer of Git LFS, not the file itself: fetch that with git lfs pull, or download it "
           "from the "
           "site's own page"),
    Format("RTF", _has(r"\A\s*\{\\rtf"), refusal=f"is a document in RTF, not text: {PANDOC}"),
    Format("LaTeX", _has(r"^\s*\\(?:documentclass|begin\{document\})", re.M), refusal=f"is LaTeX, not text: {PANDOC}"),
    Format("a server's error", _has(_XML_LEAD + r"<(?:\w+:)?(?:Error|ErrorResponse|Fault|Envelope|problem)\b",
                                    re.S | re.I),
           refusal="is a server's error message (XML), not text: check the address, and whether it asks for a login"),
    Format("a server's error", _is_error_json,
           refusal="is a server's error message (JSON), not text: check the address, and whether it asks for a login"),
    Format("wiki extracts", _has(r"\A\s*<doc\b[^<>]*\b(?:id|url|title)="), markup.read_wiki),
    Format("a MediaWiki dump", _has(_XML_LEAD + r"<mediawiki\b", re.S),
           refusal="is a dump of MediaWiki: take its text out with wikiextractor, or use "
           'CORPUS = "hf:wikimedia/wikipedia:20231101.es"'),
    Format("vertical text", disguised.is_vertical,
           refusal="is a corpus with a word a line (vertical text): take the sentences out first, or give its "
           "CoNLL-U or plain text"),
    Format("TMX or XLIFF", _has(_XML_LEAD + r"<(?:tmx|xliff)\b", re.S), markup.read_tmx),
    Format("an alignment", _has(_XML_LEAD + r"<cesAlign\b", re.S),
           refusal="says which sentences of two files belong together and has no text of its own: give the "
           "text's file"),
    Format("OPUS XML", _has(_XML_LEAD + r"<(?:document|text|letsmt|corpus|cesDoc|doc)\b.*?<s\b", re.S),
           markup.read_opus),
    Format("timed text", _has(_XML_LEAD + r"<(?:tt|sami|smil)\b", re.S | re.I),
           refusal="is a subtitle file (TTML or SAMI) that is not read here: convert it with ffmpeg -i FILE text.srt"),
    Format("other XML", _has(r"\A\s*(?:<!--.*?-->\s*)*<(?:\?xml\b|!DOCTYPE\b)", re.S) ,
           refusal="is XML of a kind that is not read here (OPUS XML and TMX are): take its text out first, or "
           "give plain text"),
    Format("WebVTT", _has(r"\A\s*WEBVTT\b"), subtitles.read),
    Format("SubRip", _is_subrip, subtitles.read),
    Format("other subtitles", _has(r"^\s*(?:\[Script Info\]|\[V4\+? Styles\])|\A\s*\{\d+\}\{\d+\}", re.M),
           refusal="is a subtitle file (SubStation or MicroDVD) that is not read here: convert it with ffmpeg "
           "-i FILE text.srt"),
    Format("a subtitle index", _has(r"\A# VobSub index file"),
           refusal="is the index of subtitles that are pictures (VobSub), not text: look for "
           "the film's subtitles as .srt"),
    Format("a notebook", _has(r'\A\s*\{\s*"(?:cells|nbformat|metadata)"\s*:'),
           refusal="is a notebook, not text: " + PANDOC),
    Format("JSON lines", _is_json_lines, json_rows.read_json_lines),
    Format("JSON", _is_json, json_rows.read_json),
    Format("CoNLL-U", lambda content, text: markup.is_conllu(text), markup.read_conllu),
    Format("Markdown", _is_markdown, refusal=f"is Markdown, whose marks would be learned: {PANDOC}"),
    Format("gettext", _has(r'^msgid ".*\n(?:".*\n)*msgstr(?:\[0\])? "', re.M),
           refusal="is a catalogue of translations (gettext): make it TMX with po2tmx -l es FILE text.tmx (pip install "
           "translate-toolkit)"),
    Format("a database dump", _has(r"^\s*(?:INSERT INTO|CREATE TABLE)\s", re.M | re.I),
           refusal="is a dump of a database (SQL), not text: export the table as CSV"),
    Format("mail", _has(_MAIL, re.I),
           refusal="is mail with its headers, not text: save the messages as plain text in the mail program"),
    Format("YAML", lambda content, text: content.ending in (".yaml", ".yml"),
           refusal="is YAML, not text: make it JSON, for example with yq -o=json . FILE > text.json"),
    Format("a program", lambda content, text: content.ending in PROGRAMS,
           refusal="is a program's source, by its name: if it is to be learned, give it a name that ends in .txt"),
    Format("base64", disguised.is_base64,
           refusal="is packed as mail packs (base64): unpack it with base64 -d FILE > text"),
    Format("quoted-printable", disguised.is_quoted_printable,
           refusal="is packed as mail packs (quoted-printable, =C3=B1 for ñ): unpack it with "
           "python3 -m quopri -d FILE > text.txt"),
    *(Format("stamped lines", disguised.stamped(place),
             refusal=f"has a time at the beginning of each line, which would be learned: take it away with {remedy}")
      for place, remedy in disguised.stamp_remedies()),
    Format("a table", _is_table, csv_rows.read_table),
    Format("a part of a web page", disguised.is_html,
           refusal="is text between tags (HTML), which would be learned: " + PANDOC.replace("-t", "-f html -t")),
    Format("marked-up text", disguised.is_xml,
           refusal="is text between tags (XML) of a kind that is not read here (OPUS XML and TMX are): take its text "
           "out first"),
    Format("escaped text", disguised.is_escaped, disguised.read_escaped),
]  # fmt: skip

# Endings that promise a format, for the sentence when the content is none.
PROMISED = {".gz": "gzip", ".bz2": "bzip2", ".xz": "xz", ".zst": "zstd", ".zip": "zip", ".parquet": "Parquet"}
