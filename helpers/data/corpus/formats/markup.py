"""Text within marks: OPUS XML, TMX and XLIFF, the pages that wiki extractors write, and the treebanks of CoNLL-U.

XML is read by expat as it streams by.  A file that declares entities of its own is refused: nothing of a corpus needs
them, and they can be made to unfold to gigabytes.
"""

import html
import re
from typing import Any, Dict, Iterator, List, Optional
from xml.parsers import expat

from helpers.data.corpus.account import Tally
from helpers.data.corpus.formats.content import Content, Options, as_blocks, lines_of
from helpers.data.corpus.text import BadContent

LINE_BYTES = 16 << 20
SENTENCE_CHARACTERS = 1 << 20
_NO_SPACE_BEFORE = frozenset(".,;:!?…)]}»”’%°")
_NO_SPACE_AFTER = frozenset("([{«“‘¿¡")
_DOC = re.compile(r"<doc\b[^<>]*>")
_TITLE = re.compile(r'\btitle="([^"]*)"')


def join(words: List[str]) -> str:
    """Words as a sentence is written: signs attached to the word that they belong to."""
    text, quoted, attach = "", False, True
    for word in words:
        if word == '"':
            before, after, quoted = (not quoted, quoted, not quoted)
        else:
            before = word[0] not in _NO_SPACE_BEFORE and not (word[0] == "'" and len(word) > 1 and text)
            after = word[-1] not in _NO_SPACE_AFTER or len(word) > 1 and word[-1] not in "¿¡"
        text += ("" if attach or not before else " ") + word
        attach = not after
    return text


class _Parser:
    """Expat, told of sentences by a subclass; ``ready`` holds what is to be yielded."""

    def __init__(self, name: str) -> None:
        self.name, self.ready, self.size = name, [], 0
        self._parser = expat.ParserCreate("utf-8")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self.start
        self._parser.EndElementHandler = self.end
        self._parser.CharacterDataHandler = self._characters
        self._parser.EntityDeclHandler = self._entity

    def _entity(self, *declaration: Any) -> None:
        raise BadContent(f"{self.name} declares XML entities of its own, which no corpus needs: refused")

    def _characters(self, text: str) -> None:
        self.size += len(text)
        if self.size > SENTENCE_CHARACTERS:
            raise BadContent(f"{self.name} has a sentence of over a million characters: it is no corpus of sentences")
        self.characters(text)

    def parse(self, content: Content) -> Iterator[str]:
        first = True
        try:
            for block in content.blocks:
                if first and block.startswith(b"\xef\xbb\xbf"):
                    block = block[3:]
                self._parser.Parse(block.lstrip() if first else block, False)
                first = False
                for line in self.ready:
                    yield line
                self.ready.clear()
            self._parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise BadContent(f"the XML of {self.name} is damaged or cut short ({error}): fetch it again")
        for line in self.ready:
            yield line
        self.finish()

    def finish(self) -> None:
        """Called at the end."""


class _Opus(_Parser):
    """``<s>`` holds a sentence, as ``<w>`` words or as text; ``<p>`` and the like end nothing."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._inside = self._in_word = False
        self._words: List[str] = []
        self._text: List[str] = []
        self.sentences = 0

    def start(self, tag: str, attributes: Dict[str, str]) -> None:
        if tag == "s":
            self._inside, self._in_word, self._words, self._text, self.size = True, False, [], [], 0
        elif tag in ("w", "tok"):
            self._in_word = self._inside
            self._words.append("")
        elif tag in ("doc", "document") and self.sentences:
            self.ready.append("")

    def characters(self, text: str) -> None:
        if self._in_word:
            self._words[-1] += text
        elif self._inside:
            self._text.append(text)
        else:
            self.size = 0

    def end(self, tag: str) -> None:
        if tag in ("w", "tok"):
            self._in_word = False
        elif tag == "s":
            words = [word.strip() for word in self._words if word.strip()]
            line = join(words) if words else " ".join("".join(self._text).split())
            if line:
                self.ready.append(line)
                self.sentences += 1
            self._inside = False

    def finish(self) -> None:
        if not self.sentences:
            raise BadContent(
                f"{self.name} has no sentences (<s>): give a file of OPUS' xml or raw folder, or plain text"
            )


class _Tmx(_Parser):
    """``<tuv xml:lang="es"><seg>`` (TMX), ``<source>`` and ``<target>`` (XLIFF) hold a sentence in a language; inline
    codes are left out."""

    SEGMENTS = ("seg", "source", "target")

    def __init__(self, name: str, language: Optional[str]) -> None:
        super().__init__(name)
        self._wanted = _key(language) if language else None
        self._language, self._inside, self._hidden, self._text = "", False, 0, []
        self.languages: List[str] = []
        self._pair: Dict[str, str] = {}  # the languages of XLIFF's two sides

    def start(self, tag: str, attributes: Dict[str, str]) -> None:
        if tag in ("xliff", "file"):
            for side, names in (("source", ("source-language", "srcLang")), ("target", ("target-language", "trgLang"))):
                said = attributes.get(names[0]) or attributes.get(names[1])
                if said:
                    self._pair[side] = said
        elif tag == "tuv":
            self._language = attributes.get("xml:lang") or attributes.get("lang") or ""
        if tag in self.SEGMENTS:
            self._language = self._language if tag == "seg" else self._pair.get(tag, tag)
            if self._language not in self.languages and len(self.languages) < 100:
                self.languages.append(self._language)
            self._inside, self._hidden, self._text, self.size = True, 0, [], 0
        elif self._inside and tag in ("bpt", "ept", "it", "ph", "ut", "sub"):
            self._hidden += 1

    def characters(self, text: str) -> None:
        if self._inside and not self._hidden:
            self._text.append(text)
        elif not self._inside:
            self.size = 0

    def end(self, tag: str) -> None:
        if tag in self.SEGMENTS:
            self._inside = False
            if self._wanted is None or _speaks(self._language, self._wanted):
                self.ready.append(" ".join("".join(self._text).split()))
        elif tag in ("tu", "trans-unit", "segment") and self._wanted is None and len(self.languages) > 1:
            raise BadContent(
                f"{self.name} is in {' and '.join(self.languages[:5])}: choose with CORPUS_LANGUAGE (language=), "
                f'such as "{self.languages[-1]}"'
            )
        elif self._inside and tag in ("bpt", "ept", "it", "ph", "ut", "sub"):
            self._hidden -= 1

    def finish(self) -> None:
        if self._wanted and not any(_speaks(language, self._wanted) for language in self.languages):
            known = ", ".join(self.languages[:10]) or "no language"
            raise BadContent(
                f"{self.name} has nothing in {self._wanted}, only in {known}: choose one (CORPUS_LANGUAGE)"
            )


def _key(language: str) -> str:
    return language.strip().lower().replace("_", "-")


def _speaks(language: str, wanted: str) -> bool:
    """Whether a language tag is the one wanted, or a variety of it: "es-MX" is "es"."""
    return _key(language) == wanted or _key(language).startswith(f"{wanted}-")


def read_opus(content: Content, options: Options, tally: Tally) -> Iterator[bytes]:
    """Yield the sentences of an OPUS XML file."""
    return as_blocks(_Opus(content.name).parse(content))


def read_tmx(content: Content, options: Options, tally: Tally) -> Iterator[bytes]:
    """Yield the sentences of a translation memory in one language."""
    return as_blocks(_Tmx(content.name, options.language).parse(content))


def read_wiki(content: Content, options: Options, tally: Tally) -> Iterator[bytes]:
    """Yield the text of extracted wiki pages, each a document, without its title."""
    return as_blocks(_pages(content, tally))


def _pages(content: Content, tally: Tally) -> Iterator[str]:
    too_long = BadContent(f"{content.name} has a line of over {LINE_BYTES >> 20} MB: it is no text of a wiki")
    title, titles = None, 0
    for line in lines_of(content.blocks, LINE_BYTES, too_long):
        stripped = line.strip()
        if _DOC.match(stripped):
            found = _TITLE.search(stripped)
            title = html.unescape(found.group(1)) if found else None
            stripped = _DOC.sub("", stripped, count=1).strip()
            yield ""
        if stripped.endswith("</doc>"):
            stripped = stripped[: -len("</doc>")].strip()
        if not stripped:
            continue  # within a page, blank lines separate paragraphs
        if title is not None and html.unescape(stripped) == title:
            titles += 1
        else:
            yield html.unescape(stripped)
        title = None
    if titles:
        tally.leave_out("titles of wiki pages", titles)


def is_conllu(text: str) -> bool:
    """Whether text begins with a sentence of ten columns."""
    lines = [line for line in text.split("\n")[:200] if line.strip() and not line.startswith("#")][:-1][:20]
    return bool(lines) and all(len(line.split("\t")) == 10 and line[0].isdigit() for line in lines)


def read_conllu(content: Content, options: Options, tally: Tally) -> Iterator[bytes]:
    """Yield the sentences of a treebank, from ``# text =`` or else from the words; ``# newdoc`` begins a document."""
    return as_blocks(_treebank(content))


def _treebank(content: Content) -> Iterator[str]:
    too_long = BadContent(f"{content.name} is damaged: a line has over {LINE_BYTES >> 20} MB; fetch it again")
    text, words, skip = "", [], 0
    for line in lines_of(content.blocks, LINE_BYTES, too_long):
        if line.startswith("#"):
            key, _, value = line[1:].partition("=")
            if key.strip() == "text":
                text = value.strip()
            elif key.strip().startswith("newdoc"):
                yield ""
        elif line.strip():
            columns = line.split("\t")
            number = columns[0]
            if "-" in number:  # written as one word, analysed as several
                skip = _number(number.split("-")[1])
                words += _word(columns)
            elif "." not in number and _number(number) > skip:
                words += _word(columns)
        else:
            if text or words:
                yield text or "".join(words).strip()
            text, words, skip = "", [], 0
    if text or words:
        yield text or "".join(words).strip()


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0


def _word(columns: List[str]) -> List[str]:
    if len(columns) < 2:
        return []
    return [columns[1], "" if "SpaceAfter=No" in columns[-1] else " "]
