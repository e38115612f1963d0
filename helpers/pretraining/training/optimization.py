"""Adam with decoupled weight decay, warm-up and polynomial decay, as BERT and ELECTRA use it.

Facts that differ from the Adam of the books (paper, appendix A; all tested against the reference):
no bias correction, epsilon 1e-6 beside the root, decay on neither biases nor layer norms, gradients
clipped to a global norm of 1 before anything else.
"""

from typing import Callable, List, Optional, Tuple

from helpers.pretraining.hyperparameters import Hyperparameters, learning_rate
from helpers.pretraining.network.runtime import tf

INITIAL_SCALE, SMALLEST_SCALE, LARGEST_SCALE = 2.0**15, 1.0, 2.0**24
STEPS_TO_DOUBLE = 2000
SCOPE = "mixed_precision"  # run_state.py knows these variables: they belong to training, not to the model


class LossScale:
    """Dynamic loss scaling, which keeps small gradients from vanishing in 16 bits.

    After Micikevicius et al. 2018, section 3.2.
    The loss is multiplied by a large number before the gradients are taken, and they are divided by it
    afterwards.  Gradients that overflow all the same change nothing but the scale, which is halved; after
    a long row of good steps it is doubled.  Scale and row are variables, so a checkpoint holds them.

    Attributes
    ----------
    value : float32 scalar variable
    current : float32 scalar tensor
        The value during a step, before that step moves it: what the loss is multiplied by.
    """

    def __init__(self):
        with tf.variable_scope(SCOPE):
            self.value = tf.get_variable("loss_scale", initializer=INITIAL_SCALE, trainable=False)
            self.current = self.value * 1.0
            self.good_steps = tf.get_variable("good_steps", initializer=tf.constant(0, tf.int64), trainable=False)

    def guard(self, norm: tf.Tensor, update: Callable[[], tf.Operation]) -> tf.Operation:
        """Operation that runs ``update()`` when ``norm`` is finite, and moves the scale either way.

        ``norm`` is that of the gradients divided by ``current``.

        ``update`` makes its operations when it is called; variables must exist before.
        """

        def good():
            with tf.control_dependencies([update()]):
                return self._move_up()

        def overflow():
            halved = tf.maximum(SMALLEST_SCALE, self.current / 2.0)
            return tf.group(tf.assign(self.value, halved), tf.assign(self.good_steps, 0))

        return tf.cond(tf.math.is_finite(norm), lambda: _done(good()), lambda: _done(overflow())).op

    def _move_up(self):
        steps = self.good_steps + 1
        enough = steps >= STEPS_TO_DOUBLE
        doubled = tf.minimum(LARGEST_SCALE, self.current * 2.0)
        return tf.group(
            tf.assign(self.value, tf.where(enough, doubled, self.current)),
            tf.assign(self.good_steps, tf.where(enough, tf.zeros_like(steps), steps)),
        )


def _done(operation):
    """Both branches of a condition have to give a tensor."""
    with tf.control_dependencies([operation]):
        return tf.constant(True)


BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-6
GRADIENT_NORM_LIMIT = 1.0
NO_DECAY = ("LayerNorm", "layer_norm", "bias")


def training_step(
    loss: tf.Tensor, hparams: Hyperparameters, step: tf.Variable
) -> Tuple[tf.Operation, tf.Tensor, tf.Tensor]:
    """Build the update of all trainable variables and of ``step`` from one loss.

    Returns (operation, learning rate, global norm of the gradient before clipping).
    """
    return apply_gradients(gradients_of(loss), hparams, step)


def gradients_of(loss: tf.Tensor) -> List[tf.Tensor]:
    """The gradient of every trainable variable, dense, in the order of ``tf.trainable_variables()``."""
    return [tf.convert_to_tensor(gradient) for gradient in tf.gradients(loss, tf.trainable_variables())]


def apply_gradients(
    gradients: List[tf.Tensor], hparams: Hyperparameters, step: tf.Variable, loss_scale: Optional[LossScale] = None
) -> Tuple[tf.Operation, tf.Tensor, tf.Tensor]:
    """Build the update of all trainable variables and of ``step``.

    The clipping makes every update wait for all gradients, so none is computed from a variable that
    has moved already.

    Parameters
    ----------
    gradients : list of tensors
        As from ``gradients_of``; of the loss times ``loss_scale.current`` where there is a loss scale.
    hparams : Hyperparameters
    step : scalar int64 variable
    loss_scale : LossScale, optional
        With it, gradients that are not finite move neither variables nor ``step``, only the scale.

    Returns (operation, learning rate, global norm of the gradient before clipping).
    """
    variables = tf.trainable_variables()
    norm, factor = _clipping(gradients, loss_scale)
    rate = learning_rate(tf.cast(step + 1, tf.float32), hparams, tf.minimum)
    # Zeros known ahead of time would be computed once and kept beside the variables for ever.
    zero = tf.placeholder_with_default(0.0, [])
    slots = [_slots(variable, lambda shape, **kind: tf.fill(shape, zero)) for variable in variables]

    def update():
        clipped = [gradient * factor for gradient in gradients]
        moves = [_update(*each, rate, hparams) for each in zip(variables, slots, clipped)]
        with tf.control_dependencies(moves):
            return tf.assign_add(step, 1).op

    return (loss_scale.guard(norm, update) if loss_scale else update()), rate, norm


def _clipping(gradients, loss_scale):
    """The gradients' global norm, and what they have to be multiplied by.

    With a loss scale both divisions are one multiplication, by a number that comes from a sum of squares:
    the mixed precision rewrite leaves sums and all that follows from them in 32 bits.
    """
    scale = loss_scale.current if loss_scale else 1.0
    norm = tf.global_norm(gradients) / scale
    return norm, tf.minimum(1.0, GRADIENT_NORM_LIMIT / norm) / scale


def _slots(variable, zeros):
    """The variable's mean and square of gradients, named as in the reference's checkpoints; ``zeros`` makes them."""
    with tf.variable_scope(tf.get_variable_scope(), reuse=tf.AUTO_REUSE, use_resource=_is_resource(variable)):
        return [
            tf.get_variable(variable.op.name + slot, variable.shape.as_list(), initializer=zeros, trainable=False)
            for slot in ("/adam_m", "/adam_v")
        ]


def _update(variable, slots, gradient, rate, hparams):
    """Operation: one variable's new value and slots."""
    decays = hparams.weight_decay_rate and not any(part in variable.op.name for part in NO_DECAY)
    alpha = rate * hparams.weight_decay_rate if decays else None
    # One pass over memory each.  Adam's kernel divides by 1 - beta_power for the bias correction, which beta powers of
    # zero switch off.
    adam = dict(
        beta1_power=0.0, beta2_power=0.0, lr=rate, beta1=BETA_1, beta2=BETA_2, epsilon=EPSILON, grad=gradient
    )  # fmt: skip
    before = [gradient]  # the gradient is of the value before the decay
    if _is_resource(variable):
        if decays:
            with tf.control_dependencies(before):
                before = [tf.raw_ops.ResourceApplyGradientDescent(
                    var=variable.handle, alpha=alpha, delta=variable.read_value()
                )]  # fmt: skip
        with tf.control_dependencies(before):
            return tf.raw_ops.ResourceApplyAdam(
                var=variable.handle, m=slots[0].handle, v=slots[1].handle, **adam
            )  # fmt: skip
    if decays:
        with tf.control_dependencies(before):
            before = [tf.raw_ops.ApplyGradientDescent(var=variable, alpha=alpha, delta=variable)]
    with tf.control_dependencies(before):
        return tf.raw_ops.ApplyAdam(var=variable, m=slots[0], v=slots[1], **adam)


def _is_resource(variable):
    """Whether XLA can compile the variable's updates, see ``BatchPart``."""
    return hasattr(variable, "handle")
