"""The built-in corpus: always the same, good Spanish, and nothing in it that the world does not allow."""

import hashlib
import io
import itertools
import re
import subprocess
import sys

import pytest
from conftest import ROOT

from helpers.base.errors import TutorialError
from helpers.data import sample_corpus
from helpers.data.sample_corpus import conjugation, events, grammar, pools, swaps, words
from helpers.data.sample_corpus.tables import lexicon, sense

LINES = 12000
BIRD_VERBS = {"cantar", "volar", "piar", "hacer", "comer", "posarse", "bañarse"}
AGREEING = r"\b(el|la|los|las|un|una|este|esta|estos|estas|ese|esa|esos|esas|mi|tu|su|mis|tus|sus)\b"


@pytest.fixture(scope="module")
def lines():
    return list(itertools.islice(sample_corpus.sentences(1), LINES))


@pytest.fixture(scope="module")
def pairs():
    return sample_corpus.labelled_pairs(250, 1)


def drawn(count, seed):
    """``count`` lines as (kind, phrases)."""
    random = sample_corpus._stream("test", seed)
    for _ in range(count):
        yield sample_corpus._Scene(random).draw(random)


def digest(value):
    return hashlib.sha256(repr(value).encode("utf-8")).hexdigest()[:16]


# ---------- always the same


def test_same_on_every_python(lines, pairs):
    """These digests do not depend on the version of Python; change them when the text changes on purpose."""
    assert digest(lines[:5000]) == "9641e4706904f274"
    assert digest([tuple(pair) for pair in pairs[:100]]) == "c650254ccfba90e1"
    unseen = [tuple(pair) for pair in sample_corpus.labelled_pairs(100, 1, seen=False)]
    assert digest(unseen) == "5318c04123a03532"
    assert digest(sample_corpus.tagged_sentences(300, 1)) == "77ef6dfc22a7405b"
    assert digest(next(sample_corpus.held_out_scenes(1))) == "536db8a35ec27cac"


def test_seeds_and_domains_differ(lines, pairs):
    again = list(itertools.islice(sample_corpus.sentences(1), 500))
    assert again == lines[:500]
    assert list(itertools.islice(sample_corpus.sentences(2), 500)) != again
    assert sample_corpus.labelled_pairs(20, 1) == pairs[:20]
    assert sample_corpus.labelled_pairs(20, 2) != pairs[:20]


def test_seed_must_be_whole():
    with pytest.raises(TutorialError, match="seed"):
        next(sample_corpus.scenes("uno"))


# ---------- what a file looks like


def test_scenes_are_short():
    sizes = [len(scene) for scene in itertools.islice(sample_corpus.scenes(3), 300)]
    assert min(sizes) == 6 and max(sizes) == 20


def test_write_counts_lines_and_parts_scenes(tmp_path):
    path, memory = tmp_path / "corpus" / "sample.txt", io.StringIO()
    scenes = sample_corpus.write(path, 100, 5)
    assert sample_corpus.write(memory, 100, 5) == scenes
    text = path.read_bytes().decode("utf-8")
    assert text == memory.getvalue() and text.endswith("\n") and "\r" not in text
    parts = text.rstrip("\n").split("\n\n")
    assert len(parts) == scenes and sum(len(part.split("\n")) for part in parts) == 100
    assert parts[0].split("\n") == next(sample_corpus.scenes(5))


@pytest.mark.parametrize("count", [0, -3, 2.5, "10"])
def test_write_refuses_what_is_no_number_of_lines(tmp_path, count):
    with pytest.raises(TutorialError, match="lines"):
        sample_corpus.write(tmp_path / "sample.txt", count, 1)
    assert not list(tmp_path.iterdir())


def test_command_line():
    command = [sys.executable, "-m", "helpers.data.sample_corpus"]
    done = subprocess.run(command + ["--lines", "30", "--seed", "5"], cwd=str(ROOT), stdout=subprocess.PIPE, check=True)
    expected = io.StringIO()
    sample_corpus.write(expected, 30, 5)
    assert done.stdout.decode("utf-8") == expected.getvalue()
    shown = subprocess.run(command + ["--help"], cwd=str(ROOT), stdout=subprocess.PIPE, check=True).stdout.decode()
    assert "without a network" in shown
    bad = subprocess.run(command + ["--lines", "0"], cwd=str(ROOT), stderr=subprocess.PIPE)
    assert bad.returncode == 1 and b"Traceback" not in bad.stderr


# ---------- good Spanish


def test_marks_and_capitals(lines):
    for line in lines:
        assert line == line.strip() and "  " not in line and " ," not in line, line
        assert line.count("¿") == line.count("?") and line.count("¡") == line.count("!"), line
        assert line.lstrip("¿¡")[0].isupper(), line
        assert not re.search(r"\b(a|de) el\b", line), line


def test_like_film_subtitles(lines):
    lengths = [len(line.split()) for line in lines]
    assert 5 <= sum(lengths) / len(lengths) <= 9
    forms = {words.bare(word) for line in lines for word in line.split()}
    assert 1500 <= len(forms) <= 3500
    assert 1 - len(set(lines)) / len(lines) < 0.35
    without_mark = sum(line[-1] not in ".?!" for line in lines) / len(lines)
    assert 0.1 < without_mark < 0.35


def test_determiners_agree_with_nouns(lines):
    of_determiner = {
        form: index for forms in words.DETERMINERS.values() for index, form in enumerate(forms) if len(set(forms)) == 4
    }
    of_noun = {}  # form -> every (gender, number) that it can have
    for noun in (noun for nouns in words.CLASSES.values() for noun in nouns):
        for number, form in enumerate((noun.singular, noun.plural)):
            of_noun.setdefault(form, set()).add((noun.gender, number))
    checked = 0
    for line in lines:
        for determiner, noun in re.findall(AGREEING + r" (\w+)", line.lower()):
            if noun in of_noun and noun != "agua":
                checked += 1
                if determiner in of_determiner:
                    index = of_determiner[determiner]
                    assert (index % 2, index // 2) in of_noun[noun], line
                else:
                    assert int(determiner.endswith("s")) in {number for _, number in of_noun[noun]}, line
    assert checked > LINES / 2


def test_water_is_feminine_but_takes_el():
    text = " ".join(line.lower() for line in itertools.islice(sample_corpus.sentences(2), 20000))
    assert re.search(r"\bel agua\b", text) and not re.search(r"\b(la|una|este|ese) agua\b", text)
    assert re.search(r"\bagua (no )?(está|estaba) (fría|fresca|caliente|rica)", text)


def test_subjects_agree_with_verbs(lines):
    singular = r"(está|es|era|estaba|ha|va|puede|quiere|tiene)"
    plural = r"(están|son|eran|estaban|han|van|pueden|quieren|tienen)"
    for line in lines:
        assert not re.search(r"\b(los|mis|tus|estos|esos) \w+s (se )?%s\b" % singular, line.lower()), line
        assert not re.search(r"\b(el|este|ese) \w+[oaelrn] (se )?%s\b" % plural, line.lower()), line


@pytest.mark.parametrize(
    "verb, expected",
    [
        ("dormir", "duermo dormimos durmió durmieron dormía dormirá duermas durmiendo dormido"),
        ("pedir", "pido pedimos pidió pidieron pedía pedirá pidas pidiendo pedido"),
        ("jugar", "juego jugamos jugó jugaron jugaba jugará juegues jugando jugado"),
        ("leer", "leo leemos leyó leyeron leía leerá leas leyendo leído"),
        ("huir", "huyo huimos huyó huyeron huía huirá huyas huyendo huido"),
        ("conducir", "conduzco conducimos condujo condujeron conducía conducirá conduzcas conduciendo conducido"),
        ("hacer", "hago hacemos hizo hicieron hacía hará hagas haciendo hecho"),
        ("tener", "tengo tenemos tuvo tuvieron tenía tendrá tengas teniendo tenido"),
        ("poner", "pongo ponemos puso pusieron ponía pondrá pongas poniendo puesto"),
        ("reír", "río reímos rio rieron reía reirá rías riendo reído"),
        ("caer", "caigo caemos cayó cayeron caía caerá caigas cayendo caído"),
        ("coger", "cojo cogemos cogió cogieron cogía cogerá cojas cogiendo cogido"),
        ("cruzar", "cruzo cruzamos cruzó cruzaron cruzaba cruzará cruces cruzando cruzado"),
        ("tocar", "toco tocamos tocó tocaron tocaba tocará toques tocando tocado"),
        ("pagar", "pago pagamos pagó pagaron pagaba pagará pagues pagando pagado"),
        (
            "perseguir",
            "persigo perseguimos persiguió persiguieron perseguía perseguirá persigas persiguiendo perseguido",
        ),
        (
            "reconocer",
            "reconozco reconocemos reconoció reconocieron reconocía reconocerá reconozcas reconociendo reconocido",
        ),
        ("maullar", "maúllo maullamos maulló maullaron maullaba maullará maúlles maullando maullado"),
        ("enfriar", "enfrío enfriamos enfrió enfriaron enfriaba enfriará enfríes enfriando enfriado"),
        ("piar", "pío piamos pio piaron piaba piará píes piando piado"),
        ("gruñir", "gruño gruñimos gruñó gruñeron gruñía gruñirá gruñas gruñendo gruñido"),
        ("ser", "soy somos fue fueron era será seas siendo sido"),
        ("ir", "voy vamos fue fueron iba irá vayas yendo ido"),
        ("ver", "veo vemos vio vieron veía verá veas viendo visto"),
        ("oír", "oigo oímos oyó oyeron oía oirá oigas oyendo oído"),
    ],
)
def test_conjugation(verb, expected):
    forms = conjugation.conjugate(verb)
    found = [forms["presente"][0], forms["presente"][3], forms["pretérito"][2], forms["pretérito"][5]]
    found += [
        forms["imperfecto"][2],
        forms["futuro"][2],
        forms["subjuntivo"][1],
        forms["gerundio"],
        forms["participio"],
    ]
    assert " ".join(found) == expected


@pytest.mark.parametrize(
    "one, many",
    [("pájaro", "pájaros"), ("canción", "canciones"), ("pez", "peces"), ("autobús", "autobuses"), ("sofá", "sofás")]
    + [("joven", "jóvenes"), ("examen", "exámenes"), ("jersey", "jerséis"), ("árbol", "árboles"), ("té", "tés")],
)
def test_plural(one, many):
    assert words.plural(one) == many


@pytest.mark.parametrize("verb, order", [("lavarse", "lávate"), ("acostarse", "acuéstate"), ("ponerse", "ponte")])
def test_orders_keep_their_stress(verb, order):
    assert words.imperative_phrase(verb, negative=False) == order


# ---------- who does what


def test_birds_sing_and_never_speak(lines):
    text = "\n".join(lines)
    assert re.search(r"Los pájaros están (volando|piando)[^.\n]*\.\n", text)
    assert re.search(r"Los pájaros están (volando|piando)[^.\n]*\n", text)
    assert re.search(r"Los (canarios|gorriones|mirlos) están cantando[^.\n]*\n", text)
    assert re.search(r"(niñ|herman|amig)[oa]s están hablando", text)
    assert not re.search(r"pájaros? (no |ya |también |todavía )*(están?|estaban?) hablando", text)
    seen = set()
    for _, phrases in drawn(8000, 1):
        company = swaps.Company(phrases)
        if company.subject == "bird" and len(company.slots.get("verb", ())) == 1:
            seen.add(company.verb)
    assert {"cantar", "volar", "piar"} <= seen <= BIRD_VERBS


@pytest.mark.parametrize("mark", ["", "."])
def test_the_sentences_of_the_article(mark):
    assert grammar.accepts(("Los pájaros están cantando" + mark).split())
    assert grammar.accepts(("Los niños están hablando" + mark).split())
    assert not grammar.accepts(("Los pájaros están hablando" + mark).split())


def test_the_grammar_reads_what_it_writes():
    for _, phrases in drawn(600, 2):
        assert grammar.accepts(" ".join(phrases).split()), phrases


def test_tables_of_sense_are_wider_than_the_corpus():
    """What the settings let happen is never nonsense by the tables that swaps are made with."""
    group = {"person": "person", "grown": "person"}
    for event in events.all_events():
        for who in set(event.who) - {"it"}:
            allowed = sense.DOERS.get(event.verb)
            assert allowed is None or group.get(who, words.group_of(who)) in allowed, (event.verb, who)
        for phrase in (phrase for pattern in event.objects for phrase in words.expand(pattern, "object")):
            allowed = sense.DONE_TO.get(event.verb)
            what = words.GROUPS[phrase.slot.key] if phrase.slot else "misc"
            assert allowed is None or what == "misc" or what in allowed, (event.verb, phrase)
    for name, entries in words.COPULAS.items():
        for _, adjective, _ in entries:
            allowed = sense.SUCH.get(adjective)
            assert allowed is None or group.get(name, words.GROUPS.get(name, name)) in allowed, (adjective, name)


def test_tables_speak_of_what_there_is():
    groups, verbs = set(words.GROUPS.values()), {event.verb for event in events.all_events()}
    assert set(sense.DOERS) | set(sense.DONE_TO) <= verbs and set(sense.SUCH) <= set(words.ADJECTIVE_FORMS)
    for table in (sense.DOERS, sense.DONE_TO, sense.SUCH):
        assert set().union(*table.values()) <= groups
    assert set(lexicon.ALIVE.split()) <= groups


# ---------- labelled pairs


def test_pairs_differ_in_one_word(pairs):
    for original, swapped, position in pairs:
        old, new = original.split(), swapped.split()
        assert [i for i, (a, b) in enumerate(zip(old, new)) if a != b] == [position] and len(old) == len(new)
        assert re.sub(r"\w", "", old[position]) == re.sub(r"\w", "", new[position]), (original, swapped)
        assert old[position][0].isupper() == new[position][0].isupper() or not old[position][0].isalpha()


def test_swapped_lines_cannot_be_said(pairs):
    said = {" ".join(map(words.bare, line.split())) for line in itertools.islice(sample_corpus.sentences(9), 30000)}
    for pair in pairs:
        assert " ".join(map(words.bare, pair.swapped.split())) not in said, pair
    random, spoiled = sample_corpus._stream("test", 3), 0
    for kind in swaps.KINDS:
        for _, phrases in drawn(40, 4):
            changed = swaps.spoiled(phrases, kind, random)
            if changed:
                spoiled += 1
                assert not grammar.accepts(" ".join(changed).split()), changed
    assert spoiled > 40


def test_most_swaps_keep_inflection(pairs):
    """A verb stands for a verb of the same form: cantando, hablando; cantó, habló."""
    endings = ("ando", "iendo", "yendo")
    gerunds = [pair for pair in pairs if words.bare(pair.original.split()[pair.position]).endswith(endings)]
    kept = [pair for pair in gerunds if words.bare(pair.swapped.split()[pair.position]).endswith(endings)]
    assert len(gerunds) > 30 and len(kept) / len(gerunds) > 0.7


def test_swaps_know_the_company():
    line = swaps.Company([pools.Phrase("Elena", ["PROPN"])] + words.verb_phrases("cantar", "gerundio", 2)[:1])
    forms = {swap.form for swap in swaps.swap_verb(line)}
    assert {"ladrando", "maullando", "piando"} <= forms and not {"hablando", "comiendo", "leyendo"} & forms


def test_a_pair_has_one_right_answer():
    """Of "los pájaros están hablando" either word may be the stranger; of "Elena está ladrando" only one."""
    line = swaps.Company([grammar.subjects("bird")[2].who] + words.verb_phrases("cantar", "gerundio", 5)[:1])
    assert not swaps.swap_verb(line) and not swaps.swap_subject(line)
    assert swaps.happens("bird", "cantar", None) and not swaps.happens("bird", "hablar", None)


# ---------- parts of speech


def test_tags():
    seen = set()
    for tokens, tags in sample_corpus.tagged_sentences(2000, 1):
        assert len(tokens) == len(tags)
        for token, tag in zip(tokens, tags):
            assert (tag == "PUNCT") == (not token[0].isalnum()), (token, tag)
        seen.update(tags)
    assert seen == {
        "ADJ",
        "ADP",
        "ADV",
        "AUX",
        "CCONJ",
        "DET",
        "INTJ",
        "NOUN",
        "NUM",
        "PRON",
        "PROPN",
        "PUNCT",
        "SCONJ",
        "VERB",
    }


@pytest.mark.parametrize(
    "text, tags",
    [
        ("Mañana cantaremos por la mañana", "ADV VERB ADP DET NOUN"),
        ("¡Qué alegría!", "DET NOUN"),
        ("La cena está lista.", "DET NOUN AUX ADJ"),
        ("¿Qué van a tomar?", "PRON AUX ADP VERB"),
    ],
)
def test_tags_of_set_phrases(text, tags):
    assert " ".join(words.tag(text.split())) == tags


def test_every_phrase_has_tags():
    patterns = {pattern for event in events.all_events() for pattern in event.objects + event.circumstances}
    patterns.update(text for tense in lexicon.TIMES for text in lexicon.TIMES[tense].split(";"))
    for phrase in (phrase for pattern in sorted(patterns) for phrase in words.expand(pattern, "object")):
        assert len(words.tag(phrase.split())) == len(phrase.split())
    for table in list(events.TABLES.values()) + [events.GENERAL]:
        for text in table["say"]:
            assert len(words.tag(text.split())) == len(text.split())
