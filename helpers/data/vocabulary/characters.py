"""What BERT's tokenizer makes of a character: a blank, a sign that stands alone, a part of a word, nothing.

The tokenizer drops characters that Unicode has not assigned, and Python 3.7, TensorFlow 1.15's, knows
Unicode 11 while newer ones know more.  Examples must not depend on the Python that builds them, so
what came later counts as unassigned, and the three characters whose category changed keep the old one.
"""

import unicodedata

# Code points assigned from Unicode 12.0 to 15.1 (Python 3.13), hexadecimal, "first-last" or a single one.
LATER = """
61d 870-88e 890-891 898-89f 8b5 8be-8d2 b55 c3c c5d c77 cdd cf3 d04 d81 e86 e89 e8c e8e-e93 e98 ea0 ea8-ea9 eac eba
ece 170d 1715 171f 180f 1abf-1ace 1b4c 1b7d-1b7e 1cfa 1dfa 20c0 2b97 2bc9 2bff 2c2f 2c5f 2e4f-2e5d 2ffc-2fff
31bb-31bf 31ef 32ff 4db6-4dbf 9ff0-9fff a7ba-a7ca a7d0-a7d1 a7d3 a7d5-a7d9 a7f2-a7f6 a82c ab66-ab6b fbc2 fd40-fd4f
fdcf fdfe-fdff 1019c 10570-1057a 1057c-1058a 1058c-10592 10594-10595 10597-105a1 105a3-105b1 105b3-105b9 105bb-105bc
10780-10785 10787-107b0 107b2-107ba 10e80-10ea9 10eab-10ead 10eb0-10eb1 10efd-10eff 10f70-10f89 10fb0-10fcb
10fe0-10ff6 11070-11075 110c2 11147 111ce-111cf 1123f-11241 1145a 1145f-11461 116b8-116b9 11740-11746 11900-11906
11909 1190c-11913 11915-11916 11918-11935 11937-11938 1193b-11946 11950-11959 119a0-119a7 119aa-119d7 119da-119e4
11a84-11a85 11ab0-11abf 11b00-11b09 11f00-11f10 11f12-11f3a 11f3e-11f59 11fb0 11fc0-11ff1 11fff 12f90-12ff2
1342f-13455 16a70-16abe 16ac0-16ac9 16f45-16f4a 16f4f 16f7f-16f87 16fe2-16fe4 16ff0-16ff1 187f2-187f7 18af3-18cd5
18d00-18d08 1aff0-1aff3 1aff5-1affb 1affd-1affe 1b11f-1b122 1b132 1b150-1b152 1b155 1b164-1b167 1cf00-1cf2d
1cf30-1cf46 1cf50-1cfc3 1d1e9-1d1ea 1d2c0-1d2d3 1df00-1df1e 1df25-1df2a 1e030-1e06d 1e08f 1e100-1e12c 1e130-1e13d
1e140-1e149 1e14e-1e14f 1e290-1e2ae 1e2c0-1e2f9 1e2ff 1e4d0-1e4f9 1e7e0-1e7e6 1e7e8-1e7eb 1e7ed-1e7ee 1e7f0-1e7fe
1e94b 1ed01-1ed3d 1f10d-1f10f 1f16c-1f16f 1f1ad 1f6d5-1f6d7 1f6dc-1f6df 1f6fa-1f6fc 1f774-1f776 1f77b-1f77f 1f7d9
1f7e0-1f7eb 1f7f0 1f8b0-1f8b1 1f90c-1f90f 1f93f 1f971-1f972 1f977-1f979 1f97b 1f9a3-1f9af 1f9ba-1f9bf 1f9c3-1f9cf
1fa00-1fa53 1fa70-1fa7c 1fa80-1fa88 1fa90-1fabd 1fabf-1fac5 1face-1fadb 1fae0-1fae8 1faf0-1faf8 1fb00-1fb92
1fb94-1fbca 1fbf0-1fbf9 2a6d7-2a6df 2b735-2b739 2ebf0-2ee5d 30000-3134a 31350-323af
"""

CATEGORIES = {"\u166d": "Po", "\u1734": "Mn", "\ua9bd": "Mc"}
for _range in LATER.split():
    _first, _, _last = _range.partition("-")
    for _code in range(int(_first, 16), int(_last or _first, 16) + 1):
        CATEGORIES[chr(_code)] = "Cn"


# Blocks of Chinese characters: unified ideographs, their extensions A to E, compatibility forms.
CHINESE = (
    (0x4E00, 0x9FFF),
    (0x3400, 0x4DBF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F),
    (0x2B820, 0x2CEAF),
    (0xF900, 0xFAFF),
    (0x2F800, 0x2FA1F),
)
SIGNS = frozenset(chr(code) for code in range(33, 127) if not chr(code).isalnum())  # of ASCII: $, + and ^ among them


def category(character: str) -> str:
    """General category of a character, such as "Lu" or "Cn", as of Unicode 11."""
    return CATEGORIES.get(character) or unicodedata.category(character)


def is_dropped(character: str) -> bool:
    """Whether the tokenizer passes over it: control and format characters, unassigned and private ones, U+FFFD."""
    return character == "\ufffd" or category(character)[0] == "C"


def is_accent(character: str) -> bool:
    """Whether it is a mark on the character before it."""
    return category(character) == "Mn"


def is_chinese(character: str) -> bool:
    """Whether it is a Chinese character, as Japanese and old Korean text has them, too."""
    return any(first <= ord(character) <= last for first, last in CHINESE)


def is_punctuation(character: str) -> bool:
    """Unicode's punctuation, and every ASCII sign that is neither letter nor digit."""
    return character in SIGNS or category(character)[0] == "P"


def stands_alone(character: str) -> bool:
    """Whether the tokenizer makes a word of this character alone."""
    return is_punctuation(character) or is_chinese(character)
