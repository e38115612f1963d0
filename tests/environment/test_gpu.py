"""What training runs on: each kind of GPU with each kind of software, all of it pretended (fake_machine.py)."""

import json
import os
import shutil
import sys

import fake_machine
import pytest
from test_environment import house, machine, marker  # noqa: F401  (machine is a fixture)

from helpers import environment
from helpers.environment import gpu, packages

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="NVIDIA's libraries are loaded on Linux")
T4 = ("Tesla T4", "7.5")
CARDS = [("NVIDIA A100-SXM4-40GB", "8.0"), ("NVIDIA L4", "8.9"), ("NVIDIA H100 80GB HBM3", "9.0")]


@pytest.fixture
def libraries(tmp_path, monkeypatch):
    """Stand-ins for CUDA 10.0 and cuDNN 7 that the loader really loads; returns the folder."""
    with open("/proc/self/maps") as maps:
        loaded = {line.split()[-1] for line in maps if "/libm" in line and ".so" in line}
    if not loaded:
        pytest.skip("no small shared library at hand to copy")
    folder = tmp_path / "cuda"
    folder.mkdir()
    for name in gpu.CUDA_10_LIBRARIES:
        shutil.copy(sorted(loaded)[0], str(folder / name))
    monkeypatch.setenv("FAKE_LIBRARIES", json.dumps(gpu.CUDA_10_LIBRARIES))
    monkeypatch.setenv("FAKE_LIBRARY", sorted(loaded)[0])
    return str(folder)


@pytest.fixture
def kernel(machine, tmp_path, monkeypatch):  # noqa: F811
    """``kernel(gpus)`` puts a TensorFlow 2.20 into the running kernel that sees so many GPUs."""

    def install(gpus):
        package = tmp_path / "kernel" / "tensorflow"
        package.mkdir(parents=True)
        (package / "__init__.py").write_text(
            "import types\nconfig = types.SimpleNamespace(experimental=types.SimpleNamespace(\n"
            "    list_physical_devices=lambda kind: ['/physical_device:GPU'] * %d))\n" % gpus
        )
        monkeypatch.setenv("PYTHONPATH", str(tmp_path / "kernel"))
        monkeypatch.setattr(environment.sys, "executable", fake_machine.REAL_PYTHON)
        monkeypatch.setattr(
            packages, "installed_versions", lambda names: dict(dict.fromkeys(names), tensorflow="2.20.0")
        )
        monkeypatch.setattr(environment.interpreters, "candidates", lambda version: [machine.bin + "/python" + version])

    return install


@pytest.fixture
def python37(machine):  # noqa: F811
    return machine.python("python3.7", "3.7.16")


def said(capsys):
    """The warning that was given, which has to be one line that the report repeats; "" when there was none."""
    loud = [line for line in capsys.readouterr().err.splitlines() if "***" in line]
    report = environment.device_report().splitlines()
    assert len(loud) <= 1 and len(report) == 3 and report[2].count(". ") == 1
    if loud:
        words = loud[0][len("*** WARNING: ") : -len(" ***")]
        assert loud[0] == "*** WARNING: %s ***" % words and report[2].endswith(
            ". %s%s." % (words[0].upper(), words[1:])
        )
    return loud[0] if loud else ""


def test_no_gpu(machine, python37, capsys):  # noqa: F811
    chosen = environment.setup()
    assert chosen.device == "CPU, %d cores" % gpu.cores()
    assert chosen.reason == "no NVIDIA GPU here: training runs on the CPU"
    assert said(capsys) == ""


def test_a_hidden_gpu_is_no_warning(machine, python37, monkeypatch, capsys):  # noqa: F811
    machine.gpu(*T4)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    chosen = environment.setup()
    assert chosen.device.startswith("CPU") and said(capsys) == ""
    assert "CUDA_VISIBLE_DEVICES hides the GPU Tesla T4 (compute capability 7.5, 15 GB)" in chosen.reason


def test_t4_with_cuda_10(machine, python37, libraries, monkeypatch, capsys):  # noqa: F811
    machine.gpu(*T4)
    monkeypatch.setenv("LD_LIBRARY_PATH", libraries)
    monkeypatch.setattr(environment.sys, "executable", fake_machine.REAL_PYTHON)
    monkeypatch.setattr(environment.interpreters, "candidates", lambda version: [python37])
    chosen = environment.setup()
    assert chosen.python == house(machine) and chosen.device == "Tesla T4" and said(capsys) == ""
    assert chosen.reason == "training runs on the GPU Tesla T4 (compute capability 7.5, 15 GB)"


def test_t4_without_cuda_10_is_a_loud_warning(machine, python37, capsys):  # noqa: F811
    machine.gpu(*T4)
    chosen = environment.setup()
    assert chosen.device.endswith("(GPU unused)")
    warning = said(capsys)
    assert warning.startswith("*** WARNING: the GPU Tesla T4") and "NOT used" in warning
    assert "libcudart.so.10.0" in warning and "micromamba" in warning
    assert "NOT used" in environment.device_report()


def test_t4_with_half_of_cuda_10(machine, python37, libraries, monkeypatch, capsys):  # noqa: F811
    os.remove(os.path.join(libraries, "libcudnn.so.7"))
    machine.gpu(*T4)
    monkeypatch.setenv("LD_LIBRARY_PATH", libraries)
    environment.setup()
    assert "libcudnn.so.7" in said(capsys)


def test_t4_with_micromamba_gets_its_libraries(machine, libraries, monkeypatch, capsys):  # noqa: F811
    machine.gpu(*T4)
    machine.micromamba()
    machine.python("python3.7", "3.7.16")  # not taken: it could not bring CUDA along
    monkeypatch.setattr(environment.sys, "executable", fake_machine.REAL_PYTHON)
    chosen = environment.setup()
    assert machine.log()[0].endswith("-c conda-forge python=3.7 pip cudatoolkit=10.0 cudnn=7.6")
    assert marker(machine)["cuda"] is True and marker(machine)["made_by"] == "micromamba"
    assert chosen.device == "Tesla T4" and said(capsys) == ""
    before = machine.log()
    assert environment.setup().device == "Tesla T4" and machine.log() == before


def test_an_environment_without_cuda_is_made_anew_once_micromamba_is_there(machine, python37, libraries):  # noqa: F811
    machine.gpu(*T4)
    environment.setup()
    assert marker(machine)["cuda"] is False
    machine.micromamba()
    assert environment.setup().device == "Tesla T4" and marker(machine)["cuda"] is True


def test_t4_on_a_kernel_that_sees_it(machine, python37, kernel, capsys):  # noqa: F811
    """Colab: its CUDA is 12, its kernel's TensorFlow works with it; nothing is made."""
    machine.gpu(*T4)
    kernel(gpus=1)
    chosen = environment.setup()
    assert chosen.python == fake_machine.REAL_PYTHON and chosen.tensorflow == "2.20.0" and chosen.device == "Tesla T4"
    assert chosen.reason.startswith("training runs on the GPU Tesla T4")
    assert chosen.reason.endswith("this Python has its own TensorFlow 2.20.0, so nothing is installed")
    assert said(capsys) == "" and machine.log() == []


@pytest.mark.parametrize("card", CARDS)
def test_a_newer_card_on_a_kernel_that_sees_it(machine, python37, kernel, capsys, card):  # noqa: F811
    machine.gpu(*card, memory="40960 MiB")
    kernel(gpus=1)
    chosen = environment.setup()
    assert chosen.python == fake_machine.REAL_PYTHON and chosen.device == card[0]
    assert said(capsys) == "" and machine.log() == []


@pytest.mark.parametrize("card", CARDS)
def test_a_newer_card_on_a_kernel_that_does_not_see_it(machine, python37, kernel, capsys, card):  # noqa: F811
    machine.gpu(*card)
    kernel(gpus=0)
    chosen = environment.setup()
    assert chosen.tensorflow == "2.20.0" and "GPU unused" in chosen.device and machine.log() == []
    warning = said(capsys)
    assert card[0] in warning and "TensorFlow 2.20.0 does not see it" in warning
    assert all(way in warning for way in ("TENSORFLOW=2", "ELECTRA_TF_PYTHON", "NVIDIA's container"))
    assert 'TENSORFLOW="1.15"' not in warning  # it cannot use this card


def test_a_card_that_tensorflow_1_15_alone_can_use(machine, kernel, libraries, monkeypatch, capsys):  # noqa: F811
    machine.gpu(*T4)
    kernel(gpus=0)
    monkeypatch.setenv("LD_LIBRARY_PATH", libraries)
    assert environment.setup().tensorflow == "2.20.0"
    assert 'what helps: TENSORFLOW="1.15", which can use it, a newer driver' in said(capsys)


def test_a_newer_card_and_tensorflow_1_15(machine, python37, kernel, capsys):  # noqa: F811
    machine.gpu(*CARDS[0])
    kernel(gpus=1)
    assert environment.setup("1.15").python == house(machine)
    assert "CUDA 10.0, which TensorFlow 1.15 is built for, ends at 7.5" in said(capsys)


def test_a_newer_card_and_no_tensorflow_in_the_kernel(machine, python37, capsys):  # noqa: F811
    machine.gpu(*CARDS[0])
    machine.micromamba()  # CUDA 10.0 would not help
    assert environment.setup().python == house(machine) and marker(machine)["made_by"] == "venv"
    assert "NOT used" in said(capsys)


def test_the_kernel_as_asked_for_warns_when_it_does_not_see_the_card(machine, kernel, capsys):  # noqa: F811
    machine.gpu("NVIDIA L4", "8.9", driver="450.51.06")
    kernel(gpus=0)
    chosen = environment.setup("kernel")
    assert chosen.tensorflow == "2.20.0" and "GPU unused" in chosen.device
    assert "does not see it, perhaps because its driver 450.51.06 is too old; what helps: " in said(capsys)


@pytest.mark.parametrize("capability", ["7.0", None])
def test_a_driver_too_old(machine, python37, capsys, capability):  # noqa: F811
    machine.gpu("Tesla V100-SXM2-16GB", capability, driver="390.116")
    environment.setup()
    warning = said(capsys)
    assert "its driver 390.116 is older than 410.48" in warning and "what helps: a newer driver" in warning


def test_a_card_too_old(machine, python37, capsys):  # noqa: F811
    machine.gpu("Tesla K10", "3.0")
    environment.setup()
    assert "its compute capability is 3.0, and TensorFlow 1.15 needs 3.5" in said(capsys)


def test_a_broken_driver_is_said(machine, python37, capsys):  # noqa: F811
    words = "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver."
    machine.gpu("?", "?", broken=words)
    chosen = environment.setup()
    assert chosen.device.startswith("CPU") and words in said(capsys)


def test_several_cards_and_an_nvidia_smi_that_cannot_tell_the_capability(machine):  # noqa: F811
    machine.gpu("Tesla T4", None, count=4)
    gpus = gpu.find()
    assert len(gpus) == 4 and gpus[0].capability is None and gpus[0].memory == 15360 << 20
    assert gpu.describe(gpus) == "4 × Tesla T4 (15 GB)"


@pytest.mark.parametrize(
    "capability, beside, fast",
    [("7.0", [], True), ("7.5", ["8.0"], True), ("6.1", [], False), ("8.0", ["6.1"], False), (None, [], False)],
)
def test_cards_that_are_fast_in_16_bits(machine, capability, beside, fast, monkeypatch):  # noqa: F811
    machine.gpu("a card", capability, beside=beside)
    assert gpu.fast_in_16_bits() is fast, "all of them, or the slowest would hold up the rest"
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    assert gpu.fast_in_16_bits() is False
