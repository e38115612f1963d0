"""Models on the Hugging Face Hub: put one there, and fetch one for comparison.

    python -m helpers.conversion.hub push  data/models/M/discriminator your-name/electra-spanish
    python -m helpers.conversion.hub fetch skimai/electra-small-spanish data/hub/skimai

The token that a push needs comes from $HF_TOKEN or from the Hub's own store (``huggingface-cli login``).  It is
never an argument, since arguments stay in notebooks and in the shell's history, and it is never printed or saved.
$HF_ENDPOINT names another Hub than huggingface.co.
"""

import argparse
import os
import pickle
import re
import shutil
import sys
import tempfile
import types

from helpers.base import events, files
from helpers.base.errors import TutorialError
from helpers.data.vocabulary import vocab_file
from helpers.discriminator import loading

WEIGHTS_FILES = ("model.safetensors", "pytorch_model.bin")  # the first that is there is taken
ALLOWED = {("collections", "OrderedDict"), ("torch._utils", "_rebuild_tensor_v2"), ("torch._utils", "_rebuild_tensor")}
STORAGES = "FloatStorage HalfStorage DoubleStorage LongStorage IntStorage ByteStorage BoolStorage".split()
ALLOWED |= {("torch", name) for name in STORAGES}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module, name):
        if (module, name) not in ALLOWED:
            raise TutorialError(f"it asks for {module}.{name}, which tensors do not need; it is not read")
        return super().find_class(module, name)


def _load(file, **options):
    return _Unpickler(file, **options).load()


def tensors(path):
    """The tensors of a pytorch_model.bin by name; whatever else it may hold, nothing of it is run."""
    torch, _ = loading.libraries()
    careful = types.SimpleNamespace(Unpickler=_Unpickler, load=_load, __name__="careful")
    options = {"weights_only": False} if int(torch.__version__.split(".")[0]) > 1 else {}
    try:
        found = torch.load(path, map_location="cpu", pickle_module=careful, **options)
    except TutorialError as error:
        raise TutorialError(f"{os.path.basename(path)} cannot be read: {error}")
    except Exception as error:
        raise TutorialError(f"{os.path.basename(path)} cannot be read: {' '.join(str(error).split())[:200]}")
    if not isinstance(found, dict) or not all(isinstance(value, torch.Tensor) for value in found.values()):
        raise TutorialError(f"{os.path.basename(path)} holds more than tensors by name")
    return found


def tidy(folder, weights, repo_id):
    """Make what was fetched into ``folder`` loadable: weights as model.safetensors, config.json, tokenizer files."""
    from safetensors.torch import load_file, save_file

    path = os.path.join(folder, weights)
    found = load_file(path) if weights.endswith(".safetensors") else tensors(path)
    found = {_name(name): value for name, value in found.items() if not name.endswith("position_ids")}
    if "discriminator_predictions.dense.weight" not in found:
        raise TutorialError(f"{repo_id} holds no discriminator of ELECTRA")
    config = loading.read_config(folder)
    if config.get("model_type", "electra") != "electra":
        raise TutorialError(f"{repo_id} is a model of the kind {config['model_type']}, not electra")
    config.update(architectures=["ElectraForPreTraining"], model_type="electra")
    files.write_json(os.path.join(folder, "config.json"), config)
    os.remove(path)
    whole = {name: value.contiguous().clone() for name, value in found.items()}
    save_file(whole, os.path.join(folder, WEIGHTS_FILES[0]), metadata={"format": "pt"})
    _tokenizer(folder, config)


def _name(name):
    """A parameter's name as it is today: the oldest files say gamma and beta."""
    return name.replace("LayerNorm.gamma", "LayerNorm.weight").replace("LayerNorm.beta", "LayerNorm.bias")


def _tokenizer(folder, config):
    """Say what the Hub leaves open: one with capitals was not lower-cased, one with accents not stripped."""
    path = os.path.join(folder, "tokenizer_config.json")
    stated = files.read_json(path, {})
    made_for = vocab_file.made_for(vocab_file.read(os.path.join(folder, "vocab.txt")))
    for name, value in zip(("do_lower_case", "strip_accents"), made_for):
        if not isinstance(stated.get(name), bool):
            stated[name] = value
    length = stated.get("model_max_length") or stated.get("max_len") or config["max_position_embeddings"]
    length = min(int(length), config["max_position_embeddings"])
    stated.update(tokenizer_class="ElectraTokenizer", model_max_length=length, max_len=length)
    files.write_json(path, stated)
    files.write_json(os.path.join(folder, "special_tokens_map.json"), vocab_file.SPECIAL_TOKENS_MAP)


ARTICLES = "skimai/electra-small-spanish"  # the model that the article's authors trained
VARIABLES = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")
REPO_ID = re.compile(r"[\w.-]+/[\w.-]+$", re.ASCII)
NEEDED = ("README.md", "config.json", "model.safetensors", "vocab.txt")
SHARED = ("*.json", "*.txt", "*.md", "*.safetensors", "*.bin")  # what a pushed folder may hold
SETTINGS_FILES = ("tokenizer_config.json", "special_tokens_map.json")


def push(folder, repo_id, private=True):
    """Put an exported or fine-tuned ``folder`` on the Hub as the model ``repo_id`` ("name/model").

    A model that is not there yet is made, ``private`` unless that is False.  Returns the model's address.
    Raises TutorialError when the folder is not whole, there is no token, or the Hub refuses.
    """
    _check_name(repo_id)
    for name in NEEDED:
        if not os.path.isfile(os.path.join(folder, name)):
            raise TutorialError(f"{folder} has no {name}: it is no exported or fine-tuned model")
    hub = _library()
    token = find_token()
    if not token:
        raise TutorialError(
            f"the Hub wants a token with the right to write: set {VARIABLES[0]}, or run `huggingface-cli login` in a terminal"
        )
    api = hub.HfApi(token=token)
    try:
        api.create_repo(repo_id, private=private, exist_ok=True)
        api.upload_folder(
            repo_id=repo_id, folder_path=folder, allow_patterns=list(SHARED), commit_message="Model, tokenizer and card"
        )
    except Exception as error:
        raise TutorialError(f"{repo_id} could not be put on the Hub: {_reason(error, token)}")
    return f"{api.endpoint}/{repo_id}"


def fetch(repo_id, folder, revision=None):
    """Fetch a pre-trained ELECTRA from the Hub into ``folder``, ready for ``discriminator.load``.

    Weights that are there only as a pickle are read by a reader that makes tensors and nothing else, and
    written as model.safetensors.  What the Hub does not say about the tokenizer is judged by the vocabulary.
    A folder that was fetched before is taken as it is.  ``revision`` names a branch or commit.  Returns the
    folder; TutorialError when the Hub cannot be reached, or the model is none that we can read.
    """
    _check_name(repo_id)
    wanted = dict(repo_id=repo_id, revision=revision or "main")
    manifest = os.path.join(folder, "hub.json")
    if files.read_json(manifest, {}).get("wanted") == wanted:
        print(f"Up to date: {folder}.")
        return folder
    if os.path.exists(folder) and (not os.path.isdir(folder) or os.listdir(folder)) and not os.path.isfile(manifest):
        raise TutorialError(f"{folder} holds something that was not fetched from the Hub: choose another folder")
    hub = _library()
    token = find_token()
    api = hub.HfApi(token=token)
    with files.write_folder_aside(folder) as aside:
        try:
            about = api.model_info(repo_id, revision=revision)
            there = {sibling.rfilename for sibling in about.siblings}
            weights = next((name for name in WEIGHTS_FILES if name in there), None)
            if weights is None or not {"config.json", "vocab.txt"} <= there:
                raise TutorialError(
                    f"{repo_id} has no config.json, vocab.txt and weights of PyTorch: it is no model that can be read here"
                )
            for name in ["config.json", "vocab.txt", weights] + [name for name in SETTINGS_FILES if name in there]:
                _download(hub, repo_id, name, about.sha, aside, token)
        except TutorialError:
            raise
        except Exception as error:
            raise TutorialError(f"{repo_id} could not be fetched from the Hub: {_reason(error, token)}")
        tidy(aside, weights, repo_id)
        files.write_json(os.path.join(aside, "hub.json"), dict(wanted=wanted, commit=about.sha))
    return folder


def find_token():
    """The user's token, or None; do not show it."""
    for name in VARIABLES:
        if os.environ.get(name, "").strip():
            return os.environ[name].strip()
    hub = _library()
    stored = hub.get_token if hasattr(hub, "get_token") else hub.HfFolder.get_token
    return stored()


def _download(hub, repo_id, name, revision, folder, token):
    """One file of a model into ``folder``, without the marks that huggingface_hub leaves beside it."""
    with tempfile.TemporaryDirectory(dir=folder) as cache:
        path = hub.hf_hub_download(repo_id, name, revision=revision, cache_dir=cache, token=token or False)
        shutil.copyfile(os.path.realpath(path), os.path.join(folder, name))


def _check_name(repo_id):
    if not isinstance(repo_id, str) or not REPO_ID.match(repo_id):
        raise TutorialError(f'a model on the Hub is named "owner/name", not {repo_id!r}')


def _library():
    try:
        import huggingface_hub
    except ImportError:
        raise TutorialError("sharing a model needs huggingface_hub: pip install huggingface_hub, or run `make env`")
    return huggingface_hub


def _reason(error, token):
    """The first line of what the library says, the token blotted out."""
    said = " ".join(str(error).split()) or type(error).__name__
    return (said.replace(token, "***") if token else said)[:300]


def main(argv=None):
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m helpers.conversion.hub",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    commands.required = True
    command = commands.add_parser("push", help="put a model on the Hub")
    command.add_argument("folder", help="exported or fine-tuned model")
    command.add_argument("repo_id", metavar="OWNER/NAME")
    command.add_argument("--public", action="store_true", help="for everybody to see (default: private)")
    command = commands.add_parser("fetch", help="fetch a pre-trained ELECTRA")
    command.add_argument("repo_id", nargs="?", default=ARTICLES, metavar="OWNER/NAME", help=f"default: {ARTICLES}")
    command.add_argument("folder", help="folder to write")
    command.add_argument("--revision", help="branch or commit")
    arguments = parser.parse_args(argv)

    def work(reporter):
        if arguments.command == "push":
            print(push(arguments.folder, arguments.repo_id, not arguments.public))
        else:
            print(fetch(arguments.repo_id, arguments.folder, arguments.revision))

    events.run(work)


if __name__ == "__main__":
    sys.exit(main())
