"""The initial value of every variable against the table in docs/reference.md, which is google-research/electra's."""

import fnmatch
import functools
import math
import pathlib
from typing import Dict, List, NamedTuple

import numpy as np
import pytest

from helpers.pretraining import hyperparameters
from helpers.pretraining.network import masking, randomness
from helpers.pretraining.network.runtime import session, tf
from helpers.pretraining.training import workers
from helpers.pretraining.training.batch_parts import BatchPart
from helpers.pretraining.training.updates import Update

REFERENCE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "reference.md"
LENGTH, BATCH = 16, 2
ERRORS = 6  # standard errors that a sample's mean and deviation may be off: chance does that once in 10^8


class Row(NamedTuple):
    """A row of the table: what the kind is called, and the texts of its two formulas."""

    kind: str
    bounds: str
    deviation: str

    def values(self, shape, spread):
        """(lowest, highest, standard deviation) for a variable of ``shape`` where initializer_range is ``spread``."""
        bound, deviation = (formula(text, shape, spread) for text in (self.bounds, self.deviation))
        return -bound if self.bounds.startswith("±") else bound, bound, deviation


def formula(text, shape, spread):
    names = dict(initializer_range=spread, inputs=shape[0], outputs=shape[-1]) if shape else {}
    for sign, python in ("±", ""), ("×", "*"), ("√", "math.sqrt"):
        text = text.replace(sign, python)
    return float(eval(text, dict(math=math), names))


def table() -> Dict[str, Row]:
    """Rows by their patterns of names: what docs/reference.md has under "Initial values"."""
    section = REFERENCE.read_text(encoding="utf-8").split("## Initial values")[1].split("\n## ")[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("| `")]
    return {
        pattern: Row(*(cell.strip() for cell in cells)) for names, *cells in rows for pattern in names.split("`")[1::2]
    }


def initial_values(seed=1, **changes):
    """All variables of a training graph, as the trainer makes them, before the first step."""
    settings = dict(
        model_size="tiny", vocab_size=400, embedding_size=48, max_seq_length=LENGTH, train_batch_size=BATCH,
        generator_hidden_size=0.5, model_hparam_overrides=dict(max_position_embeddings=64),
    )  # fmt: skip
    settings["model_hparam_overrides"].update(changes.pop("model_hparam_overrides", {}))
    hparams = hyperparameters.resolve(dict(settings, **changes))
    with tf.Graph().as_default():
        tf.set_random_seed(seed)
        step, worker = tf.train.get_or_create_global_step(), workers.Alone()
        features = masking.Features(*(tf.placeholder(tf.int32, [BATCH, LENGTH]) for _ in masking.Features._fields))
        with randomness.initial_values():
            part = BatchPart(features, hparams, masking.SpecialTokens(2, 3, 4), step, worker)
        Update(part, hparams, step, worker)
        with session() as running:
            running.run(tf.global_variables_initializer())
            return running.run({each.op.name: each for each in tf.global_variables()})


def differences(values: np.ndarray, row: Row, spread: float) -> List[str]:
    """What of ``values`` does not fit the table's ``row``; empty when all does."""
    lowest, highest, deviation = row.values(values.shape, spread)
    count, found, values = values.size, [], values.astype(np.float64)
    rounding = 1e-3 * deviation  # the table has three digits
    if values.min() < lowest - rounding or values.max() > highest + rounding:
        found.append(f"from {values.min():.4f} to {values.max():.4f}, not {lowest:.4f} to {highest:.4f}")
    # No distribution here has heavier tails than the normal one, whose deviation has this standard error.
    if abs(values.std() - deviation) > ERRORS * deviation / math.sqrt(2 * count) + rounding:
        found.append(f"standard deviation {values.std():.4f}, not {deviation:.4f}")
    middle = (lowest + highest) / 2
    if abs(values.mean() - middle) > ERRORS * deviation / math.sqrt(count) + rounding:
        found.append(f"mean {values.mean():.4f}, not {middle:.4f}")
    return found


MODELS = {
    "untied": {},
    "untied embeddings": dict(untied_generator_embeddings=True),
    "tied": dict(untied_generator=False),
    "masked words alone": dict(electra_objective=False),
    "another initializer_range": dict(model_hparam_overrides=dict(initializer_range=0.1)),
}


@functools.lru_cache(maxsize=None)
def started(model):
    return initial_values(**MODELS[model])


@pytest.mark.parametrize("model", sorted(MODELS))
def test_every_variable_starts_as_the_table_says(model):
    spread = MODELS[model].get("model_hparam_overrides", {}).get("initializer_range", 0.02)
    known, wrong = table(), {}
    for name, values in started(model).items():
        rows = [pattern for pattern in known if fnmatch.fnmatchcase(name, pattern)]
        assert len(rows) == 1, f"{name} is told by the rows {rows}"
        found = differences(np.asarray(values), known[rows[0]], spread)
        if found:
            wrong[name] = found
    assert not wrong


def test_every_row_of_the_table_is_some_variables():
    names = {name for model in MODELS for name in started(model)}
    assert table() and all(fnmatch.filter(names, pattern) for pattern in table())


def test_a_seed_decides_the_random_ones_and_no_two_variables_are_alike():
    first, again, other = started("untied"), initial_values(), initial_values(seed=2)
    drawn = [name for name, values in first.items() if np.unique(values).size > 2]
    assert len(drawn) > 20
    for name, values in first.items():
        np.testing.assert_array_equal(values, again[name])
        assert (values != other[name]).any() == (name in drawn)
    assert len({first[name].ravel()[:20].tobytes() for name in drawn}) == len(drawn)


@pytest.mark.parametrize("kind", ["truncated normal", "Glorot uniform", "zeros", "ones"])
def test_the_comparison_tells_distributions_apart(kind):
    shape, draw = (64, 1), np.random.RandomState(0)
    limit = math.sqrt(6 / 65)
    drawn = {
        "truncated normal": np.array([x for x in draw.randn(200) if abs(x) < 2][:64]).reshape(shape) * 0.02,
        "Glorot uniform": draw.uniform(-limit, limit, shape),
        "zeros": np.zeros(shape),
        "ones": np.ones(shape),
    }
    row = next(row for row in table().values() if row.kind == kind)
    assert [name for name, values in drawn.items() if not differences(values, row, 0.02)] == [kind]
