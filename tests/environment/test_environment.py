"""Which interpreter TensorFlow runs on, and how it is made, on machines made of scripts (fake_machine.py)."""

import json
import os
import signal
import subprocess
import sys
import time

import fake_machine
import pytest

from helpers import environment
from helpers.base.errors import TutorialError
from helpers.environment import __main__ as command
from helpers.environment import interpreters, packages, venvs


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """An x86_64 Linux machine with nothing on it; this Python looks bare, too."""
    machine = fake_machine.Machine(tmp_path)
    for name in ("ELECTRA_TF_PYTHON", "PYENV_ROOT", "CONDA_PREFIX", "MAMBA_ROOT_PREFIX", "CUDA_VISIBLE_DEVICES"):
        monkeypatch.delenv(name, raising=False)
    for name, value in machine.variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(venvs, "PROJECT", machine.project)
    monkeypatch.setattr(venvs, "UV_FOLDER", os.path.join(machine.project, ".venv-uv"))
    monkeypatch.setattr(venvs, "UV_LOCK", os.path.join(machine.project, "requirements-uv.lock"))
    monkeypatch.setattr(environment, "_chosen", None)
    monkeypatch.setattr(packages, "installed_versions", dict.fromkeys)
    monkeypatch.setattr(packages, "POLL_SECONDS", 0.02)
    monkeypatch.setattr(interpreters.platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(interpreters.platform, "version", lambda: "#1 SMP")
    monkeypatch.setattr(interpreters.sys, "executable", "/nowhere/python3")
    return machine


def house(machine, folder=".venv"):
    return os.path.join(machine.project, folder, "bin", "python")


def marker(machine, folder=".venv"):
    with open(os.path.join(machine.project, folder, "electra.json")) as file:
        return json.load(file)


# --- how .venv comes to be


def test_a_shim_that_does_not_run_is_passed_over(machine):
    machine.python("python3.7", "3.7.16", runs=False)
    machine.python("python", "3.7.9", folder=os.path.join(machine.home, ".pyenv", "versions", "3.7.9", "bin"))
    machine.python("python", "3.7.16", folder=os.path.join(machine.home, ".pyenv", "versions", "3.7.16", "bin"))
    assert environment.home() == house(machine)
    assert machine.log()[0] == "venv 3.7.16"  # the newest
    facts = packages.probe(house(machine), ["tensorflow", "transformers", "papermill"])
    assert facts["versions"]["tensorflow"] == "1.15.0" and facts["versions"]["papermill"]


def test_it_is_made_once(machine):
    machine.python("python3.7", "3.7.16")
    environment.home()
    before = machine.log()
    assert [line.split()[0] for line in before] == ["venv", "pip", "pip"]
    assert "--require-hashes" in before[1] and "--require-hashes" in before[2]
    assert environment.home() == house(machine) and machine.log() == before
    assert marker(machine)["state"] == "ready" and marker(machine)["tensorflow"] == "1.15"


def test_it_is_made_anew_when_the_lock_changes(machine):
    machine.python("python3.7", "3.7.16")
    environment.home()
    with open(os.path.join(machine.project, "requirements.lock"), "a") as file:
        file.write("# a change\n")
    environment.home()
    assert [line.split()[0] for line in machine.log()] == ["venv", "pip", "pip"] * 2


def test_it_is_made_anew_when_its_python_is_gone(machine):
    machine.python("python3.7", "3.7.16")
    environment.home()
    os.remove(house(machine))
    assert environment.home() == house(machine) and os.path.exists(house(machine))


@pytest.mark.parametrize("where", ["CONDA_PREFIX", "miniconda3/envs/old", "environments.txt"])
def test_a_conda_environment_with_python_3_7_will_do(machine, monkeypatch, where):
    prefix = os.path.join(machine.home, "miniconda3", "envs", "old")
    if where == "CONDA_PREFIX":
        prefix = os.path.join(machine.folder, "elsewhere")
        monkeypatch.setenv("CONDA_PREFIX", prefix)
    if where == "environments.txt":
        prefix = os.path.join(machine.folder, "far")
        os.makedirs(os.path.join(machine.home, ".conda"))
        with open(os.path.join(machine.home, ".conda", "environments.txt"), "w") as file:
            file.write(prefix + "\n")
    machine.python("python", "3.7.4", folder=os.path.join(prefix, "bin"))
    environment.home()
    assert machine.log()[0] == "venv 3.7.4"


def test_uv_fetches_python_where_there_is_none(machine, monkeypatch):
    machine.uv()
    monkeypatch.setattr(interpreters, "on_path", lambda name: [os.path.join(machine.bin, "python3")])
    assert environment.home("1.15") == house(machine)
    assert "--require-hashes --target" in machine.log()[0] and "venv 3.7.9" in machine.log()
    assert os.path.isfile(os.path.join(machine.project, ".venv-uv", "bin", "uv"))


def test_micromamba_is_next(machine):
    machine.micromamba()
    assert environment.home("1.15") == house(machine)
    assert machine.log()[0].startswith("micromamba create -y -q -p " + os.path.join(machine.project, ".venv"))
    assert machine.log()[0].endswith("-c conda-forge python=3.7 pip")
    assert marker(machine)["made_by"] == "micromamba"


def test_the_last_word_lists_the_ways(machine, monkeypatch):
    monkeypatch.setenv("FAKE_MICROMAMBA", "fails")
    monkeypatch.setenv("FAKE_UV", "offline")
    machine.micromamba()
    machine.uv()
    machine.python("python3.7", "3.7.16", runs=False)
    with pytest.raises(TutorialError) as caught:
        environment.home("1.15")
    said = str(caught.value)
    assert "python3.7 does not run" in said and "nothing provides python 3.7" in said and "Failed to download" in said
    assert all(way in said for way in ("pyenv", "uv", "micromamba", "conda", "ELECTRA_TF_PYTHON"))
    assert not os.path.exists(house(machine))


@pytest.mark.parametrize("facts, words", [(dict(venv=False), "apt install"), (dict(bits=32), "64-bit")])
def test_a_python_that_will_not_do_is_named(machine, facts, words):
    machine.python("python3.7", "3.7.3", **facts)
    with pytest.raises(TutorialError, match=words):
        environment.home("1.15")


def test_packages_that_cannot_be_had_are_one_sentence(machine, monkeypatch):
    machine.python("python3.7", "3.7.16")
    monkeypatch.setenv("FAKE_PIP", "fails")
    with pytest.raises(
        TutorialError, match="^Installing packages with pip failed: No matching distribution found for x"
    ):
        environment.home()
    assert venvs.made(venvs.TENSORFLOW_1) is None
    monkeypatch.delenv("FAKE_PIP")
    assert environment.home() == house(machine)  # made anew once the cause is gone


def test_somebody_elses_venv_is_used_when_it_serves_and_never_deleted(machine):
    folder = os.path.join(machine.project, ".venv")
    machine.python("python", "3.7.10", folder=os.path.join(folder, "bin"))
    machine.python("python3.7", "3.7.16")
    environment.home()
    assert os.path.isfile(os.path.join(machine.project, ".venv-old-1", "bin", "python"))
    assert marker(machine)["state"] == "ready"
    # One that has all of it, but no marker of ours:
    os.remove(os.path.join(folder, "electra.json"))
    before = machine.log()
    assert environment.home(strict=True) == house(machine) and machine.log() == before


# The real interpreter must not find itself: on Python 3.7 it would do, and really be made an environment of.
COMMAND_LINE = """
import sys
sys.executable = "/nowhere/python3"
from helpers.environment import __main__ as command
sys.exit(command.main(sys.argv[1:]))
"""


def command_line(machine, *arguments, **variables):
    """Start helpers.environment as make does, with a Python that has no packages."""
    return subprocess.Popen(
        [fake_machine.REAL_PYTHON, "-SE", "-c", COMMAND_LINE, *arguments],
        cwd=machine.project,
        env=dict(os.environ, **dict(machine.variables, **variables)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


@pytest.fixture
def bare_machine(machine, monkeypatch):
    monkeypatch.undo()  # real processes from here on
    monkeypatch.delenv("ELECTRA_TF_PYTHON", raising=False)
    if interpreters.tensorflow1_impossible():
        pytest.skip("TensorFlow 1.15 cannot exist on this machine")
    machine.python("python3.7", "3.7.99")
    return machine


def test_the_command_line_prints_the_path_and_nothing_else(bare_machine):
    process = command_line(bare_machine, "--print-python")
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    assert out.decode() == house(bare_machine) + "\n"
    assert b"ready" in err
    out, err = command_line(bare_machine, "--print-python").communicate(timeout=30)
    assert out.decode() == house(bare_machine) + "\n" and err == b""


@pytest.mark.parametrize("wrong", [["--tensorflow", "3"], ["--tensorflow", "kernel"]])
def test_the_command_line_refuses_in_one_sentence(bare_machine, wrong):
    process = command_line(bare_machine, *wrong)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 1 and out == b""
    assert err.decode().startswith("error: TENSORFLOW") and err.count(b"\n") == 1
    assert ("kernel" in err.decode()) == ("kernel" in wrong)  # it is not offered


def test_a_run_that_was_killed_leaves_nothing_that_passes_for_whole(bare_machine):
    process = command_line(bare_machine, FAKE_PIP="hangs")
    while sum(line.startswith("pip") for line in bare_machine.log()) < 2:
        assert process.poll() is None
        time.sleep(0.05)
    assert marker(bare_machine)["state"] == "making"
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=30)
    assert marker(bare_machine)["state"] == "making"
    process = command_line(bare_machine, "--print-python")
    _, err = process.communicate(timeout=30)
    assert process.returncode == 0 and b"half-made" in err
    assert marker(bare_machine)["state"] == "ready"


def test_two_at_once_make_it_once(bare_machine):
    first, second = (command_line(bare_machine, "--print-python") for _ in range(2))
    for process in (first, second):
        out, err = process.communicate(timeout=30)
        assert out.decode() == house(bare_machine) + "\n", err
    assert sum(line.startswith("venv") for line in bare_machine.log()) == 1


# --- which interpreter is taken


def test_the_running_interpreter_is_taken_when_it_satisfies_the_requirements(machine, monkeypatch):
    versions = {"tensorflow": "1.15.0", "numpy": "1.18.5", "protobuf": "3.20.3", "transformers": "2.8.0"}
    versions.update(tokenizers="0.5.2", torch="1.12.1", safetensors="0.4.5", huggingface_hub="0.16.4")
    versions.update({"scikit-learn": "1.0.2", "matplotlib": "3.5.3", "tqdm": "4.68"})
    monkeypatch.setattr(packages, "installed_versions", lambda names: {name: versions.get(name) for name in names})
    chosen = environment.setup()
    assert (chosen.python, chosen.tensorflow) == ("/nowhere/python3", "1.15.0")
    assert environment.tf1_python() == "/nowhere/python3" and machine.log() == []
    machine.python("python3.7", "3.7.16")
    assert environment.home(strict=True) == house(machine)  # tests and notebooks take more
    versions["numpy"] = "1.21.6"
    assert environment.setup().python == house(machine)


def test_a_named_interpreter_comes_first(machine, monkeypatch):
    named = machine.python("mine", "3.11.2", versions={"tensorflow": "2.16.1"})
    monkeypatch.setenv("ELECTRA_TF_PYTHON", named)
    chosen = environment.setup()
    assert (chosen.python, chosen.tensorflow) == (named, "2.16.1") and "ELECTRA_TF_PYTHON" in chosen.reason
    assert environment.setup("2").python == named
    with pytest.raises(TutorialError, match="TENSORFLOW is 1.15, but ELECTRA_TF_PYTHON names .* 2.16.1"):
        environment.setup("1.15")


def test_nvidias_own_build_counts_as_1_15(machine, monkeypatch):
    named = machine.python("container", "3.8.10", versions={"nvidia-tensorflow": "1.15.5+nv23.03"})
    monkeypatch.setenv("ELECTRA_TF_PYTHON", named)
    machine.gpu("NVIDIA A100-SXM4-40GB", "8.0")
    monkeypatch.setenv("FAKE_TENSORFLOW_GPUS", "1")
    chosen = environment.setup("1.15")
    assert chosen.device == "NVIDIA A100-SXM4-40GB" and "compute capability 8.0" in chosen.reason


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda machine: "/nowhere/python", "does not run"),
        (lambda machine: machine.python("bare", "3.9.1"), "has no TensorFlow"),
    ],
)
def test_a_named_interpreter_that_will_not_do(machine, monkeypatch, make, words):
    monkeypatch.setenv("ELECTRA_TF_PYTHON", make(machine))
    with pytest.raises(TutorialError, match=words):
        environment.setup()


def test_the_kernel_is_taken_when_asked_for(machine, monkeypatch):
    with pytest.raises(TutorialError, match="this kernel .* has no TensorFlow"):
        environment.setup("kernel")
    monkeypatch.setattr(packages, "installed_versions", lambda names: dict(dict.fromkeys(names), tensorflow="2.20.0"))
    assert environment.setup("kernel").python == "/nowhere/python3"


def test_a_kernel_with_tensorflow_2_is_taken_and_nothing_is_made(machine, monkeypatch):
    """Colab, with a GPU or without: a second environment would take minutes to make."""
    monkeypatch.setattr(packages, "installed_versions", lambda names: dict(dict.fromkeys(names), tensorflow="2.20.0"))
    machine.python("python3.7", "3.7.16")
    chosen = environment.setup()
    assert (chosen.python, chosen.tensorflow) == ("/nowhere/python3", "2.20.0") and machine.log() == []
    assert chosen.reason.endswith("this Python has its own TensorFlow 2.20.0, so nothing is installed")
    assert environment.setup("1.15").python == house(machine)  # what is asked for is made


def test_from_a_shell_the_running_python_gives_way_to_the_projects_environment(machine, monkeypatch, capsys):
    monkeypatch.setattr(packages, "installed_versions", lambda names: dict(dict.fromkeys(names), tensorflow="2.20.0"))
    machine.python("python3.7", "3.7.16")
    assert command.main([]) == 0
    said = capsys.readouterr().out
    assert f"Interpreter {house(machine)}\n" in said and "TensorFlow  1.15.0 (.venv/bin/python)\n" in said


def test_tensorflow_2_has_a_house_of_its_own(machine, monkeypatch):
    machine.python("python3.7", "3.7.16")
    machine.python("python3.12", "3.12.1")
    monkeypatch.setenv("FAKE_LOCAL_WHEELS", "yes")
    assert environment.home("2") == house(machine, ".venv-tf2")
    assert environment.home() == house(machine)
    made = [line for line in machine.log() if line.startswith("pip")]
    assert "--no-index torch==2.13.0" in made[2]
    assert marker(machine, ".venv-tf2")["tensorflow"] == "2" and marker(machine)["tensorflow"] == "1.15"
    assert environment.setup("2").tensorflow == "2.20.0"


def test_the_build_of_torch_fits_the_machine(machine, monkeypatch):
    machine.python("python3.12", "3.12.1")
    environment.home("2")
    assert ("--extra-index-url" in machine.log()[-1]) == sys.platform.startswith("linux")
    machine.gpu("NVIDIA L4", "8.9")
    os.remove(os.path.join(machine.project, ".venv-tf2", "electra.json"))
    os.remove(house(machine, ".venv-tf2"))
    environment.home("2")
    assert machine.log()[-1].endswith("torch==2.13.0 tensorflow[and-cuda]==2.20.0")


@pytest.mark.parametrize(
    "processor, version", [("arm64", "Darwin"), ("aarch64", "#1 SMP"), ("x86_64", "RELEASE_ARM64")]
)
def test_where_tensorflow_1_cannot_exist_it_says_so_and_takes_2(machine, monkeypatch, capsys, processor, version):
    monkeypatch.setattr(interpreters.platform, "machine", lambda: processor)
    monkeypatch.setattr(interpreters.platform, "version", lambda: version)
    machine.python("python3.7", "3.7.16")
    machine.python("python3.12", "3.12.1")
    assert environment.home() == house(machine)
    assert "never built for this processor" in capsys.readouterr().err
    assert marker(machine)["tensorflow"] == "2" and marker(machine)["python"] == "3.12.1"
    before = machine.log()
    assert environment.home() == house(machine) and machine.log() == before
    with pytest.raises(TutorialError, match="never built"):
        environment.home("1.15")


def test_where_no_python_3_7_is_to_be_had_it_says_so_and_takes_2(machine, capsys):
    machine.python("python3.11", "3.11.2")
    assert environment.home() == house(machine)
    assert "No Python 3.7 can be had" in capsys.readouterr().err
    assert marker(machine)["tensorflow"] == "2"


def test_windows_is_refused_in_one_sentence(machine, monkeypatch):
    monkeypatch.setattr(environment.os, "name", "nt")
    with pytest.raises(TutorialError, match="WSL 2"):
        environment.setup()


def test_the_report_names_what_runs_where(machine):
    machine.python("python3.7", "3.7.16")
    lines = environment.device_report().splitlines()
    assert len(lines) == 3
    assert lines[1].split() == ["TensorFlow", "1.15.0", "(.venv/bin/python)"]
    assert lines[2].endswith("cores. No NVIDIA GPU here: training runs on the CPU.")
