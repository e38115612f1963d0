"""Measurements as a table and as a picture."""

import statistics
import textwrap

import matplotlib.figure

BLUE, ORANGE = "#0072b2", "#d55e00"  # told apart by the colour-blind as well
REFERENCE, PEER = (
    "training, reference",
    "training, PyTorch",
)  # rows of others; the second's name goes on, with a version
BEGIN, END = "<!-- measured by make bench -->", "<!-- end of what was measured -->"  # in README
RATIO = "%.2f (%.2f to %.2f)"  # median, lowest, highest


def rows(measured):
    """``{name: {quantity: (median, lowest, highest)}}`` of ``{name: [{quantity: value}, …]}``, an entry a round."""
    return {
        name: {quantity: _spread([row[quantity] for row in rounds]) for quantity in rounds[0]}
        for name, rounds in measured.items()
    }


def _spread(values):
    return statistics.median(values), min(values), max(values)


def _compared(measured, name, other, quantity):
    """``(median, other's median, (median, lowest, highest) of the ratios)``.

    Ratios are of one round each: a machine that is slower for some minutes is so for both.
    """
    ours, theirs = ([row[quantity] for row in measured[each]] for each in (name, other))
    spread = _spread([value / against for value, against in zip(ours, theirs)])
    return statistics.median(ours), statistics.median(theirs), spread


def ratios(measured, against=REFERENCE):
    """What is compared with the training ``against``: ``[(what, unit, ours, its, ratio)]``, see :func:`_compared`.

    A ratio above 1 says how many times faster we are (rates), one below 1 which share of its time or
    memory we need.  Empty where it was not measured.
    """
    found = []

    def compare(what, unit, name, reference, quantity):
        if name in measured and reference in measured:
            found.append((what, unit) + _compared(measured, name, reference, quantity))

    if against == REFERENCE:
        compare("text to examples", "MB/s", "data, 1 process", "data, 1 process, reference", "rate")
    for name in measured:
        if name.startswith("training, TensorFlow"):
            version = name[len("training, ") :]
            compare("step, " + version, "s", name, against, "step_seconds")
            compare("to the first step, " + version, "s", name, against, "first_step_seconds")
            compare("peak memory, " + version, "MB", name, against, "peak_mb")
    return found


def _others(measured):
    """``[(row, name of whose it is)]`` of those that something is compared with."""
    named = [(REFERENCE, "google-research/electra")]
    named += [(name, name[len("training, ") :]) for name in measured if name.startswith(PEER)]
    return [(row, called) for row, called in named if ratios(measured, row)]


def scaling(measured):
    """What a second processor brings: ``[(name, rate in MB/s, its ratio to one process's)]``.

    Two builds that share nothing show how much more this machine can do with two busy cores than with one.
    """
    found = []
    for name in measured:
        alone = name.partition(" MB, ")[0] + " MB, 1 process"
        if name.endswith(("2 processes", "2 builds at once")) and alone in measured:
            rate, _, ratio = _compared(measured, name, alone, "rate")
            found.append((name, rate, ratio))
    return found


def table(results):
    """Markdown: every quantity with its median and range, then the ratios to each other implementation."""
    summary = results["rows"]
    lines = [results["machine"] + ". " + results["workload"] + ".", ""]
    lines += ["| Measured | Quantity | Median | Lowest to highest |", "|---|---|---|---|"]
    units = dict(
        rate="a second (MB; lines of the corpus)", seconds="seconds", cpu_seconds="CPU seconds", peak_mb="MB at most",
        step_seconds="seconds a step", step_cpu_seconds="CPU seconds a step", start_seconds="seconds to start",
        first_step_seconds="seconds to the end of the first step", megabytes="MB of text",
    )  # fmt: skip
    for name, quantities in summary.items():
        for quantity, values in quantities.items():
            if quantity != "megabytes":
                lines.append("| %s | %s | %.4g | %.4g to %.4g |" % ((name, units[quantity]) + tuple(values)))
    compared = comparisons(results)
    return "\n".join(lines + ([""] + compared if compared else []))


def comparisons(results):
    """Lines of Markdown: the ratios to each other implementation, and to one process."""
    tables = []
    for against, called in _others(results["measured"]):
        rows = [
            "| %s | %.4g %s | %.4g %s | %s |" % (w, ours, u, its, u, RATIO % r)
            for w, u, ours, its, r in ratios(results["measured"], against)
        ]
        tables.append(["| Against %s | Ours | Its | Ratio |" % called, "|---|---|---|---|"] + rows)
    scaled = scaling(results["measured"])
    if scaled:
        rows = ["| %s | %.4g | %s |" % (name, rate, RATIO % ratio) for name, rate, ratio in scaled]
        tables.append(["| Against one process | MB/s | Ratio |", "|---|---|---|"] + rows)
    return "\n\n".join("\n".join(lines) for lines in tables).split("\n") if tables else []


def beside_pytorch(results):
    """The sentences that say how a step compares with PyTorch's, or "" where that was not measured."""
    measured = results["measured"]
    for against, called in _others(measured):
        found = {what: (ours, its, ratio[0]) for what, _, ours, its, ratio in ratios(measured, against)}
        steps = [what for what in found if what.startswith("step, ")]
        if not against.startswith(PEER) or not steps:
            continue
        said = []
        for what in steps:
            version = what[len("step, ") :]
            memory = found["peak memory, " + version]
            said.append("with %s %.0f%% of its time (%.2g s against %.2g s) and %.0f%% of its memory" % (
                version, 100 * found[what][2], found[what][0], found[what][1], 100 * memory[2]
            ))  # fmt: skip
        return (
            "And beside today's PyTorch? A step takes, of the same step in plain %s and transformers "
            "(benchmarks/torch_peer.py) in the same run, %s." % (called, ", ".join(said))
        )
    return ""


def in_readme(text, results):
    """README's ``text`` with what was measured between its two marks; raises ValueError where these are missing."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise ValueError("README.md lacks the marks %s and %s" % (BEGIN, END))
    said = beside_pytorch(results)
    lines = (textwrap.wrap(said, 118) + [""] if said else []) + comparisons(results)
    return "".join([before, begin, "\n\n", "\n".join(lines), "\n\n", end, after])


def draw(results, path):
    """Bars against the reference (where it was measured), and time and memory against the corpus' size."""
    from helpers.base.files import write_aside

    compared = [row for row in ratios(results["measured"]) if row[1] != "MB/s"][::-1]
    sizes = sorted(
        (rows["megabytes"][0], rows["seconds"], rows["peak_mb"][0])
        for name, rows in results["rows"].items()
        if name.startswith("data, ") and name.endswith(" MB, 1 process")
    )
    figure = matplotlib.figure.Figure(figsize=(10, 4), facecolor="white")
    if compared:
        axes = figure.add_subplot(121)
        shares = [row[4] for row in compared]
        reach = [[share[0] - share[1] for share in shares], [share[2] - share[0] for share in shares]]
        axes.barh([row[0] for row in compared], [share[0] for share in shares], xerr=reach, color=BLUE)
        axes.axvline(1, color=ORANGE)
        axes.set(xlim=(0, 1.05), xlabel="share of its time or memory", title="Against google-research/electra")
    if sizes:
        axes = figure.add_subplot(122 if compared else 111)
        megabytes = [size for size, _, _ in sizes]
        medians = [seconds[0] for _, seconds, _ in sizes]
        spread = [[s[0] - s[1] for _, s, _ in sizes], [s[2] - s[0] for _, s, _ in sizes]]
        axes.errorbar(megabytes, medians, yerr=spread, marker="o", color=BLUE, label="seconds, one process")
        axes.plot(megabytes, [medians[-1] * m / megabytes[-1] for m in megabytes], ":", color="0.4", label="slope 1")
        axes.plot(megabytes, [peak for _, _, peak in sizes], "s--", color=ORANGE, label="peak memory, MB")
        axes.set(xscale="log", yscale="log", xlabel="MB of text", ylabel="seconds; MB", title="Text to examples")
        axes.legend(frameon=False)
    figure.tight_layout()
    with write_aside(path, "wb") as file:
        figure.savefig(file, format="png", dpi=120)
