"""Token embeddings that start from counts of neighbours."""

import os

import numpy as np
import pytest
from test_initial_weights import STILL, data_dir, run, values  # noqa: F401  (a fixture)
from test_pretrain import WORDS

from helpers.data.records import RecordFiles
from helpers.pretraining.network.initial_weights import counts

TABLE = "electra/embeddings/word_embeddings"


class Examples:
    """Stands for ``RecordFiles``: rows of ids, in which -1 is padding."""

    def __init__(self, rows):
        self.rows = np.array(rows)

    def in_order(self, batch_size):
        for start in range(0, len(self.rows), batch_size):
            rows = self.rows[start : start + batch_size]
            yield dict(input_ids=np.maximum(rows, 0), input_mask=(rows >= 0).astype(np.int32))


def dense(counted):
    table = np.zeros(counted.shape)
    table[counted.rows, counted.columns] = counted.counts
    return table


def test_neighbours_are_counted_place_by_place():
    counted = counts.count(np.array([[3, 1, 3, -1], [1, 2, -1, -1]]), 5)
    table = dense(counted).reshape([5, len(counts.PLACES), 5])
    number = {1: 0, 3: 1, 2: 2}  # columns by frequency, and by id where that is equal
    expected = np.zeros_like(table)
    for here, place, there in (
        (3, -2, 3), (3, 2, 3), (1, -1, 3), (1, 1, 3), (3, -1, 1), (3, 1, 1), (1, 1, 2), (2, -1, 1),
    ):  # fmt: skip
        expected[here, counts.PLACES.index(place), number[there]] += 1
    np.testing.assert_array_equal(table, expected)


def test_the_most_frequent_pieces_alone_are_neighbours(monkeypatch):
    monkeypatch.setattr(counts, "NEIGHBOURS", 1)
    counted = counts.count(np.array([[7, 7, 7, 2]]), 9)
    assert counted.shape == (9, len(counts.PLACES))
    assert dict(zip(counts.PLACES, dense(counted)[2])) == {-2: 1, -1: 1, 1: 0, 2: 0}


@pytest.mark.parametrize("block", [2, 100])
def test_information_is_how_much_more_often_than_chance(monkeypatch, block):
    monkeypatch.setattr(counts, "BLOCK", block)
    counted = counts.count(np.random.RandomState(0).randint(0, 7, [20, 9]) ** 2 // 7, 7)
    table = dense(counted)
    columns = table.sum(axis=0) ** counts.SMOOTHING
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = np.log(table / (table.sum(axis=1, keepdims=True) * columns / columns.sum()))
    expected = np.where(table > 0, np.maximum(expected, 0), 0)
    found = np.zeros_like(table)
    for rows, part in counts.blocks(counted, counts.information(counted)):
        found[rows] = part
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    assert 0 < (expected > 0).mean() < 1


def language(seed=0):
    """Sentences article, noun, verb, of two genders: 10 pieces each of 4 to 43, and 50 that never occur."""
    random = np.random.RandomState(seed)
    gender = random.randint(0, 2, 3000)
    article, noun = (10 * 2 * part + 10 * gender + random.randint(0, 10, 3000) for part in range(2))
    return np.stack([article + 4, noun + 4, random.randint(44, 54, 3000), np.full(3000, -1)], axis=1)


def test_pieces_that_are_used_alike_are_near_each_other():
    found, seen = counts.embeddings(Examples(language()), 104, 5, 0.05, 0)
    assert found.dtype == np.float32 and seen[4:54].all() and not seen[:4].any() and not seen[54:].any()
    assert not found[~seen].any()
    unit = found[4:54] / np.linalg.norm(found[4:54], axis=1, keepdims=True)
    like = unit @ unit.T
    group = np.arange(50) // 10
    same = (group[:, None] == group) & ~np.eye(50, dtype=bool)
    assert like[same].min() > like[group[:, None] != group].max() + 0.3


def test_lengths_are_those_of_random_embeddings_and_a_seed_gives_the_same():
    found, seen = counts.embeddings(Examples(language()), 104, 16, 0.05, 0)
    lengths = np.linalg.norm(found[seen], axis=1)
    assert (
        np.median(lengths) == pytest.approx(0.05 * 4, rel=0.05) and lengths.max() <= counts.LONGEST * 0.05 * 4 * 1.001
    )
    np.testing.assert_array_equal(found, counts.embeddings(Examples(language()), 104, 16, 0.05, 0)[0])
    other = counts.embeddings(Examples(language()), 104, 16, 0.05, 1)[0]
    np.testing.assert_allclose(other @ other.T, found @ found.T, atol=2e-3)
    assert np.abs(other - found).max() > 0.01
    assert (found.std(axis=0) > 0.01).all()  # spread over all dimensions


@pytest.mark.parametrize("rows", [[[5, 5]], [[5, 6]], [[5, 6, 7, 8, 9]]])
def test_more_dimensions_than_pieces(rows):
    found, seen = counts.embeddings(Examples(rows), 12, 32, 0.02, 0)
    assert found.shape == (12, 32) and np.isfinite(found).all() and seen.sum() == len(set(rows[0]))


def test_so_many_tokens_are_read(monkeypatch):
    monkeypatch.setattr(counts, "MOST_TOKENS", 5000)
    rows = np.arange(10000 * 3).reshape([10000, 3]) % 50
    assert len(counts.ids_of(Examples(rows))) == 4096
    np.testing.assert_array_equal(counts.ids_of(Examples(rows)), rows[:4096])


@pytest.mark.parametrize("changes", [{}, dict(untied_generator_embeddings=True)])
def test_a_run_starts_from_them_and_all_else_is_as_it_was(data_dir, changes):  # noqa: F811
    name = "counted-%d" % len(changes)
    said = " ".join(run(data_dir, name, embeddings_from_counts=True, **dict(STILL, **changes)))
    run(data_dir, name + "-random", **dict(STILL, **changes))
    found, random = (values(data_dir, each, 1) for each in (name, name + "-random"))
    tables = [each for each in found if each.endswith("/word_embeddings")]
    examples = RecordFiles(os.path.join(data_dir, "pretrain_tfrecords", "pretrain_data.tfrecord*"))
    assert len(tables) == 1 + len(changes)
    for table in tables:
        expected, seen = counts.embeddings(examples, len(WORDS), found[table].shape[1], 0.02, 0)
        np.testing.assert_allclose(found[table], np.where(seen[:, None], expected, random[table]), atol=1e-5)
        assert "%d of %d pieces have neighbours" % (seen.sum(), len(WORDS)) in said and 0 < seen.sum() < len(WORDS)
    for each in set(found) - set(tables):
        if "adam" not in each:
            np.testing.assert_allclose(found[each], random[each], atol=1e-5, err_msg=each)


def test_a_run_that_goes_on_does_not_count_again(data_dir):  # noqa: F811
    settings = dict(STILL, embeddings_from_counts=True)
    assert "start from counts" in " ".join(run(data_dir, "goes-on", **settings))
    assert "start from counts" not in " ".join(run(data_dir, "goes-on", **dict(settings, num_train_steps=2)))


def test_embeddings_of_a_checkpoint_come_first_and_that_is_said(data_dir):  # noqa: F811
    start = os.path.join(data_dir, "models", "first")
    said = " ".join(run(data_dir, "two-starts", embeddings_from_counts=True, init_checkpoint=start, **STILL))
    assert "embeddings_from_counts has no effect" in said and "start from counts" not in said
    np.testing.assert_allclose(values(data_dir, "two-starts", 1)[TABLE], values(data_dir, "first", 2)[TABLE], atol=1e-5)
