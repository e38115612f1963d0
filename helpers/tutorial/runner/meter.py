"""What the run of a notebook takes: seconds a cell, the first picture, memory, the machine's load."""

import os
import re
import threading
import time
from typing import Any, Dict, List, Mapping, Optional, Set

SECONDS_BETWEEN_LOOKS = 0.25  # at the memory in use
SHOWN = ("stream", "display_data", "update_display_data", "execute_result")


class Meter:
    """What a run took.

    ``seconds`` and ``first_sign``, until something was shown or the cell's end, for each code cell by its id;
    ``first_picture``, seconds from the start; ``memory_mb``, the peak of the kernel with its children; ``load``, how
    many processes of the whole machine wanted a core meanwhile, on average; ``total`` seconds.
    """

    def __init__(self) -> None:
        self.started = time.time()
        self.seconds: Dict[str, float] = {}
        self.first_sign: Dict[str, float] = {}
        self.first_picture: Optional[float] = None
        self.memory_mb = 0
        self._loads: List[float] = []
        self._cell_started: Optional[float] = None

    def begin(self) -> None:
        """A cell begins."""
        self._cell_started = time.time()

    def show(self, cell: Mapping[str, Any], message: Mapping[str, Any]) -> None:
        """The kernel has sent a message on behalf of a cell."""
        if message["msg_type"] in SHOWN and self._cell_started is not None:
            now = time.time()
            self.first_sign.setdefault(cell["id"], round(now - self._cell_started, 2))
            live = message["content"].get("transient", {}).get("display_id")  # of a curve that is drawn again and again
            if not live and "image/png" in message["content"].get("data", {}) and self.first_picture is None:
                self.first_picture = round(now - self.started, 1)

    def end(self, cell: Mapping[str, Any]) -> None:
        """A cell has ended."""
        if cell["cell_type"] == "code" and self._cell_started is not None:
            self.seconds[cell["id"]] = round(time.time() - self._cell_started, 2)
            self.first_sign.setdefault(cell["id"], self.seconds[cell["id"]])
        self._cell_started = None

    def watch(self, done: threading.Event) -> None:
        """Take note of memory and load until ``done`` is set."""
        while not done.wait(SECONDS_BETWEEN_LOOKS):
            if hasattr(os, "getloadavg"):
                self._loads.append(os.getloadavg()[0])
            self.memory_mb = max(self.memory_mb, sum(map(memory, descendants(os.getpid()))) // 1000)

    def report(self) -> Dict[str, Any]:
        """All that was measured, by name."""
        return dict(
            seconds=self.seconds,
            first_sign=self.first_sign,
            first_picture=self.first_picture,
            memory_mb=self.memory_mb,
            load=round(sum(self._loads) / max(1, len(self._loads)), 1),
            total=round(time.time() - self.started, 1),
        )


def descendants(root: int) -> Set[int]:
    """Ids of all processes below the process ``root``, from /proc; none where there is no /proc."""
    parents = {}
    for name in filter(str.isdigit, os.listdir("/proc") if os.path.isdir("/proc") else ()):
        try:
            with open(f"/proc/{name}/stat") as file:
                parents[int(name)] = int(file.read().rpartition(")")[2].split()[1])
        except (OSError, IndexError):
            continue
    found: Set[int] = set()
    fresh = {root}
    while fresh:
        fresh = {child for child, parent in parents.items() if parent in fresh} - found
        found |= fresh
    return found


def memory(process: int) -> int:
    """Kilobytes of memory of a process, what it shares with others counted in proportion (PSS)."""
    try:
        with open(f"/proc/{process}/smaps_rollup") as file:
            return int(re.search(r"^Pss:\s+(\d+)", file.read(), re.MULTILINE).group(1))
    except (OSError, AttributeError):
        return 0
