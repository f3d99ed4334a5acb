"""Witnesses: whether the machine gave its processors to those who may not wait for them.

The host of a virtual machine takes a processor away now and then, from a real-time process, too.
What happens then says nothing of the daemons under test. Times are seconds since 1970.
"""

import contextlib
import dataclasses
import gc
import os
import subprocess
import sys
import time

from .lan import die_with_parent
from .waiting import elapse

_TICK = 0.001
#: What a busy kernel may take; less is not told.
_TOLD = 0.005


@dataclasses.dataclass
class Withheld:
    """A time during which a processor ran nobody."""
    processor: int
    start: float
    end: float

    def length(self):
        return self.end - self.start


def _read(line):
    processor, start, end = line.split()
    return Withheld(int(processor), float(start), float(end))


class Witnesses:
    """On every processor a process that is to run each millisecond, before all others. A context
    manager."""

    def __enter__(self):
        self._withheld = []
        self._processes = [
            subprocess.Popen([sys.executable, "-m", "lab.witness", str(processor)],
                             cwd=os.path.dirname(os.path.dirname(__file__)), bufsize=0,
                             stdout=subprocess.PIPE, preexec_fn=die_with_parent)
            for processor in sorted(os.sched_getaffinity(0))]
        for process in self._processes:
            if not process.stdout.readline():
                raise RuntimeError("a witness needs real-time priority")
            os.set_blocking(process.stdout.fileno(), False)
        return self

    def withheld(self, at_least):
        """All such times so far that lasted `at_least` so many seconds."""
        for process in self._processes:
            assert process.poll() is None, "a witness has ended"
            with contextlib.suppress(BlockingIOError):
                while told := os.read(process.stdout.fileno(), 65536):
                    self._withheld += map(_read, told.decode().splitlines())
        return [one for one in self._withheld if one.length() >= at_least]

    def __exit__(self, *_):
        for process in self._processes:
            process.kill()
            process.wait()
            process.stdout.close()


def _watch(processor):
    os.sched_setaffinity(0, {processor})
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(os.sched_get_priority_max(os.SCHED_FIFO)))
    gc.disable()
    print("watching", flush=True)
    last = time.time()
    while True:
        elapse(_TICK)
        now = time.time()
        if now - last > _TICK + _TOLD:
            print(f"{processor} {last:.6f} {now:.6f}", flush=True)
        last = now


if __name__ == "__main__":
    _watch(int(sys.argv[1]))
