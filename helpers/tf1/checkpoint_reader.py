"""Reading a TensorFlow checkpoint: names and shapes first, values on demand."""

import numpy as np

from ..errors import TutorialError


class CheckpointReader:
    """The variables of the checkpoint whose files begin with ``prefix``.

    ``shapes`` maps each variable's name to its shape (a tuple).
    """

    def __init__(self, prefix):
        from .runtime import tf

        self.prefix = prefix
        try:
            self._reader = tf.train.load_checkpoint(prefix)
            self.shapes = {name: tuple(shape) for name, shape in self._reader.get_variable_to_shape_map().items()}
        except Exception as error:
            raise TutorialError("checkpoint %s cannot be read (%s): use an earlier one" % (prefix, _one_line(error)))

    def weights(self, pairs):
        """Values by PyTorch name: float32 arrays, transposed where PyTorch keeps them so.

        ``pairs`` are from weights_map.  A variable that fills two parameters is read once.
        """
        weights, values = {}, {}
        for pair in pairs:
            if pair.tensorflow not in values:
                values[pair.tensorflow] = self._value(pair.tensorflow)
            value = values[pair.tensorflow]
            weights[pair.pytorch] = np.ascontiguousarray(value.T) if pair.transposed else value
        return weights

    def value_or_none(self, name):
        """One variable's value, or None when there is no such variable."""
        return self._reader.get_tensor(name) if name in self.shapes else None

    def _value(self, name):
        try:
            value = np.asarray(self._reader.get_tensor(name), dtype=np.float32)
        except Exception as error:
            raise TutorialError(
                "checkpoint %s is damaged (the variable %s cannot be read: %s): use an earlier one"
                % (self.prefix, name, _one_line(error))
            )
        if not np.isfinite(value).all():
            raise TutorialError(
                "checkpoint %s: %s holds numbers that are not finite: training went astray; use an earlier checkpoint"
                % (self.prefix, name)
            )
        return value


def check(prefix, wanted):
    """Raise TutorialError unless the checkpoint has a variable of each name and shape in ``wanted``, a dict."""
    found = CheckpointReader(prefix).shapes
    for name, shape in sorted(wanted.items()):
        if found.get(name) != shape:
            says = "has no variable %s" % name if name not in found else "holds %s as %s" % (name, list(found[name]))
            raise TutorialError(
                "checkpoint %s does not fit this model: it %s, and the hyperparameters make it %s; give those of its "
                "run, or another model_name" % (prefix, says, list(shape))
            )


def _one_line(error):
    return " ".join(str(error).split())[:300]
