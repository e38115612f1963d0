"""Adam with decoupled weight decay, warm-up and polynomial decay, as BERT and ELECTRA use it.

Facts that differ from the Adam of the books (paper, appendix A; all tested against the reference):
no bias correction, epsilon 1e-6 beside the root, decay on neither biases nor layer norms, gradients
clipped to a global norm of 1 before anything else.
"""

from .runtime import tf

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-6
GRADIENT_NORM_LIMIT = 1.0
NO_DECAY = ("LayerNorm", "layer_norm", "bias")


def learning_rate_schedule(step, hparams):
    """Learning rate at ``step``: the decay to zero times the linear warm-up.

    ``step`` is a number or an integer tensor: the number of the update, counted from 1 as the
    reference counts.
    """
    if not tf.is_tensor(step):
        decay = (1.0 - min(step, hparams.num_train_steps) / hparams.num_train_steps) ** hparams.lr_decay_power
        warmup = min(1.0, step / hparams.num_warmup_steps) if hparams.num_warmup_steps else 1.0
        return hparams.learning_rate * decay * warmup
    taken = tf.cast(step, tf.float32)
    rate = tf.train.polynomial_decay(
        hparams.learning_rate, step, hparams.num_train_steps, end_learning_rate=0.0, power=hparams.lr_decay_power
    )
    if hparams.num_warmup_steps:
        rate *= tf.minimum(1.0, taken / hparams.num_warmup_steps)
    return rate


def training_step(loss, hparams, step):
    """Build the update of all trainable variables and of ``step``.

    The clipping makes every update wait for all gradients, so none is computed from a variable that
    has moved already.

    Returns (operation, learning rate, global norm of the gradient before clipping).
    """
    variables = tf.trainable_variables()
    gradients = [tf.convert_to_tensor(gradient) for gradient in tf.gradients(loss, variables)]
    gradients, norm = tf.clip_by_global_norm(gradients, GRADIENT_NORM_LIMIT)
    rate = learning_rate_schedule(step + 1, hparams)
    updates = [_update(variable, gradient, rate, hparams) for variable, gradient in zip(variables, gradients)]
    with tf.control_dependencies(updates):
        return tf.assign_add(step, 1).op, rate, norm


def _update(variable, gradient, rate, hparams):
    """One variable's new value and slots; the slots are named as in the reference's checkpoints."""
    name = variable.op.name
    with tf.variable_scope(tf.get_variable_scope(), reuse=tf.AUTO_REUSE):
        mean, square = (
            tf.get_variable(name + slot, variable.shape.as_list(), initializer=tf.zeros_initializer(), trainable=False)
            for slot in ("/adam_m", "/adam_v")
        )
    before = [gradient]
    if hparams.weight_decay_rate and not any(part in name for part in NO_DECAY):
        with tf.control_dependencies(before):  # the gradient is of the value before the decay
            before = [tf.assign(variable, variable * (1.0 - rate * hparams.weight_decay_rate))]
    with tf.control_dependencies(before):
        # The fused kernel passes over memory once.  It divides by 1 - beta_power for the bias
        # correction, which beta powers of zero switch off.
        return tf.raw_ops.ApplyAdam(
            var=variable, m=mean, v=square, beta1_power=0.0, beta2_power=0.0, lr=rate,
            beta1=BETA_1, beta2=BETA_2, epsilon=EPSILON, grad=gradient,
        )  # fmt: skip
