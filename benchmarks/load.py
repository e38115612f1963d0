"""Does time stay linear and memory flat?  The generator and the data builder over 2 GB, 100 files, a million documents.

    python -m benchmarks.load --megabytes 2000 --documents 1000000 --processes 1

Writes benchmarks/load.json and docs/load.png, which are committed files, and a table to stdout; works in build/load/,
which it removes.  Each series has three sizes, a hundredth, a tenth and the whole.  Takes about 15 minutes and 4 bytes
of disk for each byte of text.  Ends with code 1 when a series does not hold: see ``holds``.
"""

import argparse
import os
import shutil
import sys

import matplotlib.figure

from helpers.base import values
from helpers.base.errors import TutorialError
from helpers.base.files import write_aside, write_json
from helpers.data import sample_corpus

from . import data_build
from .processes import machine, measure
from .workload import Workload

PROJECT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FOLDER = os.path.join(PROJECT, "build", "load")
RESULTS = os.path.join(PROJECT, "benchmarks", "load.json")
PICTURE = os.path.join(PROJECT, "docs", "load.png")
PARTS = (100, 10, 1)
FILES = 100
DISK = 4  # bytes for each byte of text: one file, a hundred, and their examples
STEEPER = 1.25  # how much more a MB may cost, and how much more memory be held, at the whole than at a tenth
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")  # told apart by the colour-blind as well
WRITE = "import sys; from helpers.data import sample_corpus; sample_corpus.write(sys.argv[1], int(sys.argv[2]), 1)"


class Load:
    """The series, one after the other; ``measured`` has the rows of each, by size."""

    def __init__(self, megabytes, documents, processes, folder=FOLDER, say=lambda text: None):
        self.size, self.documents, self.processes = megabytes * 10**6, documents, processes
        self.folder, self._say = folder, say
        self.measured = {}
        os.makedirs(folder, exist_ok=True)
        free = shutil.disk_usage(folder).free
        if free < DISK * self.size:
            raise TutorialError(
                "%s has %.1f GB free and this takes %.1f GB: make room, or ask for fewer --megabytes"
                % (folder, free / 1e9, DISK * self.size / 1e9)
            )
        self._vocabulary = Workload(os.path.join(folder, "vocabulary"))

    def _add(self, series, row, **size):
        self.measured.setdefault(series, []).append(dict(row, **size))
        self._say("%-22s %s" % (series, ", ".join("%s %.4g" % item for item in sorted(dict(row, **size).items()))))

    def generator(self):
        """The built-in corpus, as one file; the largest is kept for the builder."""
        sample = os.path.join(self.folder, "sample.txt")
        sample_corpus.write(sample, 20000, seed=1)
        lines_a_byte = 20000 / os.path.getsize(sample)
        for part in PARTS:
            path = self._text("one-%d" % part)
            measured = measure([sys.executable, "-c", WRITE, path, str(int(self.size / part * lines_a_byte))])
            self._add("generator", data_build.row(measured), megabytes=os.path.getsize(path) / 1e6)

    def one_file(self):
        """The builder over one file of each size."""
        for part in PARTS:
            self._build("builder, one file", "one-%d" % part, files=1)

    def many_files(self):
        """The builder over 1, 10 and 100 files, each a hundredth of the text."""
        pieces = self._pieces(os.path.join(self.folder, "one-1", "text.txt"))
        for part in PARTS:
            folder = os.path.join(self.folder, "many-%d" % part)
            os.makedirs(folder, exist_ok=True)
            for piece in pieces[: FILES // part]:
                os.link(piece, os.path.join(folder, os.path.basename(piece)))
            self._build("builder, many files", "many-%d" % part, files=FILES // part)

    def short_documents(self):
        """The builder over documents of one line."""
        for part in PARTS:
            lines = sample_corpus.sentences(2)
            with write_aside(self._text("short-%d" % part)) as file:
                for _ in range(self.documents // part):
                    file.write(next(lines) + "\n\n")
            self._build("builder, documents of a line", "short-%d" % part, documents=self.documents // part)

    def _text(self, name):
        os.makedirs(os.path.join(self.folder, name), exist_ok=True)
        return os.path.join(self.folder, name, "text.txt")

    def _pieces(self, path):
        """Cut a text into a hundred files at the ends of lines; their paths."""
        folder = os.path.join(self.folder, "pieces")
        os.makedirs(folder, exist_ok=True)
        paths, size = [], os.path.getsize(path)
        with open(path, "rb") as whole:
            for number in range(FILES):
                paths.append(os.path.join(folder, "part-%03d.txt" % number))
                with open(paths[-1], "wb") as file:
                    shutil.copyfileobj(_Limited(whole, size * (number + 1) // FILES - whole.tell()), file, 1 << 20)
                    file.write(whole.readline())
        return paths

    def _build(self, series, name, **size):
        row = data_build.over(
            sys.executable, os.path.join(self.folder, name), self._vocabulary, self.folder, self.processes
        )
        self._add(series, row, **size)


class _Limited:
    """The next ``left`` bytes of a file."""

    def __init__(self, file, left):
        self._file, self._left = file, left

    def read(self, size):
        data = self._file.read(max(0, min(size, self._left)))
        self._left -= len(data)
        return data


def holds(rows):
    """Whether memory is flat and time linear, from a tenth to the whole; at less, the start is most of it."""
    before, after = rows[-2:]
    slope = (after["cpu_seconds"] / after["megabytes"]) / (before["cpu_seconds"] / before["megabytes"])
    return slope <= STEEPER and after["peak_mb"] <= STEEPER * before["peak_mb"]


def table(measured):
    """The rows as a Markdown table."""
    lines = ["| | MB of text | seconds | CPU seconds | MB of memory | MB a second |", "|---|---|---|---|---|---|"]
    for series, rows in measured.items():
        for row in rows:
            what = series if series == "generator" else _described(series, row)
            figures = [row[name] for name in ("megabytes", "seconds", "cpu_seconds", "peak_mb")]
            lines.append("| %s | %.3g | %.3g | %.3g | %.3g | %.3g |" % (what, *figures, figures[0] / figures[1]))
    return "\n".join(lines)


def _described(series, row):
    if "documents" in row:
        return "builder, %s documents of a line" % format(row["documents"], ",")
    return "builder, %d file%s" % (row["files"], "s" * (row["files"] > 1))


def draw(measured, path):
    """Processor time and memory against the size of the text, log-log."""
    figure = matplotlib.figure.Figure(figsize=(10, 4), facecolor="white")
    axes = figure.subplots(1, 2)
    for (series, rows), colour in zip(measured.items(), COLOURS):
        sizes = [row["megabytes"] for row in rows]
        for one, quantity in zip(axes, ("cpu_seconds", "peak_mb")):
            one.plot(sizes, [row[quantity] for row in rows], "o-", color=colour, label=series)
    rows = measured["generator"]
    ends = [rows[0]["megabytes"], rows[-1]["megabytes"]]
    seconds = rows[-1]["cpu_seconds"]
    axes[0].plot(ends, [seconds * end / ends[1] for end in ends], ":", color="0.4", label="linear")
    axes[0].set(xscale="log", yscale="log", xlabel="MB of text", ylabel="processor time, s", title="Time")
    axes[1].set(xscale="log", yscale="log", xlabel="MB of text", ylabel="MB of the largest process", title="Memory")
    axes[1].set_ylim(10, 1000)
    axes[0].legend(frameon=False)
    figure.tight_layout()
    with write_aside(path, "wb") as file:
        figure.savefig(file, format="png", dpi=120)


def main():
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.load", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--megabytes", type=int, default=2000, help="of text, at most (default: 2000)")
    parser.add_argument("--documents", type=int, default=1000000, help="of one line, at most (default: 1000000)")
    parser.add_argument("--processes", type=int, default=1, help="of the builder (default: 1)")
    parser.add_argument("--folder", type=values.given, default=FOLDER, help="where it works; removed at the end")
    parser.add_argument("--results", type=values.given, default=RESULTS, help="the JSON to write")
    parser.add_argument("--picture", type=values.given, default=PICTURE, help="the picture to write")
    arguments = parser.parse_args()
    try:
        if arguments.folder != FOLDER and os.path.isdir(arguments.folder) and os.listdir(arguments.folder):
            raise TutorialError(f"{arguments.folder} would be removed at the end, and something is in it: name another")
        load = Load(
            arguments.megabytes,
            arguments.documents,
            arguments.processes,
            arguments.folder,
            lambda text: print(text, file=sys.stderr, flush=True),
        )
        try:
            for series in (load.generator, load.one_file, load.many_files, load.short_documents):
                series()
        finally:
            shutil.rmtree(arguments.folder, ignore_errors=True)
    except TutorialError as error:
        print("error: %s" % error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    write_json(arguments.results, dict(machine=machine(), processes=arguments.processes, measured=load.measured))
    draw(load.measured, arguments.picture)
    print(table(load.measured))
    astray = [series for series, rows in load.measured.items() if not holds(rows)]
    if astray:
        print("neither flat nor linear: %s" % "; ".join(astray), file=sys.stderr)
    return 1 if astray else 0


if __name__ == "__main__":
    sys.exit(main())
