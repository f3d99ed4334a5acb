"""Cases as stories, each in a process and on a LAN of its own, several at a time.

    @case("a node that dies in silence is replaced after three adverts")
    def silent_death(lan): ...

    if __name__ == "__main__":
        main()
"""

import argparse
import dataclasses
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import traceback

from .lan import Lan, LabError, become_root, sweep
from .waiting import PATIENCE


@dataclasses.dataclass
class Case:
    story: str
    function: object
    nodes: tuple
    seconds: int  # PATIENCE times this: then it is hopeless
    alone: bool  # it takes what the others need, the processors

    @property
    def name(self):
        return f"{self.function.__module__}.{self.function.__name__}"


_cases = []


def case(story, nodes=("lb-1", "lb-2"), seconds=60, alone=False, **arguments):
    """Registers a function of a Lan (and `arguments`) as a case; `alone`: runs beside no other."""
    def register(function):
        def run(lan):
            function(lan, **arguments)
        run.__module__ = function.__module__
        words = [function.__name__, *map(str, arguments.values())]
        run.__name__ = "_".join(words).replace(" ", "-")
        _cases.append(Case(story, run, nodes, seconds, alone))
        return function
    return register


def _leave(*_):
    raise SystemExit("ended by a signal")


def _run_here(chosen):
    """Runs one case in this process; its failure is told with the logs of the daemons."""
    signal.signal(signal.SIGTERM, _leave)
    with Lan(*chosen.nodes) as lan:
        try:
            chosen.function(lan)
        except BaseException:
            traceback.print_exc(file=sys.stdout)
            for node in lan.nodes:
                for daemon in node.daemons:
                    print(f"--- log of {daemon.name} on {node.name}")
                    print(daemon.last_words())
            sys.stdout.flush()
            return 1
    return 0


class _Running:
    def __init__(self, chosen):
        self.case = chosen
        self.output = tempfile.TemporaryFile("w+")
        self.started = time.monotonic()
        self.process = subprocess.Popen([sys.executable, sys.argv[0], "--here", chosen.name],
                                        stdout=self.output, stderr=self.output,
                                        stdin=subprocess.DEVNULL)

    def finished(self):
        limit = PATIENCE * self.case.seconds
        if self.process.poll() is None and self.seconds() > limit:
            self.end(f"did not end within {limit} s")
        return self.process.poll() is not None

    def end(self, why):
        """Lets it clean up; `why` goes to its output."""
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.output.write(why + "\n")

    def seconds(self):
        return time.monotonic() - self.started

    def tell(self):
        passed = self.process.returncode == 0
        print(f"{'ok  ' if passed else 'FAIL'} {self.seconds():6.1f} s  {self.case.story}"
              + ("" if passed else f"  [{self.case.name}]"), flush=True)
        if not passed:
            self.output.seek(0)
            print("".join("      " + line for line in self.output.readlines()), flush=True)
        return passed


def _run_all(cases, jobs):
    waiting = sorted(cases, key=lambda one: (one.alone, -one.seconds))
    running, passed, failed = [], 0, 0
    try:
        while waiting or running:
            while waiting and len(running) < (1 if waiting[0].alone else jobs):
                running.append(_Running(waiting.pop(0)))
            for one in [one for one in running if one.finished()]:
                running.remove(one)
                if one.tell():
                    passed += 1
                else:
                    failed += 1
            time.sleep(0.02)
    finally:
        for one in running:
            one.end("interrupted")
        sweep()
    print(f"{passed} passed, {failed} failed")
    return 0 if failed == 0 else 1


def main():
    parser = argparse.ArgumentParser(description="Runs the cases whose name or story matches.")
    parser.add_argument("pattern", nargs="?", default="", help="regular expression")
    parser.add_argument("-j", "--jobs", type=int, default=4, help="cases at a time (default 4)")
    parser.add_argument("-l", "--list", action="store_true", help="only list the cases")
    parser.add_argument("--here", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.here:
        sys.exit(_run_here(next(one for one in _cases if one.name == arguments.here)))
    chosen = [one for one in _cases
              if re.search(arguments.pattern, f"{one.name} {one.story}", re.IGNORECASE)]
    if arguments.list:
        print("\n".join(f"{one.name:48} {one.story}" for one in chosen))
        sys.exit(0)
    try:
        become_root()
    except LabError as error:
        sys.exit(f"{error}\n0 passed, {len(chosen)} failed")
    signal.signal(signal.SIGTERM, _leave)
    try:
        if not chosen:
            sys.exit(f"no case matches {arguments.pattern}")
        sys.exit(_run_all(chosen, arguments.jobs))
    except KeyboardInterrupt:
        sys.exit(130)
