"""Models on the Hugging Face Hub: put one there, and fetch one for comparison.

    python -m helpers.hub push  data/models/M/discriminator your-name/electra-spanish
    python -m helpers.hub fetch skimai/electra-small-spanish data/hub/skimai

The token that a push needs comes from $HF_TOKEN or from the Hub's own store (``huggingface-cli login``).  It is
never an argument, since arguments stay in notebooks and in the shell's history, and it is never printed or saved.
$HF_ENDPOINT names another Hub than huggingface.co.
"""

import argparse
import os
import re
import shutil
import sys
import tempfile

from . import events, files, hub_weights
from .errors import TutorialError

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
            raise TutorialError("%s has no %s: it is no exported or fine-tuned model" % (folder, name))
    hub = _library()
    token = find_token()
    if not token:
        raise TutorialError(
            "the Hub wants a token with the right to write: set %s, or run `huggingface-cli login` in a terminal"
            % VARIABLES[0]
        )
    api = hub.HfApi(token=token)
    try:
        api.create_repo(repo_id, private=private, exist_ok=True)
        api.upload_folder(
            repo_id=repo_id, folder_path=folder, allow_patterns=list(SHARED), commit_message="Model, tokenizer and card"
        )
    except Exception as error:
        raise TutorialError("%s could not be put on the Hub: %s" % (repo_id, _reason(error, token)))
    return "%s/%s" % (api.endpoint, repo_id)


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
        print("Up to date: %s." % folder)
        return folder
    if os.path.exists(folder) and (not os.path.isdir(folder) or os.listdir(folder)) and not os.path.isfile(manifest):
        raise TutorialError("%s holds something that was not fetched from the Hub: choose another folder" % folder)
    hub = _library()
    token = find_token()
    api = hub.HfApi(token=token)
    with files.write_folder_aside(folder) as aside:
        try:
            about = api.model_info(repo_id, revision=revision)
            there = {sibling.rfilename for sibling in about.siblings}
            weights = next((name for name in hub_weights.NAMES if name in there), None)
            if weights is None or not {"config.json", "vocab.txt"} <= there:
                raise TutorialError(
                    "%s has no config.json, vocab.txt and weights of PyTorch: it is no model that can be read here"
                    % repo_id
                )
            for name in ["config.json", "vocab.txt", weights] + [name for name in SETTINGS_FILES if name in there]:
                _download(hub, repo_id, name, about.sha, aside, token)
        except TutorialError:
            raise
        except Exception as error:
            raise TutorialError("%s could not be fetched from the Hub: %s" % (repo_id, _reason(error, token)))
        hub_weights.tidy(aside, weights, repo_id)
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
        raise TutorialError('a model on the Hub is named "owner/name", not %r' % (repo_id,))


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
        prog="python -m helpers.hub", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    commands.required = True
    command = commands.add_parser("push", help="put a model on the Hub")
    command.add_argument("folder", help="exported or fine-tuned model")
    command.add_argument("repo_id", metavar="OWNER/NAME")
    command.add_argument("--public", action="store_true", help="for everybody to see (default: private)")
    command = commands.add_parser("fetch", help="fetch a pre-trained ELECTRA")
    command.add_argument("repo_id", nargs="?", default=ARTICLES, metavar="OWNER/NAME", help="default: %s" % ARTICLES)
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
