"""Probe: lan_probe on a node, and its report as Python objects. Times are seconds since 1970."""

import dataclasses
import functools
import json
import os
import pathlib
import statistics
import subprocess

_ROOT = pathlib.Path(__file__).resolve().parents[2]


@functools.lru_cache
def lan_probe():
    """The program: LAN_PROBE, or one that was built, optimised rather than not."""
    if "LAN_PROBE" in os.environ:
        return os.environ["LAN_PROBE"]
    for preset in ("release", "dev", "*"):
        for built in _ROOT.glob(f"build/{preset}/test/lab/lan_probe"):
            return str(built)
    raise FileNotFoundError("lan_probe is not built: make lab")


def median(values):
    return statistics.median(values)


@dataclasses.dataclass
class Vip:
    """What the client knows of one VIP: see lan_record.h for the fields of the lists."""
    address: str
    sent: int
    lost: int
    longest: float
    outages: list
    answers: list
    claims: list

    def answering(self, mac=None):
        """Whether it answers now, from `mac` if given."""
        return bool(self.answers) and (mac is None or self.answers[-1]["mac"] == mac) and \
            not (self.outages and self.outages[-1]["end"] is None)

    def takeover(self, mac):
        """The latest beginning of answers from `mac`: first, and the last advert of others."""
        return next((stretch for stretch in reversed(self.answers) if stretch["mac"] == mac), None)


@dataclasses.dataclass
class Report:
    now: float
    realtime: bool
    ticks: int
    late_ticks: int
    dropped: int
    vips: list
    adverts: list
    elections: list
    holders: list

    def __post_init__(self):
        self.vips = [Vip(**vip) for vip in self.vips]

    def vip(self, address=None):
        address = (address or self.vips[0].address).split("/")[0]
        return next(vip for vip in self.vips if vip.address == address)

    def adverts_of(self, source):
        return [advert for advert in self.adverts if advert["source"] == source]

    def elections_since(self, time):
        return [election for election in self.elections if election["time"] > time]

    def speaker(self, vrid=None, v6=False):
        """The address that advertised last."""
        heard = [advert for advert in self.adverts
                 if vrid in (None, advert["vrid"]) and (":" in advert["source"]) == v6]
        return max(heard, key=lambda advert: advert["last"])["source"] if heard else None

    def two_holders(self):
        """Seconds during which two nodes held the same address, one entry a moment."""
        return [moment["last"] - moment["first"]
                for holder in self.holders for moment in holder["two_at_once"]]


class Probe:
    """A running lan_probe. Without VIPs it only listens to adverts."""

    def __init__(self, node, vips, interval_ms=1.0, own_arp=False, ask_holders_ms=0,
                 patience_ms=200):
        self._node = node
        self._command = [lan_probe(), "--interval-us", str(round(interval_ms * 1000)),
                         "--patience-ms", str(patience_ms)]
        for segment in range(len(node.lan.networks)):
            self._command += ["--interface", f"eth{segment}"]
        for vip in vips:
            self._command += ["--vip", vip.split("/")[0]]
        self._command += ["--own-arp"] * own_arp
        self._command += ["--ask-holders-ms", str(ask_holders_ms)] * (ask_holders_ms > 0)

    def __enter__(self):
        self._process = subprocess.Popen(self._node.command(*self._command), text=True,
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                         start_new_session=True)  # Ctrl-C is for us alone
        self.report()  # it listens now
        return self

    def __exit__(self, *_):
        self.stop()

    def report(self):
        """What it saw so far."""
        self._process.stdin.write("report\n")
        self._process.stdin.flush()
        return self._read()

    def stop(self):
        """Ends it and returns the last report (None the second time)."""
        if self._process.poll() is None and not self._process.stdin.closed:
            self._process.stdin.close()
            last = self._read()
            self._process.stdout.close()
            self._process.wait()
            return last
        return None

    def _read(self):
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"lan_probe ended with {self._process.wait()}")
        return Report(**json.loads(line))
