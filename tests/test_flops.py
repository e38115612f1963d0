"""Our count of operations against the paper's (table 1 and table 8 of arXiv 2003.10555)."""

import pytest

from helpers import flops, hyperparameters

BASE = dict(model_size="base", max_seq_length=512, train_batch_size=256)
LARGE = dict(model_size="large", max_seq_length=512, train_batch_size=2048)
SMALL = dict(model_size="small", max_seq_length=128, train_batch_size=128)
MASKED_LM = dict(electra_objective=False)

PAPER = [
    ("BERT-Small", dict(SMALL, num_train_steps=1450000, **MASKED_LM), 1.4e18),
    ("BERT-Base", dict(BASE, num_train_steps=1000000, **MASKED_LM), 6.4e19),
    ("ELECTRA-Base", dict(BASE, num_train_steps=766000, generator_hidden_size=1 / 3), 6.4e19),
    ("BERT-Large", dict(LARGE, train_batch_size=256, num_train_steps=1000000, **MASKED_LM), 1.9e20),
    ("ELECTRA-400K", dict(LARGE, num_train_steps=400000), 7.1e20),
    ("ELECTRA-1.75M", dict(LARGE, num_train_steps=1750000), 3.1e21),
]


@pytest.mark.parametrize("name, settings, expected", PAPER, ids=[row[0] for row in PAPER])
def test_the_papers_figures_within_5_percent(name, settings, expected):
    counted = flops.training_flops(hyperparameters.resolve(settings), "paper")
    assert counted == pytest.approx(expected, rel=0.05)


def test_electra_small_comes_out_below_the_papers_figure():
    """The table gives ELECTRA-Small BERT-Small's 1.4e18; counted like the others, 1,000,000 steps are 7% fewer."""
    counted = flops.training_flops(hyperparameters.resolve(dict(SMALL, num_train_steps=1000000)), "paper")
    assert 0.90 * 1.4e18 < counted < 0.95 * 1.4e18


def test_the_products_are_counted_by_hand():
    """A shape whose products can be written down; all else is under a twentieth of them."""
    settings = dict(
        model_size="base",
        max_seq_length=64,
        train_batch_size=2,
        vocab_size=1000,
        electra_objective=False,
        mask_prob=0.12,
    )
    hparams = hyperparameters.resolve(settings)
    products = 12 * (4 * 768 * 768 + 2 * 64 * 768 + 2 * 768 * 3072) + 8 / 64 * (768 * 768 + 768 * 1000)
    counted = flops.step_flops(hparams)
    assert 1.0 < counted / (3 * 2 * 64 * 2 * products) < 1.05


def test_what_the_settings_leave_out_costs_nothing():
    def count(**changes):
        return flops.step_flops(hyperparameters.resolve(dict(SMALL, **changes)))

    assert count(uniform_generator=True) < count() < count(untied_generator=False)
    assert count(train_batch_size=256) == 2 * count()
    paper = flops.step_flops(hyperparameters.resolve(SMALL), "paper")
    assert paper != count()
