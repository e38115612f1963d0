"""How much a decoded sample looks like writing: what tells one 8-bit or double-byte encoding from another.

    plausible("¿Dónde está?")       # 1.0
    plausible("øDÛnde est·?")       # far below 0

Each character that is not ASCII counts for or against: letters of one and the same language for it; letters of none,
capitals in the middle of a word, signs and foreign scripts within words against it.
"""

import functools
import unicodedata
from typing import Dict, FrozenSet, Iterable, List

# Letters beyond a to z, by language; a text is measured against the language that suits it best.
LATIN = {
    "Spanish": "áéíóúüñªº",
    "Portuguese": "áâãàçéêíóôõúüªº",
    "French": "àâæçéèêëîïôœùûüÿ",
    "Italian": "àèéìíòóùúª",
    "Catalan": "àçèéíïóòúü·",
    "German": "äöüß",
    "Nordic": "åäöæøéü",
    "Icelandic": "áðéíóúýþæö",
    "Dutch": "éèëïóöüáâ",
    "Polish": "ąćęłńóśźż",
    "Czech": "áčďéěíňóřšťúůýž",
    "Slovak": "áäčďéíĺľňóôŕšťúýž",
    "Hungarian": "áéíóöőúüű",
    "Romanian": "ăâîșțşţ",
    "Croatian": "čćđšž",
    "Turkish": "çğıöşüâî",
    "Lithuanian": "ąčęėįšųūž",
    "Latvian": "āčēģīķļņšūž",
    "Estonian": "äöõüšž",
}
CYRILLIC = {
    "Russian": "абвгдежзийклмнопрстуфхцчшщъыьэюяё",
    "Ukrainian": "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя",
    "Belarusian": "абвгдеёжзійклмнопрстуўфхцчшыьэюя",
    "Serbian": "абвгдђежзијклљмнњопрстћуфхцчџш",
    "Macedonian": "абвгдѓежзѕијклљмнњопрстќуфхцчџш",
}
# The letters that make up most of a text, of scripts whose encodings differ in where the letters stand.
USUAL = {
    "CYRILLIC": "оеаинтсрвлкмдпуяыьзбгіј",
    "GREEK": "αοιετσνηυρπκμλςίάέόήώύγδ",
    "HEBREW": "יוהלאתרבמשנדפקח",
    "ARABIC": "اليمونترهبةدعسفكحقأ\u064e\u0650\u064f\u0651\u0652یک",
    "THAI": "านรกเงมยลวดทสตะปบคหแจพอไ\u0e48\u0e49\u0e31\u0e34\u0e35\u0e37\u0e38\u0e39\u0e47",
}
# Typographic signs: at home in any language, and where they stand says little.
SIGNS = frozenset("“”„‘’‚«»‹›–—…¿¡€°№§£♪ª﻿ºء،؛؟、。「」『』・！？，：；（）")
ATTACHED = frozenset("’ªº")  # these may stand within or right after a word
LEAST, LEAD = 0.55, 0.1  # plausibility that is trusted, and how far ahead of the next it has to be


def _from_codec(codec: str, leads: Iterable[int], trails: Iterable[int]) -> FrozenSet[str]:
    """The characters that a double-byte codec has in the given rows."""
    pairs = (bytes([lead, trail]).decode(codec, "ignore") for lead in leads for trail in trails)
    return frozenset("".join(pairs))


@functools.lru_cache(maxsize=None)
def _common() -> Dict[str, FrozenSet[str]]:
    """Characters in daily use, by language: the first level of the national standards, and the very most frequent."""
    high = range(0xA1, 0xFF)
    return {
        "Chinese": _from_codec("gb2312", range(0xB0, 0xD8), high),
        "Chinese, traditional": _from_codec("big5", range(0xA4, 0xC7), list(range(0x40, 0x7F)) + list(high)),
        "Japanese": _from_codec("euc_jp", list(range(0xB0, 0xD0)) + [0xA4, 0xA5], high) | frozenset("ー々"),
        "Korean": _from_codec("euc_kr", range(0xB0, 0xC9), high),
    }


FREQUENT = {
    "Chinese": frozenset(
        "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之天们她去好很"
    ),
    "Chinese, traditional": frozenset(
        "的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之天們她去好很"
    ),
    "Japanese": frozenset("のにはをたがでてとしれさあいうるもなこまらりすきょかくそんっけどだみよおー"),
    "Korean": frozenset("이다는에의가을를하고지로기도사인은한서리자대어시아정부일나해라니제전"),
}
KANA = frozenset(chr(code) for code in range(0x3041, 0x30FB))


def plausible(text: str) -> float:
    """From 1.0 (all of it reads like one language) down to below 0; ``text`` without characters beyond ASCII: 0."""
    beyond = [place for place, letter in enumerate(text) if letter > "\x7f"]
    if not beyond:
        return 0.0
    scripts = _scripts(text, beyond)
    main = max(scripts, key=lambda script: len(scripts[script])) if scripts else ""
    total = sum(_place(text, place, main) for place in beyond)
    if main:
        total += _language(main, scripts[main])
        capitals = sum(letter.isupper() for letter in scripts[main])
        if 2 * capitals > len(scripts[main]):
            total -= 0.5 * capitals  # hardly anything is written in capitals throughout
    return total / len(beyond)


def _scripts(text: str, beyond: List[int]) -> Dict[str, List[str]]:
    """The letters beyond ASCII, by their script."""
    found: Dict[str, List[str]] = {}
    for place in beyond:
        letter = text[place]
        if letter not in SIGNS and letter.isalpha() or unicodedata.combining(letter):
            found.setdefault(_script(letter), []).append(letter)
    return found


@functools.lru_cache(maxsize=4096)
def _script(letter: str) -> str:
    name = unicodedata.name(letter, "").split(" ")[0]
    return "CJK" if name in ("HIRAGANA", "KATAKANA", "HANGUL", "KATAKANA-HIRAGANA") else name.split("-")[0]


def _place(text: str, place: int, main: str) -> float:
    """What speaks against the character at ``place``, where it stands; 1.0 for a sign in a good place."""
    letter = text[place]
    before = text[place - 1] if place else " "
    after = text[place + 1] if place + 1 < len(text) else " "
    if letter in SIGNS:
        inside = before.isalpha() and after.isalpha() and main != "CJK" and letter not in ATTACHED
        if letter in "¿¡":
            return 1.2 if after.isalpha() and not before.isalpha() else -1.0
        return -1.0 if inside and letter not in "—–…" else 0.8 if not inside else 0.0
    if letter.isalpha() or unicodedata.combining(letter):
        against = 0.0
        if (letter.isupper() and before.islower()) or (letter.islower() and after.isupper()):
            against -= 1.5  # a capital in the middle of a word
        if letter == "ß" and before not in "aeiouäöüy":
            against -= 1.5
        if _script(letter) != main:
            against -= 1.5
        elif main != "LATIN" and main != "CJK" and (_is_latin(before) or _is_latin(after)):
            against -= 1.5
        return against
    if letter == "·" and before in "lL" and after in "lL":
        return 0.8  # Catalan
    if letter == "\u00a0":
        return -1.0 if before.isalpha() and after.isalpha() else 0.0
    if letter == "\N{REPLACEMENT CHARACTER}" or unicodedata.category(letter) in ("Cc", "Cn", "Co"):
        return -3.0
    return -1.2  # box drawing, mathematics, other currencies


def _is_latin(letter: str) -> bool:
    return letter.isalpha() and letter < "\u0250"


def _language(script: str, letters: List[str]) -> float:
    """The letters' sum under the language that suits them best."""
    if script == "CJK":
        return max(_east_asian(language, letters) for language in FREQUENT)
    counts: Dict[str, int] = {}
    for letter in letters:
        counts[letter.lower()] = counts.get(letter.lower(), 0) + 1
    usual = USUAL.get(script)
    share = sum(count for letter, count in counts.items() if letter in usual) if usual else 0.0
    known = LATIN if script == "LATIN" else CYRILLIC if script == "CYRILLIC" else None
    if known is None:
        return 1.1 * share if usual else float(len(letters))
    own = [frozenset(members) for members in known.values()]
    fit = max(sum(count if letter in members else -count for letter, count in counts.items()) for members in own)
    return min(fit, 1.1 * share) if usual else float(fit)


def _east_asian(language: str, letters: List[str]) -> float:
    common, frequent = _common()[language], FREQUENT[language]
    kana = sum(letter in KANA for letter in letters)
    hangul = sum("\uac00" <= letter <= "\ud7a3" for letter in letters)
    foreign = (0 if language == "Japanese" else kana) + (0 if language == "Korean" else hangul)
    total = sum(1.0 if letter in frequent else 0.7 if letter in common else -1.0 for letter in letters) - 2.0 * foreign
    if language == "Japanese" and kana * 5 < len(letters):
        total -= 0.7 * len(letters)  # Japanese has its kana
    return total
