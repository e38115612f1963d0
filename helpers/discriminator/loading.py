"""Loading an exported folder with transformers, 2.8.0 as well as 5.x, from disk only."""

import contextlib
import importlib
import importlib.util
import json
import logging
import os
import sys
import tempfile
from typing import Any, Dict, Iterator, List, Tuple

from helpers.base import files, progress
from helpers.base.errors import TutorialError
from helpers.data.vocabulary import tokenization, vocab_file
from helpers.discriminator import tokenizer_json
from helpers.discriminator.encoder import Encoder

UNLIMITED = 10**6  # transformers' "no limit" is a number far above this
NARROW = 128  # hidden size
TIED = {"generator_lm_head.weight": "electra.embeddings.word_embeddings.weight"}  # written once


def libraries() -> Tuple[Any, Any]:
    """``(torch, transformers)``, imported now: only where a model is used."""
    # transformers 2.8.0 imports TensorFlow too, when it is there: 3 seconds that nobody needs.
    os.environ.setdefault("USE_TF", "0")
    names = ("torch", "transformers")
    with _without_absl():
        return _imported(names)


@contextlib.contextmanager
def _without_absl() -> Iterator[None]:
    """While the block runs, absl cannot be imported unless it was before.

    transformers 2.8.0 takes it where it is, for its log's level alone; and its log handler ends a Jupyter kernel with
    a traceback, since the kernel's own stderr is gone by then.
    """
    absent = "absl" not in sys.modules
    if absent:
        sys.modules["absl"] = None
    try:
        yield
    finally:
        if absent:
            del sys.modules["absl"]


def _imported(names):
    new = [name for name in names if name not in sys.modules]
    try:
        if new and progress.in_notebook() and all(map(importlib.util.find_spec, new)):  # seconds: show that it lives
            with progress.reporter("Loading PyTorch and transformers") as report:
                report.start("importing", total=len(new), unit="package")
                for name in new:
                    importlib.import_module(name)
                    report.advance()
        return tuple(map(importlib.import_module, names))
    except ImportError as error:
        raise TutorialError(
            f"using a model needs PyTorch and transformers, and this Python has no {error.name or error}: pip install "
            "torch transformers, or run in the project's own environment (make env)"
        )


def load_model(folder: str, architecture: str) -> Any:
    """The model in ``folder`` as transformers' class ``architecture``, ready to predict.

    Raises TutorialError when the folder is not there, holds another architecture, or a parameter
    is missing or left over.
    """
    torch, transformers = libraries()
    config = read_config(folder)
    found = (config.get("architectures") or ["?"])[0]
    if found != architecture:
        raise TutorialError(f"{folder} holds a model for {found}, not for {architecture}")
    with quiet(transformers):
        try:
            model, info = _from_safetensors(transformers, architecture, folder)
        except TutorialError:
            raise
        except Exception as error:
            reason = " ".join(str(error).split())
            raise TutorialError(f"{folder} cannot be loaded ({reason}): convert the checkpoint again")
    for problem in ("missing_keys", "unexpected_keys", "mismatched_keys", "error_msgs"):
        if info.get(problem):
            names = ", ".join(str(name) for name in sorted(info[problem], key=str)[:5])
            raise TutorialError(f"{folder} does not fit {architecture}: {problem.replace('_', ' ')}: {names}")
    return model.eval()


def _from_safetensors(transformers, architecture, folder):
    """``(model, loading info)``, the weights from model.safetensors alone.

    pytorch_model.bin lies beside it for readers that know nothing else.  It is a pickle, which can run
    code when it is read, and a folder may come from anywhere: it is never read here.
    """
    path = os.path.join(folder, "model.safetensors")
    if not os.path.isfile(path):
        raise TutorialError(
            f"{folder} cannot be loaded: it has no model.safetensors (a pytorch_model.bin is not read: such a file can "
            "run code); convert the checkpoint again"
        )
    kind = getattr(transformers, architecture)
    if int(transformers.__version__.split(".")[0]) > 2:
        return kind.from_pretrained(folder, output_loading_info=True, use_safetensors=True)
    from safetensors.torch import load_file

    weights = load_file(path)
    for name, source in TIED.items():
        if architecture == "ElectraForMaskedLM" and source in weights:
            weights.setdefault(name, weights[source])
    config = transformers.ElectraConfig.from_pretrained(folder)
    return kind.from_pretrained(None, config=config, state_dict=weights, output_loading_info=True)


def match_layer_norm(generator: Any) -> None:
    """Give the generator's output layer the layer-norm epsilon of config.json, TensorFlow's 1e-12.

    transformers 2.8.0 builds that one layer norm with 1e-5 whatever config.json says, which moves the logits
    by some thousandths; 5.x obeys.  Changes the model in place; a no-op where it is right already.
    """
    generator.generator_predictions.LayerNorm.eps = generator.config.layer_norm_eps


def load_encoder(folder: str) -> Encoder:
    """The :class:`~helpers.discriminator.encoder.Encoder` of the tokenizer in ``folder``.

    It is in vocab.txt and tokenizer_config.json or, as transformers 5 saves it, in tokenizer.json alone.
    """
    _, transformers = libraries()
    config = read_config(folder)
    with quiet(transformers), tempfile.TemporaryDirectory() as unpacked:
        if tokenizer_json.only(folder):
            tokens, settings = tokenizer_json.read(os.path.join(folder, tokenizer_json.FILE))
            vocab_file.write(os.path.join(unpacked, "vocab.txt"), tokens)
            stated = files.read_json(os.path.join(folder, "tokenizer_config.json"), {})
            length = stated.get("model_max_length") or config["max_position_embeddings"]
            settings.update(tokenizer_class="ElectraTokenizer", model_max_length=length, max_len=length)
            files.write_json(os.path.join(unpacked, "tokenizer_config.json"), settings)
        elif not os.path.isfile(os.path.join(folder, "vocab.txt")):
            raise TutorialError(
                f"{folder} has no tokenizer (vocab.txt or tokenizer.json): convert the checkpoint again"
            )
        else:
            unpacked = folder
        tokenizer = transformers.ElectraTokenizerFast.from_pretrained(unpacked)
        take_long_words(tokenizer)
    limit = getattr(tokenizer, "model_max_length", None) or getattr(tokenizer, "max_len", None) or UNLIMITED
    return Encoder(tokenizer, int(min(limit, config["max_position_embeddings"])))


def take_long_words(tokenizer: Any) -> None:
    """Have a fast tokenizer cut words of up to 200 characters, as in training; transformers takes those of over 100 for
    unknown.  Changes it in place; transformers 2.8.0 has no way to."""
    model = getattr(getattr(tokenizer, "backend_tokenizer", None), "model", None)
    if hasattr(model, "max_input_chars_per_word"):
        model.max_input_chars_per_word = tokenization.MAX_WORD_CHARACTERS


def logits(model: Any, encoded: List[List[int]], pad_token_id: int) -> Tuple[Any, Any]:
    """The model's logits for a batch: array [batch, longest, ...] and mask [batch, longest] (float32, int64).

    ``encoded`` is a list of lists of token ids.
    """
    torch, _ = libraries()
    longest = max(len(ids) for ids in encoded)
    input_ids = torch.tensor([ids + [pad_token_id] * (longest - len(ids)) for ids in encoded])
    mask = torch.tensor([[1] * len(ids) + [0] * (longest - len(ids)) for ids in encoded])
    with torch.no_grad(), threads_for(model, torch):
        output = model(input_ids, attention_mask=mask)[0]
    if output.dim() == 1:
        # transformers 2.8.0 squeezes a batch of one (and a length of one) away.
        output = output.reshape(input_ids.shape)
    return output.numpy(), mask.numpy()


def read_config(folder: str) -> Dict[str, Any]:
    """config.json of an exported folder, as a dict."""
    path = os.path.join(folder, "config.json")
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        raise TutorialError(f"{folder} holds no exported model (no config.json): run the conversion first")
    except NotADirectoryError:
        raise TutorialError(f"{folder} is no folder: name the folder of the exported model, where config.json lies")
    except (OSError, ValueError) as error:
        raise TutorialError(f"{path} cannot be read ({error}): convert the checkpoint again")


@contextlib.contextmanager
def threads_for(model: Any, torch: Any) -> Iterator[None]:
    """One thread for a narrow model: more gain it nothing, and on a busy machine waiting for them costs tenfold."""
    threads = torch.get_num_threads()
    if model.config.hidden_size <= NARROW:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


@contextlib.contextmanager
def quiet(transformers: Any) -> Iterator[None]:
    """Silence the libraries' notes and bars while a model is loaded; problems are raised by us."""
    logger = logging.getLogger("transformers")
    level = logger.level
    logger.setLevel(logging.ERROR)
    bars = getattr(getattr(transformers, "logging", None), "is_progress_bar_enabled", None)
    bars = bars() if bars else False
    if bars:
        transformers.logging.disable_progress_bar()
    try:
        yield
    finally:
        logger.setLevel(level)
        if bars:
            transformers.logging.enable_progress_bar()
