"""Dynamic loss scaling, which keeps small gradients from vanishing in 16 bits (Micikevicius et al. 2018, section 3.2).

The loss is multiplied by a large number before the gradients are taken, and they are divided by it
afterwards.  Gradients that overflow all the same change nothing but the scale, which is halved; after
a long row of good steps it is doubled.  Scale and row are variables, so a checkpoint holds them.
"""

from .runtime import tf

INITIAL, SMALLEST, LARGEST = 2.0**15, 1.0, 2.0**24
STEPS_TO_DOUBLE = 2000
SCOPE = "mixed_precision"  # weights_map.py knows these variables: they belong to training, not to the model


class LossScale:
    """The scale and how it moves.

    Attributes
    ----------
    value : float32 scalar variable
    current : float32 scalar tensor
        The value during a step, before that step moves it: what the loss is multiplied by.
    """

    def __init__(self):
        with tf.variable_scope(SCOPE):
            self.value = tf.get_variable("loss_scale", initializer=INITIAL, trainable=False)
            self.current = self.value * 1.0
            self.good_steps = tf.get_variable("good_steps", initializer=tf.constant(0, tf.int64), trainable=False)

    def guard(self, norm, update):
        """Operation that runs ``update()`` when ``norm`` is finite, and moves the scale either way.

        ``norm`` is that of the gradients divided by ``current``.

        ``update`` makes its operations when it is called; variables must exist before.
        """

        def good():
            with tf.control_dependencies([update()]):
                return self._move_up()

        def overflow():
            halved = tf.maximum(SMALLEST, self.current / 2.0)
            return tf.group(tf.assign(self.value, halved), tf.assign(self.good_steps, 0))

        return tf.cond(tf.math.is_finite(norm), lambda: _done(good()), lambda: _done(overflow())).op

    def _move_up(self):
        steps = self.good_steps + 1
        enough = steps >= STEPS_TO_DOUBLE
        doubled = tf.minimum(LARGEST, self.current * 2.0)
        return tf.group(
            tf.assign(self.value, tf.where(enough, doubled, self.current)),
            tf.assign(self.good_steps, tf.where(enough, tf.zeros_like(steps), steps)),
        )


def _done(operation):
    """Both branches of a condition have to give a tensor."""
    with tf.control_dependencies([operation]):
        return tf.constant(True)
