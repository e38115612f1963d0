"""The vocabulary: three sources, one result, obeyed to the end."""

import collections
import gzip
import hashlib
import json
import os
import pathlib
import random
import subprocess
import sys
import time

import pytest
from http_server import Server

from helpers import environment
from helpers.base.errors import TutorialError
from helpers.base.events import Reporter
from helpers.data import corpus, vocabulary
from helpers.data.vocabulary import builder, others, vocab_file
from helpers.data.vocabulary.tokenization import Tokenizer

ROOT = pathlib.Path(__file__).resolve().parents[2]
SPECIAL = list(vocabulary.SPECIAL_TOKENS)
SENTENCE = "Los pájaros están cantando"
TEXT = "Los pájaros están cantando.\n¿Qué están cantando los pájaros?\n¡Qué canción!\n日本 x\u0303 Zz €5\n" * 50
HUB_PATH = "/google-bert/bert-base-multilingual-cased/resolve/main/vocab.txt"


@pytest.fixture(autouse=True)
def children_run_here(monkeypatch):
    monkeypatch.setattr(environment, "tf1_python", lambda: sys.executable)


@pytest.fixture
def data_dir(tmp_path):
    folder = tmp_path / "DATA"
    (folder / "corpus").mkdir(parents=True)
    (folder / "corpus" / "train.txt").write_text(TEXT, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def real_text(tmp_path_factory):
    """Lines with many ties between word pieces, as real text has them."""
    source = random.Random(5)
    syllables = [a + b for a in "bcdfglmnprst" for b in "aeiouáéíóúñ"]
    words = ["".join(source.choice(syllables) for _ in range(source.randrange(1, 5))) for _ in range(3000)]
    lines = [" ".join(source.choice(words) for _ in range(8)).capitalize() + "." for _ in range(3000)]
    path = tmp_path_factory.mktemp("text") / "train.txt"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def silent():
    reporter = Reporter(events=True)
    reporter.emit = lambda event, **fields: None
    return reporter


def train(path, size=400, lower=False, strip=False):
    return builder.train(str(path), size, lower, strip, silent())


def command_line(*arguments, **environment):
    """(exit code, events, standard error) of the program."""
    process = subprocess.Popen(
        [sys.executable, "-m", "helpers.data.vocabulary"] + [str(argument) for argument in arguments] + ["--events"],
        cwd=str(ROOT),
        env=dict(os.environ, **environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        universal_newlines=True,
    )
    out, err = process.communicate()
    return process.returncode, [json.loads(line) for line in out.splitlines()], err


def tokens_of(folder):
    return (folder / "vocab.txt").read_text(encoding="utf-8").splitlines()


def write_vocab(path, tokens):
    path.write_text("".join(token + "\n" for token in tokens), encoding="utf-8")
    return path


# -- an own vocabulary --------------------------------------------------------------------------------------


def test_pieces_of_a_sentence(tmp_path):
    path = tmp_path / "vocab.txt"
    path.write_text("\n".join(SPECIAL + ["Los", "p", "##ája", "##ros", "."]) + "\n", encoding="utf-8")
    assert vocabulary.pieces(str(path), "Los pájaros.") == ["Los", "p", "##ája", "##ros", "."]
    assert vocabulary.pieces(str(path), "Los perros") == ["Los", "[UNK]"]
    assert vocabulary.pieces(str(path), "Los pájaros", strip_accents=True) == ["Los", "[UNK]"]


def test_two_runs_give_one_vocabulary(real_text):
    runs = []
    for _ in range(2):  # each in its own process: a hash table's order is settled once a process
        program = (
            "import sys; from test_vocabulary import train; "
            "sys.stdout.buffer.write('\\n'.join(train(sys.argv[1], 900)).encode('utf-8'))"
        )
        path = os.pathsep.join([str(ROOT / "tests" / "data"), str(ROOT / "tests" / "support"), str(ROOT)])
        command = [sys.executable, "-c", program, str(real_text)]
        runs.append(subprocess.check_output(command, env=dict(os.environ, PYTHONPATH=path)))
    tokens = runs[0].decode("utf-8").split("\n")
    assert runs[0] == runs[1] and len(tokens) == len(set(tokens)) == 900
    # The same with tokenizers 0.5.2 and 0.23, so a vocabulary does not depend on the environment.
    assert hashlib.sha256(runs[0]).hexdigest()[:16] == "1cf52a9efb54e802"


def test_every_frequent_character_can_begin_and_continue_a_word(real_text):
    tokens = train(real_text)
    assert tokens[:5] == SPECIAL and len(tokens) == 400
    for character in "abcdefghijklmnñopqrstuáéíóú":
        if character in real_text.read_text(encoding="utf-8"):
            assert character in tokens and "##" + character in tokens
    assert "." in tokens and "##." not in tokens


@pytest.mark.parametrize("lower, strip", [(False, False), (True, False), (False, True), (True, True)])
def test_case_and_accents_are_obeyed(data_dir, lower, strip):
    tokens = set(train(data_dir / "corpus" / "train.txt", lower=lower, strip=strip))
    assert ("los" if lower else "Los") in tokens and ("Los" in tokens) != lower
    assert ("pajaros" if strip else "pájaros") in tokens and ("pájaros" in tokens) != strip
    assert {"¿", "¡", "日", "€"} <= tokens and "##日" not in tokens
    assert ("\u0303" in tokens) != strip


def test_a_small_corpus_gives_fewer(data_dir):
    code, events, _ = command_line("--source", "train:5000", "--output-dir", data_dir)
    assert code == 0 and events[-1]["event"] == "result"
    tokens = tokens_of(data_dir)
    assert tokens[:5] == SPECIAL and 50 < len(tokens) == events[-1]["tokens"] < 500
    assert any("small" in event.get("text", "") for event in events)


def test_a_rare_alphabet_leaves_room_for_words(tmp_path):
    path = tmp_path / "train.txt"
    letters = "".join(chr(code) * 2 + " " for code in range(0x4E00, 0x4E00 + 3000))
    path.write_text(TEXT * 20 + letters, encoding="utf-8")
    tokens = train(path, 300)
    assert len(tokens) <= 300 and "pájaros" in tokens
    assert tokens == train(path, 300)


def test_the_real_thing(shared, tmp_path):
    path = tmp_path / "train.txt"
    with gzip.open(str(shared / "subtitles_es" / "valid.txt.gz"), "rb") as packed:
        path.write_bytes(packed.read())
    tokens = train(path, 4000)
    assert len(tokens) == 4000 and {"que", "están", "##ando"} <= set(tokens)


# -- a path -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["plain", "gzip", "BOM", "CRLF", "no newline", "blank end"])
def test_a_path(tmp_path, data_dir, form):
    tokens = SPECIAL + ["pájaro", "##s", "日"]
    text = "\n".join(tokens) + "\n"
    text = {"CRLF": text.replace("\n", "\r\n"), "no newline": text[:-1], "blank end": text + "\n\n"}.get(form, text)
    data = text.encode("utf-8-sig" if form == "BOM" else "utf-8")
    (tmp_path / "mine.txt").write_bytes(gzip.compress(data) if form == "gzip" else data)
    code, events, error = command_line("--source", tmp_path / "mine.txt", "--output-dir", data_dir)
    assert (code, error) == (0, "") and tokens_of(data_dir) == tokens
    assert (data_dir / "vocab.txt").read_bytes().endswith("日\n".encode("utf-8"))


@pytest.mark.parametrize(
    "content, word",
    [
        ("\n".join(SPECIAL[:4]).encode(), r"lacks \[MASK\]"),
        (b"uno\ndos\n", r"lacks \[PAD\], \[UNK\]"),
        (b"", "lacks"),
        ("\n".join(SPECIAL + ["uno dos"]).encode(), "line 6 has a space"),
        ("\n".join(SPECIAL + ["niño"]).encode("latin-1"), "line 6 is not UTF-8"),
        ("\n".join(SPECIAL).encode("utf-16-le"), "save the vocabulary as UTF-8"),
        ("\n".join(SPECIAL + ["niño"]).encode("utf-16-le"), "save the vocabulary as UTF-8"),
        ("\n".join(map(str.lower, SPECIAL)).encode(), "in capitals"),
        ("\n".join(f"{token},{n}" for n, token in enumerate(SPECIAL)).encode(), "a table"),
        ("\n".join(SPECIAL + ["el@@", "la</w>"]).encode(), "BPE"),
        (b"PK\x03\x04\0\0archive/data.pkl", "zip archive"),
        (bytes(1000), "binary data"),
        (gzip.compress("\n".join(SPECIAL * 100).encode())[:-9], "damaged"),
    ],
)
def test_files_that_are_no_vocabulary(tmp_path, content, word):
    path = tmp_path / "mine.txt"
    path.write_bytes(content)
    with pytest.raises(TutorialError, match=word) as error:
        others.read(str(path))
    assert str(path) in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize(
    "lines, expected, said",
    [
        (["uno", "dos", "uno"], ["[unused:6]", "dos", "uno"], "repeats a piece, such as 'uno' in line 6 and in line 8"),
        (["", "uno"], ["[unused:6]", "uno"], "1 blank line between"),
        (["uno 12", "##s\t7"], None, "line 6 has a space in 'uno 12'"),
        (["[CLS]", "##s"], ["[CLS]", "##s"], "the last counts"),
        (["uno", "dos"], ["uno", "dos"], "no piece that goes on with a word"),
        (["uno ", " ##s\t"], ["uno", "##s"], None),
        (["\u2028", "##\x85"], ["\u2028", "##\x85"], None),
    ],
)
def test_oddities_are_put_right_and_said(lines, expected, said):
    told = []
    data = "\n".join(SPECIAL + lines).encode()
    if expected is None:
        with pytest.raises(TutorialError, match=said):
            vocab_file.parse(data, "mine.txt", told.append)
        return
    tokens = vocab_file.parse(data, "mine.txt", told.append)
    assert tokens[5:] == expected and len(set(tokens)) == len(tokens)
    told = [text for text in told if "##" in lines[-1] or said in text]
    assert not told if said is None else said in told[0]
    assert set(vocab_file.index(tokens)) >= set(SPECIAL)


def test_counts_beside_the_pieces_are_left_out():
    for blank in "\t", " ", "  ":
        told = []
        lines = ["%s%s%d" % (token, blank, 1000 - n) for n, token in enumerate(SPECIAL + ["el", "##s", "7"])]
        assert vocab_file.parse("\n".join(lines).encode(), "mine.txt", told.append) == SPECIAL + ["el", "##s", "7"]
        assert told == ["mine.txt has a number beside 8 pieces: taken for counts and left out"]


@pytest.mark.parametrize("form", ["utf-16", "old Mac", "JSON list", "scores", "numbers first", "no-break spaces"])
def test_the_same_pieces_in_another_dress(tmp_path, form):
    tokens = SPECIAL + ["el", "##s", "niño"]
    text = {
        "utf-16": "\r\n".join(tokens), "old Mac": "\r".join(tokens), "JSON list": json.dumps(tokens),
        "scores": "\n".join(f"{token}\t-{n * 1e-7:.3e}" for n, token in enumerate(tokens)),
        "numbers first": "\n".join(f"{n}\t{token}" for n, token in enumerate(tokens)),
        "no-break spaces": "\n".join(f"{token}\xa0" for token in tokens),
    }[form]  # fmt: skip
    (tmp_path / "mine.txt").write_bytes(text.encode("utf-16" if form == "utf-16" else "utf-8"))
    assert others.read(str(tmp_path / "mine.txt")) == tokens


def test_every_step_reads_the_same_from_an_odd_file(tmp_path):
    """Builder, trainer, hyperparameters, converter: [CLS] twice, a blank at the ends of lines, a BOM, Windows' ends."""
    from helpers.pretraining import hyperparameters

    tokens = SPECIAL + ["el", "[CLS]", "##s", "niño"]
    (tmp_path / "vocab.txt").write_bytes("".join(token + " \r\n" for token in tokens).encode("utf-8-sig") + b"\r\n")
    path = str(tmp_path / "vocab.txt")
    read = vocab_file.read(path)
    assert read == ["[PAD]", "[UNK]", "[unused:3]", "[SEP]", "[MASK]", "el", "[CLS]", "##s", "niño"]
    assert Tokenizer(path, False).vocabulary == vocab_file.index(read)
    hparams = hyperparameters.resolve_in(str(tmp_path), "m", {})
    assert hparams.vocab_size == 9
    trainer = pytest.importorskip("helpers.pretraining.training.trainer")
    assert trainer.special_tokens(hparams) == (6, 3, 4)


def test_messages_quote_little_of_a_file():
    long = "x" * 5000
    for lines in ([long + " y"], [long, long]):
        with pytest.raises(TutorialError) as error:
            vocab_file.check(SPECIAL + lines, "mine.txt")
        assert "x" * 50 in str(error.value) and len(str(error.value)) < 200


def test_what_the_pieces_tell_of_case_and_accents():
    assert vocab_file.made_for(SPECIAL + ["[unused1]", "el", "##nino"]) == (True, True)
    assert vocab_file.made_for(SPECIAL + ["niño"]) == (True, False)
    assert vocab_file.made_for(SPECIAL + ["El"]) == (False, True)


def test_a_failure_is_one_sentence_and_leaves_no_files(tmp_path, data_dir):
    write_vocab(tmp_path / "mine.txt", ["uno"])
    code, events, error = command_line("--source", tmp_path / "mine.txt", "--output-dir", data_dir)
    assert code == 1 and events[-1]["event"] == "error" and "lacks" in events[-1]["message"]
    assert error == "error: %s\n" % events[-1]["message"] and os.listdir(str(data_dir)) == ["corpus"]


@pytest.mark.parametrize(
    "arguments, word",
    [
        (dict(source="bert-base-multilingual"), "'bert-base-multilingual-cased', 'train:8000' or the path"),
        (dict(source="train:5"), "VOCAB is 'train:5': give a number"),
        (dict(source="train:many"), "VOCAB is 'train:many': give a number"),
        (dict(source="train:1000000000"), "VOCAB is 'train:1000000000': give a number"),
        (dict(source="train", strip_accents="no"), "strip_accents"),
    ],
)
def test_parameters_that_cannot_be(data_dir, arguments, word):
    with pytest.raises(TutorialError, match=word):
        vocabulary.prepare(data_dir=data_dir, **arguments)


def test_no_corpus_yet(tmp_path):
    with pytest.raises(TutorialError, match="prepare the corpus first"):
        vocabulary.prepare("train", tmp_path)


# -- vocabularies of others, and text of others -------------------------------------------------------------


CASES = ROOT / "tests" / "cases" / "vocabularies"
CASED = (CASES / "cased.txt").read_text(encoding="utf-8").split("\n")[:-1]
TEXT_OF_CASES = "Los pájaros están cantando en la plaza. La camarera toca la guitarra.\n" * 40


@pytest.mark.parametrize(
    "name, tokens, said",
    [
        ("cased.txt", CASED, "750 word pieces"),
        ("bom.txt", CASED, "750 word pieces"),
        ("crlf_trailing.txt", CASED, "750 word pieces"),
        ("tokenizer.json", CASED, "is a tokenizer.json: its WordPiece vocabulary is taken"),
        ("vocab.json", CASED, "is a vocab.json"),
        ("mbert_missing_percent.txt", None, "748 word pieces"),
        ("no_hashes.txt", [token for token in CASED if "##" not in token], "no piece that goes on with a word"),
        (
            "uncased.txt",
            None,
            'has no capitals and no accents and the text keeps its own: HPARAMS = {"do_lower_case": true',
        ),
        ("spm.vocab", None, "error: {path} is a vocabulary of SentencePiece (BPE or Unigram), and ELECTRA's"),
    ],
)
def test_vocabularies_of_others(data_dir, name, tokens, said):
    (data_dir / "corpus" / "train.txt").write_text(TEXT_OF_CASES, encoding="utf-8")
    code, events, error = command_line("--source", CASES / name, "--output-dir", data_dir)
    texts = " ".join([event.get("text", "") for event in events] + [error])
    assert said.replace("{path}", str(CASES / name)) in texts and code == (said.startswith("error"))
    if tokens:
        assert len(tokens) > 400 and tokens_of(data_dir) == tokens


def _tokenizer_json(**model):
    return json.dumps({"model": model})


@pytest.mark.parametrize(
    "content, said",
    [
        (_tokenizer_json(type="BPE", vocab={"a": 0}, merges=[]), "tokenizer.json with a vocabulary of BPE"),
        (_tokenizer_json(type="Unigram", vocab=[["a", -1.0]]), "tokenizer.json with a vocabulary of Unigram"),
        (_tokenizer_json(type="WordPiece", vocab={"a": 0}, continuing_subword_prefix="@@"), "by '@@', not by ##"),
        (_tokenizer_json(type="WordPiece", vocab={"a": 0, "b": 0}), "without a number of their own"),
        (_tokenizer_json(type="WordPiece", vocab={"a": 0}), r"lacks \[PAD\]"),
        (json.dumps({"<s>": 0, "\u0120el": 1}), "a vocab.json of BPE"),
        (json.dumps({"do_lower_case": True, "model_max_length": 512, "x": []}), "JSON without a vocabulary"),
        ('{"model": ', "is damaged"),
        ("#version: 0.2\n\u0120 e\nl o\n", "the merges of a BPE"),
        ("\u0120el\n\u0120la\nos\n", "a vocabulary of BPE"),
        ("version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "Git LFS"),
        ("<!DOCTYPE html>\n<html>login</html>", "a web page"),
        (b"\n\x0e\n\x05<unk>\x15\x00\x00\x00\x00\x18\x02\n\n\n\x03\xe2\x96\x81a\x15\xff", "a model of SentencePiece"),
    ],
)
def test_what_is_no_wordpiece_is_refused_by_name(tmp_path, content, said):
    path = tmp_path / "mine"
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    with pytest.raises(TutorialError, match=said) as error:
        others.read(str(path))
    assert str(error.value).startswith(str(path)) and "\n" not in str(error.value)


def test_added_tokens_and_gaps_of_a_tokenizer_json(tmp_path):
    numbers = {token: number for number, token in enumerate(SPECIAL[:4] + ["el", "##s"])}
    found = {"model": {"type": "WordPiece", "vocab": numbers}, "added_tokens": [{"id": 8, "content": "[MASK]"}]}
    (tmp_path / "t").write_text(json.dumps(dict(found, normalizer={"lowercase": True})))
    told = []
    tokens = others.read(str(tmp_path / "t"), told.append)
    assert tokens == SPECIAL[:4] + ["el", "##s", "[unused:7]", "[unused:8]", "[MASK]"]
    assert any("made with lowercase: give do_lower_case=True" in text for text in told)


def test_the_share_of_unknown_words_is_right_and_the_switch_helps(data_dir):
    text = TEXT_OF_CASES + "Raya — raya.\n" * 20
    (data_dir / "corpus" / "train.txt").write_text(text, encoding="utf-8")
    shares = []
    for hparams in {}, {"do_lower_case": "true"}:
        made = vocabulary.prepare(CASES / "uncased.txt", data_dir, hparams=hparams)
        lower = made["parameters"]["do_lower_case"]
        assert (
            lower is bool(hparams)
            and json.loads((data_dir / "tokenizer_config.json").read_text())["do_lower_case"] is lower
        )
        tokenizer = Tokenizer(made["vocab_file"], lower, False)
        words = [word for line in text.split("\n") for word in tokenizer.words(line)]
        unknown = collections.Counter(word for word in words if tokenizer.pieces(word) == [tokenizer.unknown])
        tokens = sum(len(tokenizer.pieces(word)) for word in words)
        assert made["account"]["unknown_share"] == pytest.approx(sum(unknown.values()) / tokens, abs=1e-6)
        assert sorted(map(tuple, made["account"]["unknown_words"])) == sorted(unknown.most_common(10))
        shares.append(made["account"]["unknown_share"])
        said = vocabulary.in_words(made)[-1]
        assert ("warning" in said) == (shares[-1] > 0.01) and ("do_lower_case" in said) == (
            not lower and "warning" in said
        )
    assert shares[0] > 2 * shares[1] > 0


@pytest.mark.parametrize(
    "pieces, words, switches",
    [
        (["los", "pajaros"], ["Los", "pájaros"], {"do_lower_case", "strip_accents"}),
        (["los", "pájaros"], ["Los", "pájaros"], {"do_lower_case"}),
        (["Los", "pajaros"], ["Los", "pájaros"], {"strip_accents"}),
        (["los", "pajaros"], ["vuelan", "pájaros"], {"strip_accents"}),
        (["los", "pajaros"], ["vuelan"], set()),
        (["Los", "pájaros"], ["Vuelan", "así"], set()),
    ],
)
def test_the_remedy_is_the_switch_that_helps(pieces, words, switches):
    said = vocabulary.remedy(SPECIAL + pieces, False, False, words)
    assert {name for name in ("do_lower_case", "strip_accents") if f'"{name}": true' in said} == switches
    assert ("of the text's own" in said) == (not switches)
    assert "of the text's own" in vocabulary.remedy(SPECIAL + pieces, True, True, words)


def test_case_in_the_hyperparameters_is_obeyed_from_the_start_or_refused(data_dir):
    from helpers.pretraining import hyperparameters

    for name, expected in (("strip_accents", (False, True)), ("do_lower_case", (True, False))):
        made = vocabulary.prepare("train:300", data_dir, hparams={name: True, "mask_prob": 0.2})["parameters"]
        assert (made["do_lower_case"], made["strip_accents"]) == expected, "one does not follow from the other"
    assert "los" in tokens_of(data_dir) and "Los" not in tokens_of(data_dir)
    assert hyperparameters.resolve_in(str(data_dir), "m", {"do_lower_case": True}).do_lower_case is True
    for wrong in False, "false":
        with pytest.raises(TutorialError, match="do_lower_case is .* build the data again"):
            hyperparameters.resolve_in(str(data_dir), "m", {"do_lower_case": wrong})
    with pytest.raises(TutorialError, match="hyperparameter do_lower_case is 'perhaps'"):
        vocabulary.prepare("train:300", data_dir, hparams={"do_lower_case": "perhaps"})


LANGUAGES = {
    "Chinese": "他们在花园里唱歌。今天天气很好，我们去公园吧！你叫什么名字？我叫小明。",
    "Japanese": "鳥が庭で歌っています。今日はいい天気ですね。ラーメンを食べたいです。",
    "Korean": "새들이 정원에서 노래한다. 오늘 날씨가 정말 좋네요. 이름이 뭐예요?",
    "Thai": "นกกำลังร้องเพลงอยู่ในสวน วันนี้อากาศดีมากเราไปเดินเล่นกันเถอะ",
    "Arabic": "الطيور تغني في الحديقة. هل تتكلم اللغة العربية؟",
    "Persian": "پرندگان در باغ آواز می‌خوانند. هوا امروز خیلی خوب است.",
    "Hindi": "पक्षी बगीचे में गा रहे हैं। क्या आप हिन्दी बोलते हैं?",
    "Russian": "Птицы поют в саду. Сегодня очень хорошая погода, не так ли?",
    "Turkish": "Kuşlar bahçede şarkı söylüyor. İyi günler, çay içer misiniz?",
}


@pytest.mark.parametrize("lower, strip", [(False, False), (True, True)])
@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_less_than_one_percent_unknown_with_a_vocabulary_of_its_own(tmp_path, language, lower, strip):
    path = tmp_path / "train.txt"
    path.write_text((LANGUAGES[language] + "\n") * 30, encoding="utf-8")
    tokens = train(path, 400, lower, strip)
    tokenizer = Tokenizer.of(tokens, lower, strip)
    ids = tokenizer.ids(path.read_text(encoding="utf-8"))
    assert len(ids) > 30 and ids.count(tokenizer.unknown) < 0.01 * len(ids)
    assert builder.unknown_in(str(path), tokens, lower, strip)["unknown_share"] < 0.01


@pytest.mark.parametrize("first, size", [(0x4E00, 6000), (0xAC00, 10000), (0x61, 300)])
def test_how_many_characters_are_kept_follows_the_text(first, size):
    """Chinese characters, Korean syllables and letters, as frequent as Zipf has them."""
    different = {0x4E00: 4000, 0xAC00: 2000, 0x61: 26}[first]
    counts = {chr(first + rank): max(2, 10**6 // (rank + 1) ** 2) for rank in range(different)}
    kept = builder.alphabet(counts, size)
    covered = sum(counts[character] for character in kept) / sum(counts.values())
    assert covered >= 0.9995 or len(kept) > 1000
    assert kept == sorted(kept) and len(kept) * (1 if first == 0x4E00 else 2) < size
    assert min(counts[character] for character in kept) >= max(
        counts[c] for c in set(counts) - set(kept) | {min(counts, key=counts.get)}
    )


def test_a_large_text_is_sampled_all_over(tmp_path, monkeypatch):
    path = tmp_path / "train.txt"
    path.write_text("el\n" * 30000 + "xyz\n" * 30000, encoding="utf-8")
    monkeypatch.setattr(builder, "SAMPLE_BYTES", 300)
    found = builder.unknown_in(str(path), SPECIAL + ["el", "##s"], False, False)
    assert 0.3 < found["unknown_share"] < 0.7 and found["unknown_words"][0][0] == "xyz" and found["sampled"] < 3000


def test_home_is_found_in_paths(data_dir, monkeypatch):
    monkeypatch.setenv("HOME", str(data_dir))
    write_vocab(data_dir / "mine.txt", SPECIAL + ["el", "##s"])
    made = vocabulary.prepare("$HOME/mine.txt", "~/DATA")
    assert made["vocab_file"] == str(data_dir / "DATA" / "vocab.txt") and made["tokens"] == 7
    assert vocabulary.prepare("~/mine.txt", "$HOME/DATA")["up_to_date"]


def test_help_shows_examples_that_parse(capsys):
    from helpers.data.dataset import __main__ as dataset_command
    from helpers.data.vocabulary import __main__ as vocabulary_command

    for command in dataset_command, vocabulary_command:
        text = command.parser().format_help()
        lines = text.replace("\\\n", " ").split("\n")
        examples = [
            line.split()[3:] for line in lines if line.strip().startswith("python -m " + command.parser().prog[10:])
        ]
        assert len(examples) >= 3
        for argv in examples:
            command.parser().parse_args(argv)


# -- the Hub ------------------------------------------------------------------------------------------------


@pytest.fixture
def hub(monkeypatch):
    """A stand-in for the Hub, and the environment that sends huggingface_hub to it."""

    class Hub(Server):
        def __init__(self, content):
            name = hashlib.sha1(content).hexdigest()
            super().__init__({HUB_PATH: content}, etags={HUB_PATH: '"%s"' % name}, extra={"X-Repo-Commit": name})

        def environment(self, cache):
            return dict(HF_ENDPOINT=self.url(), HF_HOME=str(cache), HF_HUB_OFFLINE="0", HF_HUB_DISABLE_XET="1")

    return Hub


def test_the_multilingual_vocabulary(shared, data_dir, tmp_path, hub):
    with gzip.open(str(shared / "mbert" / "vocab.txt.gz")) as packed:
        content = packed.read()
    arguments = ["--source", "bert-base-multilingual-cased", "--output-dir", data_dir]
    with hub(content) as server:
        settings = server.environment(tmp_path / "cache")
        code, events, error = command_line(*arguments, **settings)
        assert (code, error) == (0, "") and events[-1]["tokens"] == 119547
        assert (data_dir / "vocab.txt").read_bytes() == content
    code, events, error = command_line(*arguments, **settings)  # no network, but a cache
    assert code == 0 and events[-1]["tokens"] == 119547


def test_another_file_on_the_hub_is_refused(data_dir, tmp_path, hub):
    with hub("\n".join(SPECIAL).encode()) as server:
        code, events, _ = command_line(
            "--source", "bert-base-multilingual-cased", "--output-dir", data_dir, **server.environment(tmp_path)
        )
    assert code == 1 and "sha256" in events[-1]["message"] and not (data_dir / "vocab.txt").exists()


def test_no_network_names_the_other_choices(data_dir, tmp_path):
    settings = dict(HF_HOME=str(tmp_path / "cache"), HF_HUB_OFFLINE="1")
    code, events, error = command_line("--source", "bert-base-multilingual-cased", "--output-dir", data_dir, **settings)
    message = events[-1]["message"]
    assert code == 1 and '"train:8000"' in message and "path" in message and error == "error: %s\n" % message
    assert "\n" not in message


# -- from the notebook, and what later steps see ------------------------------------------------------------


def test_prepare_and_what_is_redone(tmp_path, data_dir):
    made = vocabulary.prepare("train:300", data_dir)
    assert not made["up_to_date"] and made["vocab_file"] == str(data_dir / "vocab.txt")
    assert made["tokens"] == len(tokens_of(data_dir)) <= 300
    assert sorted(os.listdir(str(data_dir))) == ["corpus", "tokenizer_config.json", "vocab.manifest.json", "vocab.txt"]

    start = time.time()
    assert vocabulary.prepare("train:300", data_dir)["up_to_date"]
    assert time.time() - start < 1

    def again(**arguments):
        return vocabulary.current(str(data_dir), *vocabulary.parameters(data_dir=str(data_dir), **arguments))

    assert again(source="train:300")
    assert not again(source="train:301")
    assert not again(source="train:300", do_lower_case=True)
    assert not again(source="train:300", strip_accents=True)
    train_file = data_dir / "corpus" / "train.txt"
    train_file.write_text(TEXT, encoding="utf-8")  # the same once more
    assert again(source="train:300")
    train_file.write_text(TEXT + "más\n", encoding="utf-8")
    assert not again(source="train:300")

    mine = write_vocab(tmp_path / "mine.txt", SPECIAL + ["uno"])
    assert not vocabulary.prepare(mine, data_dir)["up_to_date"]
    assert again(source=mine)
    (data_dir / "tokenizer_config.json").write_text("{}")
    assert not again(source=mine)
    assert not vocabulary.prepare(mine, data_dir)["up_to_date"]
    write_vocab(data_dir / "vocab.txt", SPECIAL)
    assert not again(source=mine)
    with pytest.raises(TutorialError, match="lacks"):  # the child's own sentence
        vocabulary.prepare(write_vocab(tmp_path / "bad.txt", ["uno"]), data_dir)


def test_a_vocabulary_is_learnt_anew_when_the_text_was_edited(data_dir):
    vocabulary.prepare("train:300", data_dir, strip_accents=True)
    assert vocabulary.prepare("train:300", data_dir, strip_accents=True)["up_to_date"]
    train_file = data_dir / "corpus" / "train.txt"
    train_file.write_text(TEXT + "Wörter żółw\n" * 30, encoding="utf-8")
    made = vocabulary.prepare("train:300", data_dir, strip_accents=True)
    assert not made["up_to_date"] and {"W", "ł"} <= set(tokens_of(data_dir)) and "ö" not in tokens_of(data_dir)
    assert (made["parameters"]["do_lower_case"], made["parameters"]["strip_accents"]) == (False, True)


def test_after_the_sample_corpus(tmp_path):
    corpus.prepare("sample", tmp_path, train_size=3000)
    made = vocabulary.prepare("train:1000", tmp_path)
    assert made["tokens"] == 1000 and "pájaros" in tokens_of(tmp_path)


@pytest.mark.parametrize(
    "lower, strip, expected",
    [
        (False, False, "Los pájaros están cantando"),
        (True, False, "los pájaros están cantando"),
        (False, True, "Los pajaros estan cantando"),
        (True, True, "los pajaros estan cantando"),
    ],
)
def test_from_pretrained_obeys(tmp_path, data_dir, lower, strip, expected):
    ElectraTokenizerFast = pytest.importorskip("transformers").ElectraTokenizerFast
    words = sorted({word for text in (SENTENCE, SENTENCE.lower(), expected) for word in text.split()})
    write_vocab(tmp_path / "mine.txt", SPECIAL + words)
    settings = vocabulary.parameters(tmp_path / "mine.txt", str(data_dir), lower, strip)
    vocabulary.write(str(data_dir), SPECIAL + words, *settings)
    tokenizer = ElectraTokenizerFast.from_pretrained(str(data_dir))
    ids = tokenizer.encode(SENTENCE)
    assert tokenizer.convert_ids_to_tokens(ids) == ["[CLS]"] + expected.split() + ["[SEP]"]
