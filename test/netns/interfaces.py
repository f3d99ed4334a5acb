"""Interfaces come and go: carrier, down, deleted, recreated, renamed, absent."""

import dataclasses
import time

from lab import case, elapse, hold, wait_until
from netns.cluster import SLACK, VIP, WEB, Cluster, alone, says

THREE = dataclasses.replace(WEB, vips=("192.168.0.252/24", "192.168.0.253/24", f"{VIP}/24"))


@case("carrier lost: the other takes over, the node says why; carrier back: it returns")
def carrier(lan):
    a, b = lan.nodes
    with Cluster(lan) as cluster:
        lan.unplug(a)
        takeover = cluster.answers(b).vip().takeover(b.mac())
        assert takeover["first"] - takeover["other_advert"] < WEB.down_interval(150) + SLACK
        cluster.released(a)
        wait_until(lambda: says(cluster.agent(a), "fault", "eth0"), 5)
        lan.plug(a)
        cluster.answers(a)
        cluster.released(b)


@case("interface set down and up by the administrator")
def administrator(lan):
    a, b = lan.nodes
    with Cluster(lan) as cluster:
        a.ip("link", "set", "eth0", "down")
        cluster.answers(b)
        cluster.released(a)
        wait_until(lambda: says(cluster.agent(a), "fault", "eth0"), 5)
        a.ip("link", "set", "eth0", "up")
        cluster.answers(a)
        cluster.released(b)


@case("ten flaps of the carrier in a second end with the better node Active")
def flaps(lan):
    a, b = lan.nodes
    with Cluster(lan) as cluster:
        for _ in range(10):
            lan.unplug(a)
            lan.plug(a)
        cluster.answers(a)
        cluster.released(b)


@case("a link that flaps for 5 s: no VIP is lost, and the outage is that of one takeover")
def flapping(lan):
    a, b = lan.nodes
    with Cluster(lan, THREE) as cluster:
        since = cluster.client.report().now
        end = time.monotonic() + 5
        while time.monotonic() < end:
            lan.unplug(a)
            elapse(0.04)
            lan.plug(a)
            elapse(0.04)
        cluster.answers(a)
        cluster.released(b)
        unanswered = cluster.unanswered_since(since)
        assert unanswered < THREE.down_interval(150) + SLACK, f"{unanswered:.3f} s without answers"


@case("interface deleted and recreated under its name: the outage is that of one takeover")
def recreated(lan):
    a, b = lan.nodes
    with Cluster(lan, THREE) as cluster:
        since = cluster.client.report().now
        a.ip("link", "delete", "eth0")
        cluster.answers(b)
        wait_until(lambda: says(cluster.agent(a), "fault", "eth0"), 5)
        lan.add_interface(a)
        cluster.answers(a)
        cluster.released(b)
        unanswered = cluster.unanswered_since(since)
        assert unanswered < THREE.down_interval(150) + SLACK, f"{unanswered:.3f} s without answers"


@case("an interface deleted and recreated at once: no VIP is lost")
def recreated_at_once(lan):
    a, b = lan.nodes
    with Cluster(lan, THREE) as cluster:
        since = cluster.client.report().now
        for _ in range(3):
            a.ip("link", "delete", "eth0")
            lan.add_interface(a)
        cluster.answers(a)
        cluster.released(b)
        unanswered = cluster.unanswered_since(since)
        assert unanswered < THREE.down_interval(150) + SLACK, f"{unanswered:.3f} s without answers"


@case("interface renamed away: the VIP leaves it; renamed back: the node returns")
def renamed(lan):
    a, b = lan.nodes
    with Cluster(lan) as cluster:
        a.ip("link", "set", "eth0", "down")
        a.ip("link", "set", "eth0", "name", "lan0")
        a.ip("link", "set", "lan0", "up")
        cluster.answers(b)
        wait_until(lambda: not a.holds(VIP, "lan0"), 2, "the renamed interface lost the VIP")
        a.ip("link", "set", "lan0", "down")
        a.ip("link", "set", "lan0", "name", "eth0")
        a.ip("link", "set", "eth0", "up")
        cluster.answers(a)
        cluster.released(b)


@case("an interface that does not exist is waited for, and the agent says so")
def absent(lan):
    a = lan.nodes[0]
    a.ip("link", "delete", "eth0")
    agent = alone(lan, WEB.yaml({"lb-1": 100}))
    wait_until(lambda: says(agent, "fault", "eth0"), 5)
    assert agent.running()
    lan.add_interface(a)
    wait_until(lambda: a.holds(VIP), 5)


@case("an interface without an address is waited for, and the agent says so")
def no_address(lan):
    a = lan.nodes[0]
    a.ip("address", "flush", "dev", "eth0")
    agent = alone(lan, WEB.yaml({"lb-1": 100}))
    wait_until(lambda: says(agent, "fault", "address"), 5)
    hold(lambda: not a.holds(VIP), 0.5)
    a.ip("address", "add", f"{a.address()}/24", "dev", "eth0")
    wait_until(lambda: a.holds(VIP), 5)


@case("without an interface in the spec, the one whose subnet holds the address is used")
def found_by_subnet(lan):
    a = lan.nodes[0]
    text = dataclasses.replace(WEB, interface="nowhere").yaml({"lb-1": 100})
    alone(lan, text.replace("  interface: nowhere\n", ""))
    wait_until(lambda: a.holds(VIP), 5)
