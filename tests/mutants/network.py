"""Faults in the network's forms, for a CPU and for a GPU, and in its output layer."""

from tests.mutants.table import Mutant

BLOCKS = "helpers/pretraining/network/forms/output_blocks.py"
OF_OUTPUT = "tests/pretraining/test_output_layer.py::"
BEYOND = (OF_OUTPUT + "test_a_draw_that_rounding_leaves_beyond_the_last_sum_is_the_last_likely_token",)

ROWS = [
    # The output layer: what is drawn.
    Mutant(BLOCKS, "tf.cumsum(weight, axis=1)", "tf.cumsum(weight, axis=1, exclusive=True)", BEYOND),
    Mutant(BLOCKS, "tf.reduce_max(columns, axis=1))\n", "tf.reduce_max(columns, axis=1) + 1)\n", BEYOND),
    Mutant(BLOCKS, "tf.cast(weight > 0, tf.float32)", "tf.ones_like(weight)", BEYOND),
    Mutant(
        BLOCKS,
        "tf.cast(cumulative <= tf.expand_dims(target, 1), tf.float32)",
        "tf.cast(cumulative < tf.expand_dims(target, 1), tf.float32)",
        (OF_OUTPUT + "test_correct_token_is_never_drawn_when_disallowed",),
    ),
]
