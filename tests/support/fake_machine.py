"""A machine made of scripts: interpreters, pip, uv, micromamba and nvidia-smi that only pretend.

The fakes are Python scripts on a PATH of their own; each finds what it is to say in a JSON file beside it.
"""

import json
import os
import shutil
import sys

from tools.horovod import started_by

REAL_PYTHON = sys.executable
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# Pretends to be a Python: answers the probe, makes environments (copies of itself), and has a pip that
# "installs" the pins of a lock file by writing them down.
PYTHON = r"""
import json, os, re, shutil, sys, time
me = os.path.abspath(sys.argv[0])
facts_file = me + ".json"
with open(facts_file) as file:
    facts = json.load(file)
arguments = [a for a in sys.argv[1:] if a != "-I"]
def log(line):
    if os.environ.get("FAKE_LOG"):
        with open(os.environ["FAKE_LOG"], "a") as file:
            file.write(line + "\n")
def become(folder, versions):
    os.makedirs(os.path.join(folder, "bin"), exist_ok=True)
    os.makedirs(os.path.join(folder, "lib", "python3.7", "site-packages"), exist_ok=True)
    python = os.path.join(folder, "bin", "python")
    shutil.copy(me, python)
    with open(python + ".json", "w") as file:
        json.dump(dict(facts, versions=versions), file)
if not facts.get("runs", True):
    sys.exit("pyenv: python3.7: command not found")
if arguments[0] == "-c":
    if "implementation" in arguments[1]:
        names = arguments[2:]
        print(json.dumps(dict(facts, versions={name: facts["versions"].get(name) for name in names})))
    elif "tensorflow" in arguments[1]:
        print(os.environ.get("FAKE_TENSORFLOW_GPUS", "0"))
    else:
        sys.argv = ["-c"] + arguments[2:]
        exec(arguments[1])
elif arguments[:2] == ["-m", "venv"]:
    log("venv " + facts["python"])
    become(arguments[2], {})
elif arguments[:3] == ["-m", "pip", "install"]:
    log("pip " + " ".join(arguments[3:]))
    if "--target" in arguments:
        target = arguments[arguments.index("--target") + 1]
        os.makedirs(os.path.join(target, "bin"))
        shutil.copy(os.path.join(os.path.dirname(me), "uv.template"), os.path.join(target, "bin", "uv"))
        sys.exit()
    if "-q" not in arguments:
        if os.environ.get("FAKE_PIP") == "hangs":
            print("Collecting tensorflow==1.15.0", flush=True)
            time.sleep(60)
        if os.environ.get("FAKE_PIP") == "fails":
            sys.exit("ERROR: Ignored the following versions: 1, 2\nERROR: No matching distribution found for x==1")
    with open(facts_file) as file:
        versions = json.load(file)["versions"]
    if "-r" in arguments:
        with open(arguments[arguments.index("-r") + 1]) as file:
            pins = re.findall(r"^([A-Za-z0-9._-]+)==([^ ;\\\n]+)", file.read(), flags=re.M)
    else:
        if "--no-index" in arguments and os.environ.get("FAKE_LOCAL_WHEELS") != "yes":
            sys.exit("ERROR: No matching distribution found")
        pins = [re.sub(r"\[.*\]", "", a).split("==") for a in arguments[3:] if "==" in a]
    for name, version in pins:
        print("Collecting %s==%s" % (name, version))
        print("  Downloading %s-%s.whl (1.0 MB)" % (name, version))
    print("Installing collected packages: " + ", ".join(name for name, _ in pins))
    for name, version in pins:
        versions[name] = versions[name.replace("-", "_")] = version
    with open(facts_file, "w") as file:
        json.dump(dict(facts, versions=versions), file)
else:
    sys.exit("the fake Python does not know %s" % arguments)
"""

UV = r"""
import os, shutil, sys
if os.environ.get("FAKE_UV") == "offline":
    sys.exit("error: Failed to download the interpreter")
home = os.environ["FAKE_HOME_BIN"]
version = sys.argv[-1]
folder = os.path.join(os.environ["UV_PYTHON_INSTALL_DIR"], "cpython-%s-linux" % version, "bin")
os.makedirs(folder)
name = "python" + version.rsplit(".", 1)[0]
shutil.copy(os.path.join(home, "python-for-uv"), os.path.join(folder, name))
shutil.copy(os.path.join(home, "python-for-uv.json"), os.path.join(folder, name + ".json"))
"""

MICROMAMBA = r"""
import json, os, shutil, sys
home = os.path.dirname(os.path.abspath(sys.argv[0]))
with open(os.environ["FAKE_LOG"], "a") as file:
    file.write("micromamba " + " ".join(sys.argv[1:]) + "\n")
if os.environ.get("FAKE_MICROMAMBA") == "fails":
    sys.exit("critical libmamba nothing provides python 3.7")
prefix = sys.argv[sys.argv.index("-p") + 1]
os.makedirs(os.path.join(prefix, "bin"))
os.makedirs(os.path.join(prefix, "lib"))
shutil.copy(os.path.join(home, "python-for-uv"), os.path.join(prefix, "bin", "python"))
shutil.copy(os.path.join(home, "python-for-uv.json"), os.path.join(prefix, "bin", "python.json"))
if "cudatoolkit=10.0" in sys.argv:
    for name in sys.argv[0] and json.loads(os.environ["FAKE_LIBRARIES"]):
        shutil.copy(os.environ["FAKE_LIBRARY"], os.path.join(prefix, "lib", name))
"""

NVIDIA_SMI = r"""
import json, os, sys
with open(os.path.abspath(sys.argv[0]) + ".json") as file:
    card = json.load(file)
if card.get("broken"):
    sys.exit(card["broken"])
fields = [a for a in sys.argv if a.startswith("--query-gpu=")][0].split("=")[1].split(",")
if "compute_cap" in fields and card["compute_cap"] is None:
    sys.exit('Field "compute_cap" is not a valid field to query.')
for capability in [card["compute_cap"]] * card.get("count", 1) + card.get("beside", []):
    print(", ".join(dict(card, compute_cap=capability)[field] for field in fields))
"""


class Machine:
    """Its own PATH (``bin``), home folder and copy of the project's requirements."""

    def __init__(self, folder):
        self.folder = str(folder)
        self.bin = os.path.join(self.folder, "bin")
        self.home = os.path.join(self.folder, "home")
        self.project = os.path.join(self.folder, "project")
        self.log_file = os.path.join(self.folder, "log")
        for made in (self.bin, self.home, self.project):
            os.makedirs(made)
        for name in os.listdir(ROOT):
            if name.startswith("requirements"):
                shutil.copy(os.path.join(ROOT, name), self.project)
        os.symlink(os.path.join(ROOT, "helpers"), os.path.join(self.project, "helpers"))
        self.variables = {
            "PATH": self.bin,
            "HOME": self.home,
            "FAKE_LOG": self.log_file,
            "FAKE_HOME_BIN": self.bin,
        }

    def script(self, name, code, folder=None, facts=None):
        path = os.path.join(folder or self.bin, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(started_by(REAL_PYTHON, " -SE") + code)
        os.chmod(path, 0o755)
        if facts is not None:
            with open(path + ".json", "w") as file:
                json.dump(facts, file)
        return path

    def python(self, name, version, folder=None, **facts):
        """Put a fake interpreter on the machine; ``runs=False`` makes it a shim that does not run."""
        known = {"python": version, "machine": "x86_64", "bits": 64, "pypy": False, "venv": True, "versions": {}}
        return self.script(name, PYTHON, folder, dict(known, **facts))

    def uv(self):
        """Let pip install a uv that has Python 3.7.9 to give."""
        self.python("python3", "3.9.2", versions={"pip": "20.3"})
        self.python("python-for-uv", "3.7.9")
        return self.script("uv.template", UV)

    def micromamba(self):
        self.python("python-for-uv", "3.7.12")
        return self.script("micromamba", MICROMAMBA)

    def gpu(self, name, compute_cap, driver="535.104.05", memory="15360 MiB", **more):
        card = {"name": name, "compute_cap": compute_cap, "driver_version": driver, "memory.total": memory}
        return self.script("nvidia-smi", NVIDIA_SMI, facts=dict(card, **more))

    def log(self):
        try:
            with open(self.log_file) as file:
                return file.read().splitlines()
        except FileNotFoundError:
            return []
