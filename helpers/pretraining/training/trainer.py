"""One run's graph and session: an update, an evaluation, a checkpoint."""

from typing import Any, Callable, Dict, Mapping, Optional, Tuple

import numpy as np

from helpers.base.errors import TutorialError
from helpers.base.events import Reporter
from helpers.data.records import RecordFiles
from helpers.data.vocabulary import vocab_file
from helpers.environment import gpu
from helpers.pretraining.hyperparameters import PARALLEL_FROM, Hyperparameters, halves
from helpers.pretraining.network import initial_weights, randomness
from helpers.pretraining.network.masking import Features, SpecialTokens
from helpers.pretraining.network.runtime import HOST, session, tf
from helpers.pretraining.run_state import is_weight
from helpers.pretraining.shapes import discriminator_config
from helpers.pretraining.training.batch_parts import BatchPart
from helpers.pretraining.training.checkpoints import CheckpointReader, Checkpoints
from helpers.pretraining.training.evaluation import Evaluator
from helpers.pretraining.training.optimization import SMALLEST_SCALE
from helpers.pretraining.training.updates import Update


class Trainer:
    """The model of ``hparams`` on this worker, with the newest checkpoint's values where there is one.

    Parameters
    ----------
    hparams : Hyperparameters
        ``mixed_precision`` and ``parallel_parts`` are set to what they come to here.
    reporter : events.Reporter
    workers : workers.Alone or workers.Horovod

    Attributes
    ----------
    look_every : int
        So many steps a GPU can be given before one whose values are asked for, as the host waits for those; 1 on a CPU.
    """

    def __init__(self, hparams: Hyperparameters, reporter: Reporter, workers: Any) -> None:
        self.hparams, self.reporter, self.workers = hparams, reporter, workers
        settle_precision(hparams)
        self._static_shapes = hparams.xla or bool(_gpus())  # the form of the step that suits a GPU
        parts = settle_parallel_parts(hparams, workers, self._static_shapes)
        threads = max(1, gpu.cores() // parts) if parts > 1 else None
        self._kind = bfloat16_products(hparams)
        self._scaled = hparams.mixed_precision and self._kind is None
        # A step that is repeated when it overflows, and one that other workers share, are looked at at once.
        self.look_every = hparams.log_steps if _gpus() and not self._scaled and workers.size == 1 else 1
        specials = special_tokens(hparams)
        self.examples = _open_examples(hparams.pretrain_tfrecords, hparams, reporter)
        leads = workers.rank == 0  # the others neither evaluate nor save
        held_out = leads and hparams.valid_tfrecords and _open_examples(hparams.valid_tfrecords, hparams, reporter)
        self.tensorflow_version = tf.__version__
        if hparams.xla and leads:
            reporter.message("the step is compiled before the first one is made, which can take minutes …")
        with tf.Graph().as_default():
            self._build(specials, held_out)
            self._session = session(
                self._scaled, workers.gpu if _gpus() else None, hparams.xla, self.look_every == 1, threads
            )
            self._session.run([tf.global_variables_initializer(), tf.local_variables_initializer()])
            if leads and not self.checkpoints.restore(self._session):
                self._start()
            workers.connect(self._session)

    def _build(self, specials, held_out):
        hparams = self.hparams
        tf.set_random_seed(hparams.seed)  # of the initial weights alone, with their names; all else is stateless
        with tf.device(HOST):
            self._global_step = tf.train.get_or_create_global_step()
        shape = [hparams.train_batch_size, hparams.max_seq_length]
        self._features = Features(*(tf.placeholder(tf.int32, shape, name) for name in Features._fields))
        with randomness.initial_values():
            part = BatchPart(
                self._features, hparams, specials, self._global_step, self.workers, self._static_shapes, self._kind
            )
        self._update = Update(part, hparams, self._global_step, self.workers, self._scaled)
        self.evaluator = Evaluator(hparams, held_out, specials, self._static_shapes) if held_out else None
        self.checkpoints = Checkpoints(hparams)

    def _start(self):
        """Take the first weights from where the hyperparameters say; by default they are random."""
        weights = {each.op.name: each for each in tf.global_variables() if is_weight(each.op.name)}
        if self.hparams.init_checkpoint:
            start = initial_weights.start(self.hparams, weights, CheckpointReader)
            initial_weights.take(self._session, weights, start, self.hparams, self.reporter)
            if self.hparams.embeddings_from_counts:
                self.reporter.message("embeddings_from_counts has no effect: the embeddings are init_checkpoint's")
        elif self.hparams.embeddings_from_counts:
            initial_weights.take_counts(self._session, weights, self.hparams, self.examples, self.reporter)

    def close(self) -> None:
        """Give back the session's memory; nothing else can be asked afterwards."""
        self._session.close()

    @property
    def step(self) -> int:
        """Updates made so far."""
        return int(self._session.run(self._global_step))

    def train_step(
        self, batch: Mapping[str, np.ndarray], stop: bool = False, look: bool = True
    ) -> Tuple[Dict[str, float], bool]:
        """One update from ``batch`` (as RecordFiles yields it: int32 [train_batch_size, max_seq_length] each).

        Returns its losses, learning rate and gradient norm as floats, and whether a worker, told by its ``stop``,
        asks for an end.  A step whose gradients overflow 16 bits is repeated with a smaller loss scale.  Without
        ``look``, which ``look_every`` allows for, nothing is waited for, and there are no values.
        """
        feed = {placeholder: batch[name] for name, placeholder in self._features._asdict().items()}
        try:
            if not look:
                self._update.start(self._session, feed)
                return {}, False
            while True:
                values, stopping = self._update.run(self._session, feed, stop)
                finite = abs(values["grad_norm"]) < float("inf")  # false for nan too
                if finite or values.get("loss_scale", SMALLEST_SCALE) <= SMALLEST_SCALE:
                    return values, stopping
        except tf.errors.ResourceExhaustedError:
            parts = self.hparams.gradient_accumulation_steps
            at_once = self.hparams.train_batch_size // parts // self.workers.size
            raise TutorialError(
                f"the memory does not hold {at_once} examples at a time: double gradient_accumulation_steps "
                f"(now {parts}), which gives the same update"
            )
        except tf.errors.OpError as error:
            if self.hparams.xla and any(word in str(error).lower() for word in ("xla", "libdevice", "ptxas")):
                raise TutorialError(f"the step cannot be compiled here ({str(error)[:300]}): set xla to false")
            lost = self.workers.lost(error)
            if lost is None:
                raise
            raise TutorialError(lost)

    def evaluate(self, step: int, stop: Optional[Callable[[], bool]] = None) -> Optional[Dict[str, Any]]:
        """One row of held-out metrics; None when ``stop`` became true meanwhile."""
        self.reporter.start("evaluation", self.evaluator.batches, "batch")
        metrics = self.evaluator.run(self._session, self.reporter, stop)
        return metrics and dict(event="eval", step=step, **metrics)

    def save(self, step: int) -> None:
        """Write the checkpoint of ``step``."""
        self.checkpoints.save(self._session, step)

    def save_best(self, row: Mapping[str, Any]) -> None:
        """Keep the weights apart when ``row`` is the best evaluation so far."""
        self.checkpoints.save_best(self._session, row)


def settle_precision(hparams: Hyperparameters) -> bool:
    """Decide ``hparams.mixed_precision`` where it is left open; returns it."""
    if hparams.mixed_precision is None:
        hparams.mixed_precision = bool(_gpus()) and gpu.fast_in_16_bits()
    return hparams.mixed_precision


def bfloat16_products(hparams: Hyperparameters) -> Optional[tf.DType]:
    """``tf.bfloat16`` where products are to be taken in it, else None.

    It needs no loss scale.  TensorFlow 1.15 has no products of it for a GPU: there, and on cards before 2020, 16 bits
    are float16, by TensorFlow's rewrite of the graph.
    """
    fits = bool(_gpus()) and gpu.fast_in_bfloat16() and not tf.__version__.startswith("1.")
    return tf.bfloat16 if hparams.mixed_precision and fits else None


def settle_parallel_parts(hparams: Hyperparameters, workers: Any, static_shapes: bool) -> int:
    """Decide ``hparams.parallel_parts`` where it is left open; returns it.

    Several workers share the cores already, and a GPU takes a batch whole.
    """
    if hparams.parallel_parts is None:
        alone = workers.size == 1 and not static_shapes
        long = hparams.num_train_steps >= PARALLEL_FROM
        at_once = hparams.train_batch_size // hparams.gradient_accumulation_steps
        hparams.parallel_parts = halves(at_once, gpu.cores()) if alone and long else 1
    return hparams.parallel_parts


def special_tokens(hparams: Hyperparameters) -> SpecialTokens:
    """Ids of [CLS], [SEP] and [MASK] in the vocabulary, as masking.SpecialTokens."""
    tokens = vocab_file.read(hparams.vocab_file)
    if len(tokens) > hparams.vocab_size:
        raise TutorialError(f"{hparams.vocab_file} has {len(tokens)} tokens, more than vocab_size {hparams.vocab_size}")
    ids = vocab_file.index(tokens)
    return SpecialTokens(*(ids[token] for token in ("[CLS]", "[SEP]", "[MASK]")))


def _open_examples(pattern, hparams, reporter):
    config = discriminator_config(hparams)
    examples = RecordFiles(
        pattern, reporter=reporter, vocab_size=hparams.vocab_size, type_vocab_size=config.type_vocab_size
    )
    if examples.length != hparams.max_seq_length:
        raise TutorialError(
            f"the examples in {pattern} are {examples.length} tokens long and max_seq_length is "
            f"{hparams.max_seq_length}; build the data again or set it to {examples.length}"
        )
    return examples


def _gpus():
    """The GPUs that TensorFlow itself sees."""
    return tf.config.experimental.list_physical_devices("GPU")
