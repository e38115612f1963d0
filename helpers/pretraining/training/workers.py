"""The processes that train one model together: one alone, or several under ``horovodrun``.

    horovodrun -np 2 python -m helpers.pretraining --data-dir data --model-name m

Each worker computes the gradients of its share of every batch and all of them add these up, so all hold the
same model.  Rank 0 alone writes files.  Horovod is optional: ``make horovod`` builds an environment with it.
"""

import os
from typing import Any, List, Optional

from helpers.base.errors import TutorialError


def join() -> Any:
    """The :class:`Horovod` that this process was started under, else :class:`Alone`."""
    return Horovod() if int(os.environ.get("HOROVOD_SIZE", "1")) > 1 else Alone()


class Alone:
    """The only worker there is."""

    rank, size, gpu = 0, 1, None

    def sum(self, tensors: List[Any]) -> List[Any]:
        """The sums of ``tensors`` over all workers."""
        return tensors

    def connect(self, session: Any) -> None:
        """Give all workers the variables of rank 0; called once, when they have their values."""

    def any(self, flag: Any) -> bool:
        """Whether ``flag`` is true for any worker; all have to ask at the same point."""
        return bool(flag)

    def lost(self, error: Exception) -> Optional[str]:
        """The sentence for a TensorFlow error that comes from another worker's end, or None."""


class Horovod:
    """One of several workers; ``rank`` from 0 to ``size`` - 1, ``gpu`` the number of its card on its machine."""

    def __init__(self):
        try:
            import horovod.tensorflow as horovod
        except ImportError:
            raise TutorialError(
                "this Python has no Horovod: run `make horovod`, and let horovodrun start .venv-horovod/bin/python"
            )
        horovod.init()
        self._horovod = horovod
        self.rank, self.size, self.gpu = horovod.rank(), horovod.size(), horovod.local_rank()

    def sum(self, tensors: List[Any]) -> List[Any]:
        """The sums of ``tensors`` over all workers."""
        from helpers.pretraining.network.runtime import tf

        return [
            self._horovod.allreduce(tf.convert_to_tensor(tensor), op=self._horovod.Sum, name=f"sum_{number}")
            for number, tensor in enumerate(tensors)
        ]

    def connect(self, session: Any) -> None:
        """Give all workers the variables of rank 0; called once, when they have their values."""
        session.run(self._horovod.broadcast_global_variables(0))

    def any(self, flag: Any) -> bool:
        """Whether ``flag`` is true for any worker; all have to ask at the same point."""
        from helpers.pretraining.network.runtime import tf

        on_cpu = tf.ConfigProto(device_count={"GPU": 0})
        with tf.Graph().as_default(), tf.Session(config=on_cpu) as session:
            return (
                session.run(self._horovod.allreduce(tf.constant(float(bool(flag))), op=self._horovod.Sum, name="any"))
                > 0
            )

    def lost(self, error: Exception) -> Optional[str]:
        """The sentence for a TensorFlow error that comes from another worker's end, or None."""
        reason = str(error).strip().split("\n")[0][:200]
        return (
            f"a worker was lost or the network between the workers failed ({reason}); give the same command again: "
            "training goes on from the last checkpoint"
        )
