"""Load: a machine that has more to do than it can."""

import contextlib
import subprocess
import sys

from .lan import die_with_parent


@contextlib.contextmanager
def busy_processes(count):
    """Processes of normal priority that never rest; with more of them than cores all are burnt."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"],
                             preexec_fn=die_with_parent) for _ in range(count)]
    try:
        yield
    finally:
        for one in busy:
            one.kill()
            one.wait()
