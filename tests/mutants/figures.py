"""Faults in what figures say in words, and in points that few figures have."""

from tests.mutants.table import Mutant

PLOTS = "helpers/plots/"


def said(file, old, new, test):
    """A fault in a figure that is noticed by what it says."""
    return Mutant(PLOTS + file, old, new, ("tests/plots/test_what_is_said.py::" + test,))


RUNS = "test_runs_are_described_by_their_last_values"
SCORES = "test_true_scores_lie_along_and_predicted_ones_up"
LEVEL = "test_what_took_no_operations_is_a_level_line"
NETWORKS = "test_a_word_that_was_masked_and_drawn_again_is_original"
WORDS = "test_how_few_words_make_up_most_of_a_text"

ROWS = [
    said(
        "runs.py",
        "for row in rows if metric in row] for label",
        "for row in rows[:1] if metric in row] for label",
        RUNS,
    ),
    said("runs.py", "{capital(name)}", "{name.capitalize()}", RUNS),
    said(
        "finetuning.py",
        'axes.plot(true, predicted, ".", color=BLUE',
        'axes.plot(predicted, true, ".", color=BLUE',
        SCORES,
    ),
    said("finetuning.py", 'xlabel="true", ylabel="predicted"', 'xlabel="predicted", ylabel="true"', SCORES),
    said("finetuning.py", "if list(points) == [0]:", "if False:", LEVEL),
    said(
        "architecture.py",
        "y, replaced = TOP + row * ROW, drawn != text",
        "y, replaced = TOP + row * ROW, masked != text",
        NETWORKS,
    ),
    said("architecture.py", 'range(1, sizes["layers"]):', 'range(1, sizes["layers"] + 1):', NETWORKS),
    said("architecture.py", '"generator", generator, share', '"generator", discriminator, share', NETWORKS),
    said("data.py", "np.searchsorted(covered, share)) + 1", "np.searchsorted(covered, share))", WORDS),
    said("data.py", "if overview['whole'] else 'The first '", "if not overview['whole'] else 'The first '", WORDS),
    said("data.py", "mean = total / sentences", "mean = total / len(ranked)", WORDS),
    said("data.py", "if n >= longest)]", "if n > longest)]", WORDS),
]
