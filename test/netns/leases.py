"""Addresses that outlive their agent by one lease, and no longer."""

import time

from lab import case, hold, wait_until
from netns.cluster import WEB, Cluster

LEASE = 3
#: For the poll of the test and a busy machine.
LATE = 1


def _lost_by_itself(cluster, node, since):
    for vip in WEB.vips:
        wait_until(lambda vip=vip: not node.holds(vip), LEASE + LATE + 5)
    took = time.monotonic() - since
    assert took < LEASE + LATE, f"the address was still there after {took:.1f} s"


@case("kill -9 of everything: the node loses the VIP by itself one lease later")
def killed(lan):
    a, b = lan.nodes
    with Cluster(lan) as cluster:
        since = time.monotonic()
        cluster.agent(a).kill()
        cluster.answers(b)
        _lost_by_itself(cluster, a, since)


@case("SIGSTOP of everything: the VIP is lost by itself; thawed, the agent does not claim it")
def frozen(lan):
    a, b = lan.nodes
    with Cluster(lan) as cluster:
        since = time.monotonic()
        cluster.agent(a).freeze()
        cluster.answers(b)
        _lost_by_itself(cluster, a, since)
        thawed = cluster.client.report().now
        cluster.agent(a).thaw()
        wait_until(lambda: cluster.advertises(a), 5)
        took = [advert["first"] for advert in cluster.client.report().adverts
                if advert["mac"] == a.mac() and advert["first"] > thawed]
        assert all(first - thawed > WEB.skew(200) for first in took), "it spoke before it listened"
        cluster.answers(a)


@case("a VIP is renewed all the time, and nobody notices")
def renewed(lan):
    a, _ = lan.nodes
    with Cluster(lan) as cluster:
        since = cluster.client.report().now
        hold(lambda: a.holds(WEB.vips[0]), 2 * LEASE)
        cluster.no_election_since(since)
        assert cluster.outage_since(since) < 0.05
        assert "forever" not in a.ip("-o", "address", "show", "to", WEB.vips[0].split("/")[0])
