"""Two contestants on the same LAN, in turn: how long clients wait, and what it costs."""

import contextlib
import itertools
import os
import statistics
import time

from lab import Keelvip, Keepalived, VirtualRouter, hold, wait_until

PER_SEGMENT = 250  # virtual routers; a segment has room for 255
NETWORKS = tuple(f"10.{9 + segment}.0.0/16" for segment in range(4))
BETTER, WORSE = 100, 50  # as in examples/two-nginx
CONTESTANTS = {"keelvip": Keelvip, "keepalived": Keepalived}


def routers(count, interval_ms):
    """`count` virtual routers of one VIP each, 250 to a segment."""
    return [VirtualRouter(name=f"vip-{i:04}", vips=(f"10.{9 + segment}.1.{vrid}/32",), vrid=vrid,
                          interval_ms=interval_ms, interface=f"eth{segment}")
            for i in range(count) for segment, vrid in [(i // PER_SEGMENT, i % PER_SEGMENT + 1)]]


_runs = itertools.count(1)


class Match:
    """Both nodes under one contestant, or the worse one under another. A context manager:
    afterwards the LAN is as before."""

    def __init__(self, lan, contestant, specs, worse=None):
        self.lan = lan
        self.specs = specs
        self.a, self.b = lan.nodes
        self.vips = [spec.vips[0].split("/")[0] for spec in specs]
        priorities = {self.a.name: BETTER, self.b.name: WORSE}
        self.daemons = [self._daemon(kind, node, priorities)
                        for kind, node in zip((contestant, worse or contestant), lan.nodes)]

    def _daemon(self, kind, node, priorities):
        name = f"{kind}-{next(_runs)}"
        if kind == "keelvip":
            return Keelvip(node, "---\n".join(spec.yaml(priorities) for spec in self.specs),
                           name=name)
        return Keepalived(node, "".join(spec.conf(priorities[node.name]) for spec in self.specs),
                          name=name)

    def __enter__(self):
        for daemon in self.daemons:
            daemon.start()
        self.settled()
        return self

    def __exit__(self, *_):
        for node in self.lan.nodes:
            self.lan.heal(node)
        for daemon in self.daemons:
            if daemon.running():
                daemon.terminate()
        for daemon in self.daemons:
            with contextlib.suppress(Exception):
                daemon.process.wait(20)
            daemon.kill()
            daemon.node.daemons.remove(daemon)
        wait_until(lambda: not any(map(self.held, self.lan.nodes)), 20, "all VIPs are gone")

    def held(self, node):
        """How many of the VIPs the node has."""
        segments = {spec.interface for spec in self.specs}
        have = {address.split("/")[0]
                for segment in segments for address in node.addresses(segment)}
        return len(have & set(self.vips))

    def settled(self):
        """Until the better node has all the VIPs and the other none, and start-up is over."""
        wait_until(lambda: self.held(self.a) == len(self.vips) and not self.held(self.b),
                   20 + 5 * self.specs[0].interval_ms / 1000, "the better node has all VIPs", 0.05)

    def limit(self):
        return self.specs[0].down_interval(WORSE)

    def takeovers(self, client):
        """Once every VIP answers from the other node: the beginning of those answers, per VIP."""
        mac = {f"eth{i}": self.b.mac(f"eth{i}") for i in range(len(self.lan.networks))}

        def all_answer():
            report = client.report()
            begins = [report.vip(vip).takeover(mac[spec.interface])
                      for vip, spec in zip(self.vips, self.specs)]
            return report if all(begins) else None

        report = wait_until(all_answer, 3 * self.limit() + 10,
                            "all VIPs answer from the other node", every=0.1)
        return report, [report.vip(vip).takeover(mac[spec.interface])
                        for vip, spec in zip(self.vips, self.specs)]


def one_failure(lan, contestant, interval_ms, graceful):
    """One VIP, one failure: the client's outage and, for a death, the share of the limit."""
    with Match(lan, contestant, routers(1, interval_ms)) as match:
        # At 10 ms adverts a packet a millisecond would be too coarse to tell 1 % from 3 %.
        with lan.client.probe(match.vips[0], interval_ms=min(1, interval_ms / 50)) as client:
            source = match.a.address()
            wait_until(lambda: any(advert["count"] >= 3 for advert
                                   in client.report().adverts_of(source)), 20)
            if graceful:
                match.daemons[0].terminate()
            else:
                lan.cut(match.a)
            report, (takeover,) = match.takeovers(client)
        return {"outage": report.vip().longest,
                "ratio": (takeover["first"] - takeover["other_advert"]) / match.limit()}


def many_failures(lan, contestant, count, graceful):
    """`count` VIPs at adverts of 100 ms fail over at once: when the first and the last answer."""
    with Match(lan, contestant, routers(count, 100)) as match:
        with lan.client.probe(*match.vips, interval_ms=count * 0.08, own_arp=True) as client:
            wait_until(lambda: all(vip.answering() for vip in client.report().vips), 20, every=0.1)
            wait_until(lambda: len(client.report().adverts) >= count, 20, every=0.1)
            if graceful:
                begin = match.daemons[0].terminate()
            else:
                lan.cut(match.a)
            report, takeovers = match.takeovers(client)
        first = [takeover["first"] for takeover in takeovers]
        beyond = max(takeover["first"] - takeover["other_advert"] for takeover in takeovers)
        result = {"spread": max(first) - min(first), "beyond": beyond - match.limit(),
                  "dropped": report.dropped}
        if graceful:
            result["until_last"] = max(first) - begin
        return result


def cost(lan, contestant, count, interval_ms, seconds):
    """CPU in percent of a core and memory in MB, of the master and of the backup."""
    with Match(lan, contestant, routers(count, interval_ms)) as match:
        hold(lambda: all(daemon.running() for daemon in match.daemons), 6, "a daemon ended")
        with lan.client.probe() as watch:
            before = [daemon.cpu_seconds() for daemon in match.daemons]
            start = time.monotonic()
            hold(lambda: all(daemon.running() for daemon in match.daemons), seconds,
                 "a daemon ended", every=seconds / 4)
            after = [daemon.cpu_seconds() for daemon in match.daemons]
            elapsed = time.monotonic() - start
            periods = [(one["last"] - one["first"]) / (one["count"] - 1)
                       for one in watch.report().adverts if one["count"] > 1]
        result = {"period": statistics.mean(periods) * 1000 / interval_ms}
        for role, used, daemon in zip(("master", "backup"),
                                      (b - a for a, b in zip(before, after)), match.daemons):
            result[f"cpu_{role}"] = 100 * used / elapsed
            result |= {f"{kind.lower()}_{role}": size for kind, size in daemon.memory().items()}
        return result


def cpu_model():
    with open("/proc/cpuinfo") as info:
        names = [line.split(":")[1].strip() for line in info if line.startswith("model name")]
    return f"{len(names) or os.cpu_count()} x {names[0] if names else 'processor'}"
