"""Measurements as a table and as a picture."""

import statistics

import matplotlib.figure

BETTER, REFERENCE = "#0072b2", "#d55e00"  # told apart by the colour-blind as well


def rows(measured):
    """``{name: {quantity: (median, lowest, highest)}}`` of ``{name: [{quantity: value}, …]}``."""
    summary = {}
    for name, rounds in measured.items():
        summary[name] = {}
        for quantity in rounds[0]:
            values = [row[quantity] for row in rounds]
            summary[name][quantity] = statistics.median(values), min(values), max(values)
    return summary


def ratios(summary):
    """What is compared with the reference: ``[(what, unit, ours, reference's, ratio)]`` of medians.

    A ratio above 1 says how many times faster we are (rates), one below 1 which share of its time or
    memory we need.  Empty where the reference was not measured.
    """
    compared = []

    def compare(what, unit, name, reference, quantity):
        if name in summary and reference in summary:
            ours, theirs = summary[name][quantity][0], summary[reference][quantity][0]
            compared.append((what, unit, ours, theirs, ours / theirs))

    compare("text to examples", "MB/s", "data, 1 process", "data, 1 process, reference", "rate")
    for name in summary:
        if name.startswith("training, TensorFlow"):
            version = name[len("training, ") :]
            compare("step, " + version, "s", name, "training, reference", "step_seconds")
            compare("to the first step, " + version, "s", name, "training, reference", "first_step_seconds")
            compare("peak memory, " + version, "MB", name, "training, reference", "peak_mb")
    return compared


def scaling(summary):
    """What a second processor brings: ``[(name, rate in MB/s, its ratio to one process's)]`` of medians.

    Two builds that share nothing show how much more this machine can do with two busy cores than with one.
    """
    found = []
    for name in summary:
        size = name.partition(" MB, ")[0]
        alone = size + " MB, 1 process"
        if name.endswith(("2 processes", "2 builds at once")) and alone in summary:
            rate = summary[name]["rate"][0]
            found.append((name, rate, rate / summary[alone]["rate"][0]))
    return found


def table(results):
    """Markdown: every quantity with its median and range, then the ratios."""
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
    compared = ratios(summary)
    if compared:
        lines += ["", "| Against google-research/electra | Ours | Its | Ratio |", "|---|---|---|---|"]
        lines += ["| %s | %.4g %s | %.4g %s | %.2f |" % (w, ours, u, its, u, r) for w, u, ours, its, r in compared]
    scaled = scaling(summary)
    if scaled:
        lines += ["", "| Against one process | MB/s | Ratio |", "|---|---|---|"]
        lines += ["| %s | %.4g | %.2f |" % row for row in scaled]
    return "\n".join(lines)


def draw(results, path):
    """Bars against the reference (where it was measured), and time and memory against the corpus' size."""
    from helpers.files import write_aside

    compared = [row for row in ratios(results["rows"]) if row[1] != "MB/s"]
    sizes = sorted(
        (rows["megabytes"][0], rows["seconds"], rows["peak_mb"][0])
        for name, rows in results["rows"].items()
        if name.startswith("data, ") and name.endswith(" MB, 1 process")
    )
    figure = matplotlib.figure.Figure(figsize=(10, 4), facecolor="white")
    if compared:
        axes = figure.add_subplot(121)
        axes.barh([row[0] for row in compared][::-1], [row[4] for row in compared][::-1], color=BETTER)
        axes.axvline(1, color=REFERENCE)
        axes.set(xlim=(0, 1.05), xlabel="share of its time or memory", title="Against google-research/electra")
    if sizes:
        axes = figure.add_subplot(122 if compared else 111)
        megabytes = [size for size, _, _ in sizes]
        medians = [seconds[0] for _, seconds, _ in sizes]
        spread = [[s[0] - s[1] for _, s, _ in sizes], [s[2] - s[0] for _, s, _ in sizes]]
        axes.errorbar(megabytes, medians, yerr=spread, marker="o", color=BETTER, label="seconds, one process")
        axes.plot(megabytes, [medians[-1] * m / megabytes[-1] for m in megabytes], ":", color="0.4", label="slope 1")
        axes.plot(megabytes, [peak for _, _, peak in sizes], "s--", color=REFERENCE, label="peak memory, MB")
        axes.set(xscale="log", yscale="log", xlabel="MB of text", ylabel="seconds; MB", title="Text to examples")
        axes.legend(frameon=False)
    figure.tight_layout()
    with write_aside(path, "wb") as file:
        figure.savefig(file, format="png", dpi=120)
