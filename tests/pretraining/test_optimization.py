"""AdamW, clipping and the schedule against the formulas in float64."""

import numpy as np
import pytest

from helpers.pretraining import hyperparameters
from helpers.pretraining.network.runtime import tf
from helpers.pretraining.training import optimization


def settings(**changes):
    return hyperparameters.resolve(dict(dict(num_train_steps=100, num_warmup_steps=10, learning_rate=0.01), **changes))


def test_three_updates_equal_float64(graph):
    hparams = settings()
    random = np.random.RandomState(0)
    start = {"dense/kernel": random.randn(3, 4), "dense/bias": random.randn(4), "LayerNorm/gamma": random.randn(4)}
    pull = {name: 5 * random.randn(*value.shape) for name, value in start.items()}
    variables = {
        name: tf.get_variable(name, initializer=tf.constant(value, tf.float32)) for name, value in start.items()
    }
    loss = tf.add_n([tf.reduce_sum(variables[name] ** 2 * pull[name]) for name in start])
    step = tf.train.get_or_create_global_step()
    update, rate, norm = optimization.training_step(loss, hparams, step)
    values = {name: value.astype(np.float32).astype(float) for name, value in start.items()}
    mean = {name: 0.0 for name in start}
    square = {name: 0.0 for name in start}
    for number in range(1, 4):
        _, seen_rate, seen_norm = graph((update, rate, norm))
        gradients = {name: 2 * values[name] * pull[name] for name in start}
        expected_norm = np.sqrt(sum((gradient**2).sum() for gradient in gradients.values()))
        expected_rate = 0.01 * (1 - number / 100) * min(1, number / 10)
        assert seen_norm == pytest.approx(expected_norm, rel=1e-5) and seen_rate == pytest.approx(expected_rate)
        for name, gradient in gradients.items():
            gradient = gradient * min(1.0, 1.0 / expected_norm)
            mean[name] = 0.9 * mean[name] + 0.1 * gradient
            square[name] = 0.999 * square[name] + 0.001 * gradient**2
            change = mean[name] / (np.sqrt(square[name]) + 1e-6)
            if name == "dense/kernel":
                change = change + 0.01 * values[name]
            values[name] = values[name] - expected_rate * change
            np.testing.assert_allclose(graph(variables[name]), values[name], rtol=2e-5, atol=1e-6)
    slots = {variable.op.name for variable in tf.global_variables()} - set(start) - {"global_step"}
    assert slots == {name + slot for name in start for slot in ("/adam_m", "/adam_v")}
    assert graph(step) == 3


@pytest.mark.parametrize("power", [1.0, 0.5, 2.0])
@pytest.mark.parametrize("warmup", [10, 0])
def test_schedule_in_the_graph_and_in_python_agree_with_the_formula(graph, power, warmup):
    hparams = settings(lr_decay_power=power, num_warmup_steps=warmup)
    number = tf.placeholder(tf.float32, [])
    rate = hyperparameters.learning_rate(number, hparams, tf.minimum)
    for step in (1, 5, 10, 11, 60, 99, 100, 101):
        expected = 0.01 * (max(0, 100 - step) / 100) ** power * (min(1, step / 10) if warmup else 1)
        assert graph(rate, {number: step}) == pytest.approx(expected, rel=1e-4, abs=1e-12)
        assert hyperparameters.learning_rate(step, hparams) == pytest.approx(expected, rel=1e-12)
    assert hyperparameters.learning_rate(100, hparams) == 0


def test_warm_up_is_a_tenth_of_a_short_run_and_never_longer_than_the_references():
    assert hyperparameters.resolve(dict(num_train_steps=100)).num_warmup_steps == 10
    assert hyperparameters.resolve(dict(num_train_steps=1000000)).num_warmup_steps == 10000
    assert hyperparameters.resolve(dict(num_train_steps=100, num_warmup_steps=7)).num_warmup_steps == 7
