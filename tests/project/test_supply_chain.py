"""Nothing let in: what is fetched is pinned, what comes from strangers runs no code, no shell, no pickle, no secret."""

import ast
import json
import os
import pickle
import re

import numpy as np
import pytest
import steps
import tiny_checkpoint
from test_project import ROOT, text_of, tracked

from helpers import conversion
from helpers.base.errors import TutorialError
from helpers.base.events import Reporter
from helpers.data.records import writer
from helpers.discriminator import loading
from helpers.environment import packages
from helpers.pretraining import hyperparameters

CODE = ("helpers", "tools", "benchmarks", "binder", ".ci")
SECRET = "hf_thisMustNeverBeWrittenAnywhere"


def parsed():
    """(path, syntax tree) of all code that a user runs: modules and the cells of the notebooks."""
    for path in tracked(".py"):
        name = os.path.relpath(path, ROOT)
        if name.startswith(CODE):
            yield name, ast.parse(text_of(path), name)
    for path in tracked(".ipynb"):
        cells = json.loads(text_of(path))["cells"]
        for cell in cells:
            if cell["cell_type"] == "code":
                yield os.path.relpath(path, ROOT), ast.parse("".join(cell["source"]))


def dotted(node):
    """``a.b.c`` of a name or attribute, "" of anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        inner = dotted(node.value)
        return "%s.%s" % (inner, node.attr) if inner else "." + node.attr
    return ""


def imports(tree):
    """Names of all modules that are imported, and ``module.name`` of what is imported from them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for alias in node.names:
                yield "%s.%s" % (node.module, alias.name), node.lineno


def calls(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield dotted(node.func), node


def keyword(call, name):
    return next((item.value for item in call.keywords if item.arg == name), None)


def constant(node):
    """The value of a literal, on Python 3.7 as later; None of anything else."""
    kind = {"Constant": "value", "NameConstant": "value", "Str": "s", "Num": "n"}.get(type(node).__name__)
    return getattr(node, kind) if kind else None


# -- no shell -------------------------------------------------------------------------------------------------

SHELLS = {"os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput", "pty.spawn",
          "asyncio.create_subprocess_shell"}  # fmt: skip
PROCESSES = {"run", "Popen", "call", "check_call", "check_output"}


def shell_strings(tree):
    """Where a shell is given a string to run."""
    for name, call in calls(tree):
        if name in SHELLS or (keyword(call, "shell") is not None and constant(keyword(call, "shell")) is not False):
            yield call.lineno
        if name.startswith("subprocess.") and name.split(".")[-1] in PROCESSES and call.args:
            first = call.args[0]
            if constant(first) or isinstance(first, (ast.JoinedStr, ast.BinOp)) and not _list(first):
                yield call.lineno
    for name, line in imports(tree):
        if name in SHELLS:
            yield line
    for node in ast.walk(tree):
        if isinstance(node, ast.List) and len(node.elts) > 1:
            first, second = map(constant, node.elts[:2])
            if os.path.basename(str(first)) in ("sh", "bash", "zsh", "cmd") and second == "-c":
                yield node.lineno


def _list(node):
    return isinstance(node, ast.BinOp) and (isinstance(node.left, ast.List) or _list(node.left))


@pytest.mark.parametrize("code, found", [
    ("os.system('rm ' + path)", True), ("subprocess.run(command, shell=True)", True), ("from os import popen", True),
    ("subprocess.Popen('ls ' + path)", True), ("subprocess.run(f'ls {path}')", True), ("x = ['sh', '-c', text]", True),
    ("subprocess.run(['ls', path])", False), ("subprocess.run(['ls'] + paths, shell=False)", False),
])  # fmt: skip
def test_a_shell_string_would_be_found(code, found):
    assert bool(list(shell_strings(ast.parse(code)))) is found


def test_no_shell_strings():
    found = ["%s:%d" % (name, line) for name, tree in parsed() for line in shell_strings(tree)]
    assert not found and len(list(parsed())) > 80


# -- nothing that is read can run -----------------------------------------------------------------------------

RUN_CODE = {"pickle", "_pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal", "jsonpickle", "code"}
# Evaluation of text; TensorFlow's and others' readers of graphs and objects.
EVALUATE = {"eval", "exec", "compile", "execfile", "yaml.load", "yaml.unsafe_load", "pandas.read_pickle"}
GRAPHS = {"import_meta_graph", "import_graph_def", "keras", "saved_model", "py_func", "numpy_function",
          "py_function", "load_op_library", "trust_remote_code", "read_pickle"}  # fmt: skip


def code_from_data(tree):
    """Where data could turn into code."""
    for name, line in imports(tree):
        if name.split(".")[0] in RUN_CODE:
            yield line
    for name, call in calls(tree):
        if name in EVALUATE:
            yield call.lineno
        if name in ("np.load", "numpy.load") and constant(keyword(call, "allow_pickle")) is not False:
            yield call.lineno
        if name == "torch.load" and constant(keyword(call, "weights_only")) is not True:
            yield call.lineno
    for node in ast.walk(tree):
        named = getattr(node, "attr", None) or getattr(node, "arg", None) or getattr(node, "id", None)
        if isinstance(node, (ast.Attribute, ast.keyword, ast.Name)) and named in GRAPHS:
            yield getattr(node, "lineno", 0)


@pytest.mark.parametrize("code, found", [
    ("import pickle", True), ("from joblib import load", True), ("eval(text)", True), ("np.load(path)", True),
    ("np.load(path, allow_pickle=True)", True), ("torch.load(path)", True), ("torch.load(p, weights_only=False)", True),
    ("tf.train.import_meta_graph(path)", True), ("tf.py_func(f, [x], t)", True),
    ("AutoModel.from_pretrained(folder, trust_remote_code=True)", True),
    ("np.load(path, allow_pickle=False)", False), ("torch.load(path, weights_only=True)", False),
    ("model.eval()", False), ("re.compile(text)", False), ("json.load(file)", False),
])  # fmt: skip
def test_code_from_data_would_be_found(code, found):
    assert bool(list(code_from_data(ast.parse(code)))) is found


# Makes tensors, and nothing else, of a pickle from the Hub: tests/conversion/test_hub.py gives it hostile ones.
CAREFUL = "helpers/conversion/hub/pickles.py"


def test_no_data_is_read_that_can_be_code():
    found = ["%s:%d" % (name, line) for name, tree in parsed() if name != CAREFUL for line in code_from_data(tree)]
    assert not found
    for name, tree in parsed():
        if name == CAREFUL:
            loads = [call for called, call in calls(tree) if called == "torch.load"]
            assert loads and all(keyword(call, "pickle_module") is not None for call in loads)
            assert not {"pickle.load", "pickle.loads"} & {called for called, _ in calls(tree)}


class Hostile:
    """Unpickled, it makes the file whose path it was given."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return open, (self.path, "w")


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """A discriminator as the conversion writes it."""
    pytest.importorskip("torch")
    from helpers.conversion import export

    folder = tmp_path_factory.mktemp("model")
    variables = tiny_checkpoint.make(str(folder))
    model_dir = str(folder / "models" / "m")
    job = conversion.Job(model_dir, str(folder / "vocab.txt"), model_dir)
    export.convert(job, Reporter(events=True, silent=True), tiny_checkpoint.oracle(variables))
    return folder / "models" / "m", variables


@pytest.mark.parametrize("name, loads", [
    ("pytorch_model.bin", True), ("training_args.bin", True), ("model.safetensors", False), ("vocab.txt", True),
])  # fmt: skip
def test_a_model_from_a_stranger_runs_no_code(exported, tmp_path, name, loads):
    mark, folder = tmp_path / "it-ran", tmp_path / "model"
    folder.mkdir()
    for path in (exported[0] / "discriminator").iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    hostile = pickle.dumps(Hostile(mark))
    if name == "vocab.txt":
        hostile = (folder / name).read_bytes() + hostile.replace(b"\n", b" ") + b"\n"
    (folder / name).write_bytes(hostile)
    config = json.loads((folder / "config.json").read_text())
    config["auto_map"] = {"AutoModel": "hostile.Model", "AutoModelForPreTraining": "hostile.Model"}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "hostile.py").write_text("open(%r, 'w')\n" % str(mark))
    if loads:
        loading.load_model(str(folder), "ElectraForPreTraining")
    else:
        with pytest.raises(TutorialError, match="cannot be loaded"):
            loading.load_model(str(folder), "ElectraForPreTraining")
    assert not mark.exists()
    pickle.loads(pickle.dumps(Hostile(mark)))
    assert mark.exists(), "the pickle is harmless: nothing was tested"


def test_an_index_from_a_stranger_runs_no_code(tmp_path):
    hostile = np.array([Hostile(tmp_path / "it-ran")], dtype=object)
    with open(str(tmp_path / "index.npz"), "wb") as file:
        np.savez(file, step=256, names=hostile, bytes=np.array([1]), records=np.array([1]), offsets=np.array([0]))
    assert writer.read_index(str(tmp_path), 256) == {}
    assert not (tmp_path / "it-ran").exists()
    with np.load(str(tmp_path / "index.npz"), allow_pickle=True) as index:
        assert index["names"] is not None
    assert (tmp_path / "it-ran").exists(), "the array is harmless: nothing was tested"


def hostile_values(mark):
    code = "__import__('os').system('touch %s')" % mark
    return [code, "$(touch %s)" % mark, "`touch %s`" % mark, "'; touch %s; '" % mark, {"__class__": "os.system"},
            {"py/object": "subprocess.Popen", "args": ["touch", str(mark)]}, "!!python/object/apply:os.system ['x']",
            "cos\nsystem\n(S'touch %s'\ntR." % mark]  # fmt: skip


def test_hyperparameters_from_a_stranger_run_no_code(tmp_path):
    """Every hyperparameter, set to what another program might run: refused in a sentence, or kept as text."""
    mark = tmp_path / "it-ran"
    names = list(hyperparameters.as_dict(hyperparameters.resolve({}))) + list(hyperparameters.REFUSED) + ["other"]
    refused = 0
    for value in hostile_values(mark):
        for name in names:
            for setting in (value, {"hidden_size": value}):
                text = json.dumps({name: setting})
                try:
                    kept = hyperparameters.resolve(hyperparameters.parse(text), str(tmp_path))
                    assert getattr(kept, name) == value, "a text alone may be kept"
                except TutorialError:
                    refused += 1
    assert refused > 300 and not mark.exists() and os.listdir(str(tmp_path)) == []


def test_a_checkpoint_from_a_stranger_is_numbers_alone(exported, tmp_path, monkeypatch):
    """The graph that may lie beside a checkpoint (.meta) can hold Python functions: nobody looks at it."""
    from helpers.conversion import export
    from helpers.pretraining.network.runtime import tf

    for name in ("import_meta_graph", "import_graph_def"):
        for module in (tf, tf.train):
            if hasattr(module, name):
                monkeypatch.setattr(module, name, lambda *_, **__: pytest.fail("a stranger's graph is read"))
    trained, variables = exported
    folder = tmp_path / "m"
    folder.mkdir()
    for path in trained.iterdir():
        if path.is_file():
            (folder / path.name).write_bytes(path.read_bytes())
    (folder / "model.ckpt-7.meta").write_bytes(pickle.dumps(Hostile(tmp_path / "it-ran")))
    settings = json.loads((folder / "hparams.json").read_text())
    settings["results_txt"] = settings["model_dir"] = str(tmp_path / "elsewhere")
    (folder / "hparams.json").write_text(json.dumps(settings))
    job = conversion.Job(str(folder), str(trained.parent.parent / "vocab.txt"), str(tmp_path / "out"))
    export.convert(job, Reporter(events=True, silent=True), tiny_checkpoint.oracle(variables))
    assert (tmp_path / "out" / "discriminator" / "model.safetensors").exists()
    assert sorted(os.listdir(str(tmp_path))) == ["m", "out"]


# -- archives, addresses --------------------------------------------------------------------------------------


# Reads the members of archives as streams of bytes; nothing is written under a member's name.
STREAMS = "helpers/data/corpus/formats/packing.py"
UNPACKING = ("extractall", "extract", "unpack_archive")


def archives(tree):
    """Where an archive could be unpacked; asking whether a file is one unpacks nothing."""
    for name, line in imports(tree):
        if name.split(".")[0] in ("tarfile", "patoolib", "py7zr", "rarfile"):
            yield line
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and (
            node.attr in UNPACKING + ("ZipFile",) or dotted(node) == "zipfile.Path"
        ):
            yield node.lineno


def test_no_archive_is_ever_unpacked():
    """Members are read as streams in one place alone, so no member's name can lead out of its folder."""
    for code in ("import tarfile", "zipfile.ZipFile(path)", "archive.extractall(folder)", "shutil.unpack_archive(a)"):
        assert list(archives(ast.parse(code)))
    found = [(name, line) for name, tree in parsed() if name != STREAMS for line in archives(tree)]
    assert not [one for one in found if not one[0].endswith(".ipynb")]
    # A notebook's set-up cell unpacks this project, from the zip that its reader has just handed over.
    assert len({name for name, _ in found}) == len(found) and len({line for _, line in found}) == 1
    (streams,) = (tree for name, tree in parsed() if name == STREAMS)
    assert not {node.attr for node in ast.walk(streams) if isinstance(node, ast.Attribute)} & set(UNPACKING)


CASES = os.path.join(ROOT, "tests", "cases") + os.sep  # files as users have them, some in no encoding of ours
PLAIN = re.compile(r"\b(?:http|ftp|git|svn)://([^\s\"'`<>)\\/:,]*)")
LOOPBACK = ("localhost", "127.0.0.1", "[::1]", "")
NAMES_ONLY = ("www.w3.org", "example.org")  # XML's names, which nobody fetches; examples of what is refused


def test_every_address_is_https():
    found = []
    for path in tracked(".py", ".ipynb", ".md", ".txt", ".lock", ".yml", ".json", "Makefile", "postBuild", "run"):
        if CASES in path:
            continue
        for number, line in enumerate(text_of(path).split("\n"), 1):
            for host in PLAIN.findall(line):
                if host not in LOOPBACK + NAMES_ONLY:
                    found.append("%s:%d %s" % (os.path.relpath(path, ROOT), number, host))
    assert not found
    assert PLAIN.findall("wget http:/" + "/data.example.com/x") == ["data.example.com"]


# -- what is installed ----------------------------------------------------------------------------------------


def locks():
    return [path for path in tracked(".lock") if os.path.basename(path).startswith("requirements")]


def test_locks_pin_everything_by_version_and_hash():
    assert len(locks()) >= 3
    for path in locks():
        entries = packages.lock_entries(path)
        assert entries
        for name, entry in entries:
            assert re.match(r"%s==\d[^\s;]*( ;[^\\]*)? \\\n" % re.escape(name), entry), (path, entry)
            assert re.findall(r"--hash=sha256:[0-9a-f]{64}\b", entry) and "md5" not in entry, (path, name)
        assert "://" not in text_of(path), "the index is the user's choice"


@pytest.mark.parametrize("name, apart", [("requirements", set()), ("requirements-tf2", {"torch"})])
def test_locks_hold_all_requirements(name, apart):
    pinned = {}
    for package, entry in packages.lock_entries(os.path.join(ROOT, name + ".lock")):
        pinned.setdefault(_canonical(package), []).append(entry.split("==")[1].split()[0])
    for package, specifier in packages.requirements(os.path.join(ROOT, name + ".txt")):
        if package not in apart:
            versions = pinned[_canonical(package)]
            assert any(packages.satisfies(version, specifier) for version in versions), (package, versions)


def _canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def test_pip_installs_by_hash():
    """Every call of pip's install asks for hashes; torch for TensorFlow 2 is the one exception that is documented."""
    without = []
    for name, tree in parsed():
        for node in ast.walk(tree):
            items = node.elts if isinstance(node, ast.List) else node.args if isinstance(node, ast.Call) else []
            words = list(map(constant, items))
            if "pip" in words and "install" in words and "--require-hashes" not in words:
                without.append((name, node.lineno))
    assert {name for name, _ in without} <= {"helpers/environment/venvs.py", "helpers/environment/packages.py"}, without
    source = text_of(os.path.join(ROOT, "helpers", "environment", "venvs.py"))
    assert source.count("--require-hashes") == 2
    unhashed = re.findall(r"pip_install\(python, \[(.*?)\]", source)
    assert [call for call in unhashed if "--require-hashes" not in call] == [
        "torch, tensorflow", '"--no-index", torch', '"--retries", "1", *index, torch'
    ]  # fmt: skip


# -- secrets --------------------------------------------------------------------------------------------------


def test_tokens_are_the_hubs_business():
    """The project's code never takes a token into its hands, apart from handing it on in helpers/conversion/hub/."""
    for name, tree in parsed():
        for node in ast.walk(tree):
            text = constant(node)
            if isinstance(text, str) and re.fullmatch(r"HF_TOKEN|HUGGING_FACE_HUB_TOKEN|hf_[A-Za-z0-9]{10,}", text):
                assert re.match(r"helpers/conversion/hub/\w+\.py$|tools/reference_commands\.py$", name), "%s:%d" % (
                    name,
                    node.lineno,
                )
        if not re.match(r"helpers/conversion/hub/\w+\.py$", name):
            assert not {"get_token", "HfFolder"} & {n.split(".")[-1] for n, _ in imports(tree)}, name


def test_no_step_writes_the_token(tmp_path, monkeypatch):
    """Text, vocabulary and examples with the token in the environment; the notebook's turn is in test_random_faults."""
    settings = {"environment": {"HF_TOKEN": SECRET, "HUGGING_FACE_HUB_TOKEN": SECRET}}
    for step in ("corpus", "vocabulary", "examples"):
        code, said = steps.run(step, tmp_path, **settings)
        assert code == 0 and SECRET not in said, said
    assert len(list(tmp_path.rglob("*"))) > 8
    assert holding(tmp_path, SECRET) == []
    (tmp_path / "leak.json").write_text(json.dumps({"token": SECRET}))
    assert holding(tmp_path, SECRET) == ["leak.json"]


def holding(folder, secret):
    """Names of the files under ``folder`` that have ``secret`` in them."""
    return sorted(
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and secret.encode() in path.read_bytes()
    )


def test_the_projects_own_files_hold_no_secret():
    """Tokens of the Hub, of GitHub, of AWS, private keys."""
    pattern = re.compile(
        r"\bhf_[A-Za-z]{30,}\b|\bghp_[A-Za-z0-9]{36}\b|\bAKIA[0-9A-Z]{16}\b|BEGIN (RSA |EC |OPENSSH )?PRIVATE KEY"
    )
    for path in tracked(".py", ".ipynb", ".md", ".json", ".txt", ".yml", "Makefile", "run", "postBuild"):
        if CASES in path:
            continue
        text = text_of(path).replace(SECRET, "")
        assert not pattern.search(text.replace(pattern.pattern, "")), path


def test_the_vocabulary_from_the_hub_is_the_one_that_it_should_be(tmp_path, monkeypatch):
    """Its content is fixed, so its hash is: another file is refused, wherever it comes from."""
    hub = pytest.importorskip("huggingface_hub")
    from helpers.data.vocabulary import builder

    other = tmp_path / "vocab.txt"
    other.write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nuno\n")
    monkeypatch.setattr(hub, "hf_hub_download", lambda *_, **__: str(other))
    with pytest.raises(TutorialError, match="not the file it should be"):
        builder.from_hub()
    monkeypatch.setattr(builder, "MULTILINGUAL_SHA256", builder.sha256(str(other)))
    assert builder.from_hub()[-1] == "uno"


def test_make_passes_its_variables_to_no_shell_unquoted():
    """ARGS alone is meant to be split into words; it is the user's own command line."""
    for line in text_of(os.path.join(ROOT, "Makefile")).split("\n"):
        if line.startswith("\t"):
            for variable in re.findall(r"(?<!')\$\((\w+)\)(?!')", line):
                assert variable in ("PYTHON3", "ENVIRONMENT", "MAKEFILE_LIST", "ARGS", "MAKE"), line
