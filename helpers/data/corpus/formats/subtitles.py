"""Subtitles as players read them: SubRip (.srt), WebVTT (.vtt), SubViewer (.sub) and YouTube's (.sbv).  What is said, a
line for each speaker; of captions that roll up, each line once."""

import html
import re
from typing import Iterator, List

from helpers.data.corpus.account import Tally
from helpers.data.corpus.formats.content import Content, Options, as_blocks, lines_of
from helpers.data.corpus.text import BadContent

_TIME = r"(?:\d+:)?\d{1,2}:\d{2}[,.]\d{1,3}"
TIMES = re.compile(rf"^\s*{_TIME}\s*(?:-->|,)\s*{_TIME}", re.M)
_ROLLING = re.compile(r"<\d+:\d{2}:\d{2}\.\d{3}>")  # the time of a word, as in captions that a machine has written
_TAG = re.compile(r"<[^<>\n]{0,200}>|\{\\[^{}\n]{0,200}\}")
_SOUND = re.compile(r"\[[^\[\]\n]{0,80}\]|\([^()a-zà-ÿ\n]{2,80}\)")  # for the deaf: [SUSPIRA], (RISAS)
_MUSIC = re.compile("[♩♪♫♬♭♮♯]+")
_DASH = re.compile(r"^\s*(?:>>+|[-‐‑‒–—―]+)\s*(?=\S)")
_ADDRESS = re.compile(
    r"\bwww\.|\bhttps?://|\b[\w-]+\.(?:com|org|net|tv|info|to|ru|es|eu)\b|opensubtitles|addic7ed|subscene|podnapisi"
    r"|tusubtitulo|subdivx|subdl|yify|\byts\b|argenteam|@\w{3,}\.",
    re.I,
)
_CREDIT = re.compile(
    r"^[\W\d_]*(?:(?:sub(?:s|title[sd]?|t[ií]tulos?|bed)?|traducci[oó]n|traducid\w*|translat\w+|sync\w*|sincroni\w+|resync\w*"
    r"|correct\w+|correcci[oó]n\w*|corregid\w*|rip(?:ped)?|adaptaci[oó]n|transcri\w+|untertitel|sous-titr\w+|legendas?|tradu\w+"
    r"|napisy|sottotitoli|encoded|uploaded|downloaded|descargad\w*)(?: (?:y|and|et|e|&) \w+)*"
    r" ?(?::|\b(?:por|by|de|von|par|per|from|di)\b)|advertise your product|support us and become|become (?:a "
    r")?vip member)",
    re.I,
)
LINE_BYTES = 1 << 20


def read(content: Content, options: Options, tally: Tally) -> Iterator[bytes]:
    """Yield the dialogue of a file of subtitles."""
    return as_blocks(_dialogue(content, tally))


def _dialogue(content: Content, tally: Tally) -> Iterator[str]:
    too_long = BadContent(f"{content.name} is damaged: a line of subtitles has over a million bytes; fetch it again")
    cue: List[str] = []
    inside = first = True
    webvtt = numbered = rolling = False
    before: List[str] = []
    for line in lines_of(content.blocks, LINE_BYTES, too_long):
        if first:
            webvtt, inside, first = line.startswith("WEBVTT"), False, False
        if TIMES.match(line):
            if inside and cue and cue[-1].strip().isdigit():
                cue.pop()  # the next cue's number, with no empty line before it
            for text in _said(cue, tally):
                yield text
            before, cue, inside, numbered = before if rolling and not cue else cue, [], True, False
        elif not line.strip():
            inside = inside and not cue  # an empty line right after the times ends nothing
        elif inside:
            rolling = rolling or (webvtt and _ROLLING.search(line) is not None)
            if not (rolling and _plain(line) in map(_plain, before)):
                cue.append(line)
        elif line.strip().isdigit():
            numbered = True
        elif cue and not numbered and not webvtt:
            cue.append(line)  # an empty line within a cue
    for text in _said(cue, tally):
        yield text


def _plain(line: str) -> str:
    return " ".join(_TAG.sub("", line).split())


def _said(cue: List[str], tally: Tally) -> Iterator[str]:
    """The lines of one cue: a new one where another speaks."""
    joined = (_TAG.sub("", line.replace("\\N", " ").replace("[br]", " ")) for line in cue)
    cleaned = (html.unescape(_MUSIC.sub(" ", _SOUND.sub(" ", line))) for line in joined)
    lines = [" ".join(line.split()) for line in cleaned]
    lines = [line for line in lines if any(letter.isalnum() for letter in line)]
    if any(_ADDRESS.search(line) or _CREDIT.search(line) for line in lines):
        tally.leave_out("adverts and credits within subtitles")
        return
    said: List[str] = []
    for line in lines:
        dash = _DASH.match(line)
        if dash or not said:
            said.append(line[dash.end() :] if dash else line)
        else:
            said[-1] += f" {line}"
    for line in said:
        yield line
