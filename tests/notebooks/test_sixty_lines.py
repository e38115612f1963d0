"""Notebook 1's ELECTRA in sixty lines: its own cells, run on a small model, come to TensorFlow's losses."""

import os
import types

import numpy as np
import pytest

pytest.importorskip("tensorflow")
torch = pytest.importorskip("torch")

import tiny_checkpoint

from helpers import conversion
from helpers.data import dataset
from helpers.tutorial import method
from tools import notebook_files

PATH = os.path.join(notebook_files.ROOT, "notebooks", "1_method.ipynb")
SENTENCES = ["Los pájaros están cantando.", "El perro ladra.", "¿Que no canta mi gata?", "Un niño corre con la gata."]
CELLS = ["batch", "embeddings", "encoder", "generator", "discriminator", "masking", "drawing", "both-losses", "equal"]
METHOD = ["embeddings", "encoder", "generator", "discriminator", "masking", "drawing", "both-losses", "update"]


def cells():
    return {cell["id"]: notebook_files.source(cell) for cell in notebook_files.read(PATH)["cells"]}


@pytest.fixture(scope="module", params=[dict(), dict(embedding_size=128)], ids=["projected", "as wide as embeddings"])
def lesson(request, tmp_path_factory):
    """The names that the cells leave behind, up to the assertion, and the data folder."""
    data_dir = str(tmp_path_factory.mktemp("lesson"))
    tiny_checkpoint.make(data_dir, **request.param)
    os.makedirs(os.path.join(data_dir, "corpus"))
    for name in ("train.txt", "valid.txt"):
        with open(os.path.join(data_dir, "corpus", name), "w", encoding="utf-8") as file:
            file.write("\n".join(SENTENCES * 10) + "\n")
    dataset.build(data_dir, max_seq_length=24, num_processes=1)
    folder = os.path.join(data_dir, "models", "m")
    conversion.convert(data_dir, "m")
    names = dict(
        method=method, dataset=dataset, model_name="m", folder=folder, settings=types.SimpleNamespace(data_dir=data_dir)
    )
    names["shapes"] = method.shapes(folder)
    for cell in CELLS:
        exec(cells()[cell], names)
    return names, data_dir


def test_the_losses_are_tensorflows(lesson):
    """The notebook's own assertion has passed; and it can fail."""
    names, data_dir = lesson
    theirs, found = names["theirs"], names["found"]
    assert theirs["generator_loss"] == pytest.approx(float(found[0]), abs=1e-5)
    assert theirs["discriminator_loss"] == pytest.approx(float(found[1]), abs=1e-5)
    with torch.no_grad():
        names["pair"][2].verdict.bias += 0.01
        with pytest.raises(AssertionError):
            exec(cells()["equal"].split("with torch.no_grad():")[1].join(["with torch.no_grad():", ""]), names)
        names["pair"][2].verdict.bias -= 0.01


def test_the_batch_is_masked_and_corrupted(lesson):
    theirs = lesson[0]["theirs"]
    changed = theirs["masked_ids"] != theirs["ids"]
    assert changed.any() and not (changed & ~theirs["chosen"]).any(), "only chosen tokens are hidden"
    assert set(theirs["masked_ids"][changed]) == {theirs["mask"]}
    assert not (theirs["corrupted_ids"] != theirs["ids"])[~theirs["chosen"]].any()
    assert not theirs["chosen"][~theirs["real"]].any() and theirs["real"].any(axis=1).all()
    assert method.tensorflow_batch(lesson[1], "m", examples=64)["generator_loss"] == theirs["generator_loss"]


def test_its_masks_are_as_many_and_where_they_may_be(lesson):
    names = lesson[0]
    ids, real = names["ids"], names["real"]
    chosen, masked_ids = names["mask"](ids, 0.3)
    count = (real.sum(1) * 0.3).round().clamp(min=1)
    assert chosen.sum(1).tolist() == count.tolist()
    assert not set(ids[chosen].tolist()) & set(names["theirs"]["special"])
    assert set(masked_ids[masked_ids != ids].tolist()) == {names["theirs"]["mask"]}
    assert 0.7 < float((masked_ids != ids).sum()) / float(chosen.sum()) < 0.97


def test_updates_learn(lesson):
    names = dict(lesson[0])
    exec(cells()["update"], names)
    batch = [names[name][:16] for name in ("ids", "segments", "real")]
    losses = np.array([names["update"](*batch) for _ in range(60)])
    first, last = losses[:5].mean(axis=0), losses[-5:].mean(axis=0)
    assert last[0] < first[0] - 0.2, "the generator's"
    assert last[1] < first[1] - 0.1, "the discriminator's"


def test_it_is_some_sixty_lines():
    lines = [line for cell in METHOD for line in cells()[cell].splitlines() if line.strip()]
    assert 55 <= len(lines) <= 66
