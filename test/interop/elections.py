"""Keelvip and keepalived elect, preempt, resign and die in one virtual router, in every dialect.

Each story runs with Keelvip as the better router and again with keepalived as the better one.
LAB_KEELVIP=keepalived puts keepalived in Keelvip's place, which tests the laboratory itself.
"""

import dataclasses
import os

from lab import Nginx, VirtualRouter, case, wait_until

_V6_VIPS = ("fe80::254/64", "fd00::254/64")
DIALECTS = {
    "v2": VirtualRouter(version=2, interval_ms=1000),
    "v2-simple-text": VirtualRouter(version=2, interval_ms=1000, password="12345678"),
    "v3": VirtualRouter(version=3, interval_ms=300),
    "v3-ipv6": VirtualRouter(version=3, interval_ms=300, vips=_V6_VIPS),
}
BETTER, WORSE = 200, 100
#: What a handover may take beyond the protocol's time on a busy machine; with the skew still less
#: than three missed adverts.
SLACK = 0.75
#: An outage that is none; a gap would last a skew.
GAPLESS = 0.15


class Pair:
    """The two routers of a story and the client that watches."""

    def __init__(self, lan, dialect, better):
        self.router = DIALECTS[dialect]
        self.vip = self.router.vips[-1]
        self.a, self.b = lan.nodes
        priorities = {self.a.name: BETTER, self.b.name: WORSE}
        worse = "keepalived" if better == "keelvip" else "keelvip"
        self.daemon_a = self._daemon(better, self.a, priorities)
        self.daemon_b = self._daemon(worse, self.b, priorities)
        self.client = lan.client.probe(self.vip)

    def _daemon(self, kind, node, priorities):
        if kind == "keelvip":
            kind = os.environ.get("LAB_KEELVIP", "keelvip")
        return getattr(self.router, kind)(node, priorities)

    def down_interval(self):
        return self.router.down_interval(WORSE)

    def answers(self, node):
        """Until the client is answered by the node, and only the node advertises."""
        def answered():
            report = self.client.report()
            assert report.vip().answering(node.mac()), f"the VIP does not answer from {node.name}"
            source = report.speaker(self.router.vrid, ":" in self.vip)
            macs = [advert["mac"] for advert in report.adverts_of(source)]
            assert macs == [node.mac()], f"{source} advertises, not {node.name}"
            return report
        return wait_until(answered, 2 * self.down_interval() + 5)

    def longest_outage_since(self, time, at_most):
        """The client's longest outage that began after `time` is within the protocol's limit."""
        outages = [outage["length"] for outage in self.client.report().vip().outages
                   if outage["start"] > time - 0.01]
        longest = max(outages, default=0)
        assert longest <= at_most + SLACK, f"outage of {longest:.3f} s, {at_most:.3f} s allowed"


def _both_ways(story):
    def register(function):
        for dialect in DIALECTS:
            for better in ("keelvip", "keepalived"):
                worse = "keepalived" if better == "keelvip" else "keelvip"
                case(f"{dialect}, {better} before {worse}: {story}", dialect=dialect,
                     better=better)(function)
        return function
    return register


@_both_ways("the better one is elected, resigns, comes back and preempts")
def election(lan, dialect, better):
    pair = Pair(lan, dialect, better)
    with pair.client:
        pair.daemon_b.start()
        pair.answers(pair.b)
        pair.daemon_a.start()
        report = pair.answers(pair.a)
        pair.longest_outage_since(report.vip().answers[0]["first"], 0)

        stopped = pair.daemon_a.terminate()
        pair.answers(pair.b)
        pair.longest_outage_since(stopped, pair.router.skew(WORSE))
        resigned = pair.client.report().adverts_of(_source(pair, pair.a))
        assert sum(advert["resigned"] for advert in resigned) >= 1, "no advert of priority 0"
        wait_until(lambda: not pair.a.holds(pair.vip), 2)

        pair.daemon_a.process.wait(40)
        started = pair.client.report().now
        pair.daemon_a.start()
        pair.answers(pair.a)
        pair.longest_outage_since(started, 0)
        wait_until(lambda: not pair.b.holds(pair.vip), 2)


@_both_ways("the worse one resigns and comes back, and nobody notices")
def backup_leaves(lan, dialect, better):
    pair = Pair(lan, dialect, better)
    with pair.client:
        pair.daemon_a.start()
        pair.daemon_b.start()
        since = pair.answers(pair.a).now
        pair.daemon_b.stop()
        pair.daemon_b.start()
        pair.daemon_b.kill()
        pair.daemon_b.start()
        end = pair.client.report().now + 2 * pair.down_interval()
        wait_until(lambda: pair.client.report().now > end, 30)
        report = pair.client.report()
        assert not report.elections_since(since), report.elections_since(since)
        pair.longest_outage_since(since, 0)


@_both_ways("the better one is killed, its address stays and answers; it comes back")
def killed(lan, dialect, better):
    pair = Pair(lan, dialect, better)
    with pair.client:
        pair.daemon_a.start()
        pair.daemon_b.start()
        pair.answers(pair.a)
        killed_at = pair.client.report().now
        pair.daemon_a.kill()
        pair.answers(pair.b)
        pair.longest_outage_since(killed_at, pair.down_interval())

        pair.daemon_a.start()
        pair.answers(pair.a)
        wait_until(lambda: not pair.b.holds(pair.vip), 2)
        # Now the worse one, while it holds the address.
        pair.daemon_a.stop()
        pair.answers(pair.b)
        pair.daemon_b.kill()
        pair.daemon_a.start()
        pair.answers(pair.a)
        pair.daemon_b.start()
        wait_until(lambda: not pair.b.holds(pair.vip), 5, "leftovers are removed at start")


@_both_ways("a silent death is noticed after three adverts; a healed split ends, and no client is lost")
def silent_death(lan, dialect, better):
    pair = Pair(lan, dialect, better)
    with pair.client:
        pair.daemon_a.start()
        pair.daemon_b.start()
        pair.answers(pair.a)
        wait_until(lambda: pair.client.report().adverts_of(_source(pair, pair.a)), 5)
        lan.cut(pair.a)
        report = pair.answers(pair.b)
        takeover = report.vip().takeover(pair.b.mac())
        took = takeover["first"] - takeover["other_advert"]
        limit = pair.down_interval()
        assert limit * 0.99 < took < limit + SLACK, f"after {took:.3f} s, not {limit:.3f} s"

        healed = pair.client.report().now
        lan.heal(pair.a)
        wait_until(lambda: not pair.b.holds(pair.vip), limit + 2)
        assert pair.a.holds(pair.vip)
        # Whichever advert crosses first, and although keepalived yields in silence. A client that
        # keeps the loser's MAC address is lost for two seconds and more.
        pair.answers(pair.a)
        pair.longest_outage_since(healed, 0)


def _source(pair, node):
    """The address that a node advertises from."""
    if ":" not in pair.vip:
        return node.address()
    return next(address.split("/")[0] for address in sorted(node.addresses())
                if address.startswith("fe80") and not address.startswith("fe80::254/"))


def _demotion(lan, dialect):
    """Keelvip's check lowers its priority below keepalived's: the skew is all that it takes."""
    pair = Pair(lan, dialect, "keelvip")
    nginx = Nginx(pair.a).start()
    checks = ("[{name: nginx, httpGet: {port: 80, path: /}, periodMilliseconds: 100, "
              f"onFailure: {{action: LowerPriority, by: {BETTER - WORSE // 2}}}}}]")
    watched = dataclasses.replace(pair.router, checks=checks)
    pair.daemon_a.write(watched.yaml({pair.a.name: BETTER, pair.b.name: WORSE}))
    with pair.client:
        pair.daemon_a.start()
        pair.daemon_b.start()
        pair.answers(pair.a)
        since = pair.client.report().now
        nginx.kill()
        pair.answers(pair.b)
        resigned = [advert for advert in pair.client.report().adverts_of(_source(pair, pair.a))
                    if advert["resigned"]]
        assert resigned, "no advert of priority 0"
        pair.longest_outage_since(since, GAPLESS - SLACK)
        wait_until(lambda: not pair.a.holds(pair.vip), 2)
        assert pair.daemon_a.role() == "Backup"


for _dialect in ("v2", "v3"):
    case(f"{_dialect}: a check lowers Keelvip's priority: keepalived follows at once, without a gap",
         dialect=_dialect)(_demotion)
