"""What makes a model another one, which sentences a seed holds out, what a file's mark says, and seeds in a table."""

import os

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import tiny_export

from helpers import finetuning
from helpers.finetuning import curves, metrics, tasks
from helpers.finetuning.tasks import SCORES, TOKENS, Example, task
from helpers.finetuning.tasks import table as tables


def test_each_file_of_a_model_makes_it_another(tmp_path):
    folder = tiny_export.make(tmp_path / "m")
    found = [finetuning.model_digest(folder)]
    for name in ("model.safetensors", "config.json", "vocab.txt", "tokenizer_config.json"):
        with open(os.path.join(folder, name), "ab") as file:
            file.write(b"\n")
        found.append(finetuning.model_digest(folder))
    assert all(one != other for number, one in enumerate(found) for other in found[:number])
    os.remove(os.path.join(folder, "tokenizer_config.json"))
    assert finetuning.model_digest(folder) not in found
    with open(os.path.join(folder, "README.md"), "w") as file:
        file.write("# a card\n")
    assert finetuning.model_digest(folder) == finetuning.model_digest(folder) and len(found) == 5


def test_the_seed_decides_what_is_held_out():
    examples = [Example((f"w{n}",), ("XY"[n % 2],)) for n in range(50)]
    held_out = [
        set(task(TOKENS, examples, seed=seed).valid + task(TOKENS, examples, seed=seed).test) for seed in (0, 0, 1)
    ]
    assert held_out[0] == held_out[1] != held_out[2] and len(held_out[2]) == 10
    tests = [set(task(TOKENS, examples, examples[:20], seed=seed).test) for seed in (0, 0, 1)]
    assert tests[0] == tests[1] != tests[2] and len(tests[2]) == 10


def test_the_same_text_is_not_both_learned_and_tested():
    examples = [Example((f"w{n % 30}",), ("XY"[n % 2],)) for n in range(150)]
    for seed in range(5):
        made = task(TOKENS, examples, seed=seed)
        learned, stopped, tested = ({each.inputs for each in split} for split in (made.train, made.valid, made.test))
        assert not learned & tested and not learned & stopped and not stopped & tested


def test_a_mark_says_more_than_the_encoding_that_is_named(tmp_path):
    (tmp_path / "a.tsv").write_bytes("niña\tsí\n".encode("utf-16"))
    assert tables.read_text(tmp_path / "a.tsv", "cp1252") == "niña\tsí\n"
    (tmp_path / "b.tsv").write_bytes("niña\tsí\n".encode("cp1252"))
    assert tables.read_text(tmp_path / "b.tsv", "cp1252") == "niña\tsí\n"
    assert [each.inputs for each in tasks.read("sentences", tmp_path / "a.tsv")] == [("niña",)]


def test_errors_to_both_sides_do_not_cancel_out():
    assert metrics.evaluate(SCORES, ["score"], [1, 3], [3, 1])["mean_error"] == pytest.approx(2)


def test_the_table_has_mean_range_and_gain():
    values = [("pretrained", 2, 0.6), ("pretrained", 2, 0.8), ("scratch", 2, 0.5), ("scratch", 2, 0.5)]
    values += [("pretrained", 10, 0.7), ("scratch", 10, 0.9)]
    rows = [dict(zip(("start", "sentences", "value"), row)) for row in values]
    headings, lines = curves.table(rows)
    assert headings == ["labelled sentences", "pre-trained", "from scratch", "gain"]
    assert lines == [
        [2, "0.700 (0.600 to 0.800)", "0.500 (0.500 to 0.500)", "+0.200"],
        [10, "0.700 (0.700 to 0.700)", "0.900 (0.900 to 0.900)", "-0.200"],
    ]
