"""What notebook 1 counts of its walks."""

from helpers.tutorial import method


def test_draws_are_counted_for_each_share():
    """[CLS] and [SEP] are left out; a draw of the right token is no replacement."""
    steps = dict(right=[None, 0.2, 0.5, None, None], replaced=[0, 1, 0, 0, 0], probabilities=[0.9, 0.6, 0.7, 0.1, 0.9])
    missed = dict(steps, probabilities=[0.0, 0.4, 0.1, 0.1, 0.0])
    rows = method.counts([[steps], [steps, missed]], (0.15, 0.4))
    assert rows == [("15%", 2, 1, 1, 1, 2, 1), ("40%", 4, 2, 2, 1, 4, 1)]
