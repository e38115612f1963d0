"""Fixtures that many tests share."""

import importlib
import os
import pathlib
import signal
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDERS = [path for path in (ROOT / "tests").iterdir() if path.is_dir()]
sys.path[:0] = [str(ROOT)] + sorted(map(str, FOLDERS))  # tests use what is in tests/support, and each other's fixtures
importlib.import_module("tests")  # IPython puts a folder on the path in which there is a package of that name
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")  # tests run on the CPU: their numbers must not depend on a card
os.environ.setdefault("ELECTRA_TF_PYTHON", sys.executable)  # children run on the Python that runs the tests
os.environ.setdefault("HF_ENDPOINT", "http://127.0.0.1:9")  # no Hub answers there: tests use no network
# Started in the background, as by nohup or some schedulers, a process ignores Ctrl-C, and so would its children.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # likewise under nohup


def pytest_make_parametrize_id(val, argname):
    """Bytes that are no text stand under their argument's name: packed ones hold the second in which they were made,
    and tests that run side by side must have the same names in each process."""
    if isinstance(val, bytes) and not (val.isascii() and val.decode("ascii").isprintable()):
        return argname
    return None


@pytest.fixture(autouse=True)
def signals():
    """Training and commands in the tests' own process listen to signals; afterwards all is as it was."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    kept = {number: signal.getsignal(number) for number in numbers}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.fixture(scope="session")
def shared():
    """Folder with reference data that is not part of the project; tests that need it are skipped without."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("needs the reference data, which are not part of the project")
    return folder


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """The folder of an exported discriminator: tiny, its weights random."""
    import tiny_export

    return tiny_export.make(tmp_path_factory.mktemp("export") / "m" / "discriminator")


@pytest.fixture(scope="module")
def encoder(model):
    """What turns text into that model's tokens."""
    from helpers.discriminator import loading

    return loading.load_encoder(model)


@pytest.fixture
def graph():
    """A fresh default graph with a session in it: ``run(fetches, feed)`` initializes variables on its first call."""
    tf = pytest.importorskip("helpers.pretraining.network.runtime").tf

    class Run:
        def __init__(self):
            self.session = None

        def __call__(self, fetches, feed=None):
            if self.session is None:
                self.session = tf.Session()
                self.session.run(tf.global_variables_initializer())
            return self.session.run(fetches, feed)

    with tf.Graph().as_default():
        run = Run()
        yield run
        if run.session is not None:
            run.session.close()
