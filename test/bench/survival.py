"""What a client and the LAN go through when a node is stopped, killed, frozen, split off or burnt.

One VIP, adverts of 100 ms, a client with a packet every millisecond and an observer that asks every
2 ms who holds the VIP. All results are seconds, except where a name says otherwise.
"""

import contextlib
import subprocess
import time

from bench.contest import WORSE, Match, routers
from lab import busy_processes, elapse, hold, wait_until

INTERVAL_MS = 100
INTERVAL = INTERVAL_MS / 1000
PATIENCE = 6  # seconds, after which an address that is still there counts as there for ever
SKEW = routers(1, INTERVAL_MS)[0].skew(WORSE)
LIMIT = routers(1, INTERVAL_MS)[0].down_interval(WORSE)


class Stage(contextlib.ExitStack):
    """A match with its client and observer, settled. `since` is the moment before the fault."""

    def __init__(self, lan, contestant, worse=None, interval_ms=INTERVAL_MS):
        super().__init__()
        self.lan = lan
        self.match = self.enter_context(
            Match(lan, contestant, routers(1, interval_ms), worse))
        self.a, self.b = lan.nodes
        self.vip = self.match.vips[0]
        self.first, self.second = self.match.daemons
        self.client = self.enter_context(lan.client.probe(self.vip))
        self.observer = self.enter_context(
            lan.observer.probe(self.vip, interval_ms=1000, ask_holders_ms=2))
        self.answers(self.a)
        self.wait(lambda: self.heard(self.a)["count"] >= 5, "the better one advertises")
        self.since = self.client.report().now

    def wait(self, condition, what, seconds=20):
        return wait_until(condition, seconds, what)

    def answers(self, node):
        self.wait(lambda: self.client.report().vip().answering(node.mac()),
                  f"the VIP answers from {node.name}")

    def heard(self, node):
        adverts = self.client.report().adverts_of(node.address())
        assert adverts, f"{node.name} is not heard"
        return adverts[0]

    def pass_by(self, seconds):
        """Packets on their way are judged, holders asked."""
        elapse(seconds)

    def cost(self):
        """What the client lost since the fault, and for how long there were two holders."""
        self.pass_by(0.3)
        outages = [one for one in self.client.report().vip().outages
                   if one["start"] >= self.since - 0.002]
        return {"outage": sum(one["length"] for one in outages),
                "lost": sum(one["lost"] for one in outages),
                "two": sum(self.observer.report().two_holders())}

    def forget_leftovers(self):
        """What a killed daemon left behind, which only it would remove."""
        self.a.run("ip", "address", "del", f"{self.vip}/32", "dev", "eth0", check=False)


def stopped(lan, contestant):
    with Stage(lan, contestant) as stage:
        stage.first.terminate()
        stage.answers(stage.b)
        stage.first.process.wait(20)
        return stage.cost()


def drained(lan, contestant):
    """Maintenance. keepalived knows no drain; its users stop it."""
    with Stage(lan, contestant) as stage:
        if contestant == "keelvip":
            stage.first.cli("drain", "--state", stage.first.state)
        else:
            stage.first.terminate()
        stage.answers(stage.b)
        return stage.cost()


def worker_killed(lan, contestant):
    with Stage(lan, contestant) as stage:
        stage.first.kill_worker()
        stage.pass_by(2)
        result = stage.cost()
        stage.first.kill()
        stage.forget_leftovers()
        return result


def _left_alone(stage, begin):
    """Once the node speaks no more: how long it keeps the address, and what that costs."""
    stage.wait(lambda: not stage.a.holds(stage.vip) or time.time() > begin + PATIENCE,
               "the address is gone, or will never go")
    kept = min(time.time() - begin, PATIENCE)
    if kept < PATIENCE:
        stage.pass_by(1)  # whoever still asks the dead node finds out
    return stage.cost() | {"kept": kept}


def all_killed(lan, contestant):
    with Stage(lan, contestant) as stage:
        begin = time.time()
        stage.first.kill()
        result = _left_alone(stage, begin)
        stage.forget_leftovers()
        return result


def all_frozen(lan, contestant):
    with Stage(lan, contestant) as stage:
        begin = time.time()
        stage.first.freeze()
        result = _left_alone(stage, begin)
        stage.first.kill()
        stage.forget_leftovers()
        return result


class _Switch:
    """An `ip` that waits for orders: they take effect within a fraction of a millisecond."""

    def __init__(self, lan):
        self._ip = subprocess.Popen(["ip", "-n", lan.switch, "-force", "-batch", "-"], text=True,
                                    stdin=subprocess.PIPE)

    def order(self, line):
        self._ip.stdin.write(line + "\n")
        self._ip.stdin.flush()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._ip.stdin.close()
        self._ip.wait()


def _heal_before(stage, switch, first):
    """Heals when the next advert to cross is that of node `first`; False if it came otherwise."""
    # Both keep their beat: the better one's is that of its last advert before the split.
    beats = {node: stage.heard(node)["last"] for node in (stage.a, stage.b)}

    def due(node, now):
        return -(now - beats[node]) % INTERVAL

    def now_is_right():
        now = time.time()
        other = stage.b if first is stage.a else stage.a
        return 0.004 < due(first, now) < due(other, now) - 0.002
    wait_until(now_is_right, 5, "a gap between the adverts", every=0.0005)
    stage.since = time.time()
    switch.order(f"link set {stage.lan.port(stage.a)} master br0")
    stage.wait(lambda: stage.heard(stage.a)["last"] > stage.since, "the better one is heard again")
    begins = next(one["time"] for one in stage.client.report().elections_since(stage.since)
                  if one["source"] == stage.a.address())
    crossed_first = begins - stage.since < due(stage.b, stage.since)
    return crossed_first == (first is stage.a)


def healed(lan, contestant, winner_first, worse=None):
    """A split that left two holders ends; whose advert crosses first is chosen."""
    for _ in range(8):
        with Stage(lan, contestant, worse) as stage, _Switch(lan) as switch:
            lan.cut(stage.a)
            stage.answers(stage.b)
            stage.pass_by(5 * INTERVAL)
            if _heal_before(stage, switch, stage.a if winner_first else stage.b):
                stage.wait(lambda: not stage.b.holds(stage.vip), "the worse one yields")
                stage.answers(stage.a)
                return stage.cost()
    raise AssertionError("adverts never crossed in the order that was wanted")


def flapping(lan, contestant):
    with Stage(lan, contestant) as stage:
        end = time.monotonic() + 5
        while time.monotonic() < end:
            lan.unplug(stage.a)
            stage.pass_by(0.025)
            lan.plug(stage.a)
            stage.pass_by(0.025)
        back = time.time()
        stage.answers(stage.a)
        return stage.cost() | {"back": _first_answer(stage, stage.a, back) - back}


def recreated(lan, contestant):
    with Stage(lan, contestant) as stage:
        stage.a.ip("link", "delete", "eth0")
        stage.answers(stage.b)
        lan.add_interface(stage.a)
        back = time.time()
        stage.answers(stage.a)
        return stage.cost() | {"back": _first_answer(stage, stage.a, back) - back}


def _first_answer(stage, node, since):
    takeover = stage.client.report().vip().takeover(node.mac())
    return max(takeover["first"], since)


def burnt(lan, contestant, seconds):
    """Adverts of 10 ms while 8 processes burn the cores: false failovers, and the worst gap."""
    with Stage(lan, contestant, interval_ms=10) as stage:
        with busy_processes(8):
            stage.since = stage.client.report().now
            hold(lambda: stage.first.running() and stage.second.running(), seconds,
                 "a daemon ended", every=0.5)
            report = stage.client.report()
        takeovers = [one for one in report.elections_since(stage.since)
                     if one["source"] == stage.b.address() and one["priority"]]
        return {"failovers": len(takeovers), "gap": stage.heard(stage.a)["longest_gap"]}
