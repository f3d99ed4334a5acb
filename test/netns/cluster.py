"""A cluster of agents that share one VIP, and the words in which the stories are told."""

import dataclasses

from lab import Keelvip, VirtualRouter, wait_until

VIP = "192.168.0.254"
#: Slow enough that even a busy machine tells a skew, with SLACK, from three missed adverts.
WEB = VirtualRouter(vips=(f"{VIP}/24",), interval_ms=300)
#: What a busy machine may add to the protocol's time in a functional test.
SLACK = 0.75
#: An outage that is none, but for what a busy machine may do to the client itself. Where there is a
#: gap it lasts a skew, which is twice as long with SLOW.
GAPLESS = 0.2
SLOW = dataclasses.replace(WEB, interval_ms=1000)


class Cluster:
    """Keelvip on every node; priorities 200, 150, 100, ... A context manager."""

    def __init__(self, lan, router=WEB, priorities=None, start=True, **probe):
        self.lan = lan
        self.router = router
        self.priorities = priorities or {node.name: 200 - 50 * i
                                         for i, node in enumerate(lan.nodes)}
        self.agents = {node: Keelvip(node, router.yaml(self.priorities)) for node in lan.nodes}
        self.client = lan.client.probe(*router.vips, **probe)
        self._start = start

    def __enter__(self):
        self.client.__enter__()
        if self._start:
            for agent in self.agents.values():
                agent.start()
            self.answers(self.lan.nodes[0])
            # A healthy LAN is one on which the others have heard the Active.
            wait_until(lambda: self.advertises(self.lan.nodes[0]), 5)
        return self

    def __exit__(self, *_):
        self.client.stop()

    def agent(self, node):
        return self.agents[node]

    def answers(self, node, within=None):
        """Waits until every VIP answers from the node; returns the client's report."""
        def answered():
            report = self.client.report()
            for vip in report.vips:
                assert vip.answering(node.mac()), f"{vip.address} does not answer from {node.name}"
            return report
        return wait_until(answered, within or 2 * self.router.down_interval(100) + 5)

    def advertises(self, node):
        """Whether the node was the last one to advertise, with a priority above 0."""
        heard = max(self.client.report().adverts, key=lambda advert: advert["last"], default=None)
        return heard and heard["mac"] == node.mac() and heard["priority"] > 0

    def released(self, node, within=2):
        wait_until(lambda: not any(node.holds(vip) for vip in self.router.vips), within,
                   f"{node.name} has released the VIP")

    def outage_since(self, time):
        """The client's longest outage that began since then, in seconds."""
        return max((outage["length"] for vip in self.client.report().vips
                    for outage in vip.outages if outage["start"] >= time - 0.01), default=0)

    def unanswered_since(self, time):
        """All seconds since then without an answer of the VIP that has the most of them."""
        return max(sum(outage["length"] for outage in vip.outages if outage["start"] >= time - 0.01)
                   for vip in self.client.report().vips)

    def no_election_since(self, time):
        elections = self.client.report().elections_since(time)
        assert not elections, f"the wire saw an election: {elections}"


def says(agent, *words):
    """Whether one sentence of the status has all the words: every "no" has a reason to be read."""
    told = agent.explanations()
    assert any(all(word.lower() in sentence.lower() for word in words) for sentence in told), \
        f"/status does not say {' ... '.join(words)}, but: " + "; ".join(told)
    return True


def alone(lan, specs, **options):
    """An agent on the first node with these specs, started."""
    return Keelvip(lan.nodes[0], specs, **options).start()
