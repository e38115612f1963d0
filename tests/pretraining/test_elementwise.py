"""Operations with gradients of their own: values and gradients of the usual formulas, and nothing wide kept."""

import numpy as np
import pytest

pytest.importorskip("tensorflow")

from helpers.pretraining.network.forms import elementwise
from helpers.pretraining.network.runtime import session, tf

ROWS = np.random.RandomState(1).standard_normal([6, 8]).astype("float32")
KERNEL = np.random.RandomState(2).standard_normal([8, 3]).astype("float32")


def plain_gelu(values):
    return values * 0.5 * (1.0 + tf.math.erf(values / np.sqrt(2.0)))


def plain_layer_norm(values, gamma, beta):
    mean, variance = tf.nn.moments(values, axes=[-1], keepdims=True)
    return (values - mean) * tf.math.rsqrt(variance + 1e-12) * gamma + beta


def values_and_gradients(function, *inputs):
    """The function's value, and the gradients of a weighted sum of it by all inputs."""
    with tf.Graph().as_default():
        inputs = [tf.constant(value) for value in inputs]
        output = function(*inputs)
        weights = np.random.RandomState(3).standard_normal(output.shape.as_list()).astype("float32")
        gradients = tf.gradients(tf.reduce_sum(output * weights), inputs)
        with session() as run:
            return run.run([output] + gradients)


@pytest.mark.parametrize(
    "ours, plain, inputs",
    [
        (lambda rows: 0.5 * elementwise.twice_gelu(rows), plain_gelu, [ROWS]),
        (elementwise.layer_norm, plain_layer_norm, [ROWS, ROWS[0], ROWS[1]]),
        (
            lambda *both: elementwise.recomputed(lambda r, k: tf.matmul(elementwise.twice_gelu(r), 0.5 * k), *both),
            lambda rows, kernel: tf.matmul(plain_gelu(rows), kernel),
            [ROWS, KERNEL],
        ),
    ],
    ids=["gelu", "layer norm", "recomputed"],
)
def test_values_and_gradients_are_the_usual_ones(ours, plain, inputs):
    for one, other in zip(values_and_gradients(ours, *inputs), values_and_gradients(plain, *inputs)):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)


def test_dropout_drops_the_same_on_the_way_back():
    keep = ROWS > 0
    value, gradient = values_and_gradients(lambda rows: elementwise.Dropout(tf.constant(keep), 4.0)(rows), ROWS)
    np.testing.assert_allclose(value, np.where(keep, ROWS * 4.0, 0.0))
    weights = np.random.RandomState(3).standard_normal(ROWS.shape).astype("float32")
    np.testing.assert_allclose(gradient, np.where(keep, weights * 4.0, 0.0))


def ancestors(tensors):
    """All operations that have to run before ``tensors``."""
    found, waiting = set(), [tensor.op for tensor in tensors]
    while waiting:
        operation = waiting.pop()
        if operation not in found:
            found.add(operation)
            waiting += [tensor.op for tensor in operation.inputs] + list(operation.control_inputs)
    return found


def test_what_is_recomputed_waits_for_the_gradient_from_above():
    with tf.Graph().as_default():
        rows, kernel = tf.constant(ROWS), tf.constant(KERNEL)
        product = elementwise.recomputed(lambda r, k: tf.matmul(tf.math.erf(r), k), rows, kernel)
        forward = ancestors([product])
        upstream = tf.identity(tf.reduce_sum(product) * tf.ones_like(product), "upstream")
        gradients = tf.gradients(product, [rows, kernel], upstream)
        backward = ancestors(gradients) - forward
        again = [operation for operation in backward if operation.type == "Erf"]
        assert again, "the wide tensor of the forward pass is kept for the gradient"
        assert all(upstream.op in ancestors(operation.outputs) for operation in again)
        assert not any(
            operation.type == "Erf" for operation in forward & {o.op for g in gradients for o in g.op.inputs}
        )
