"""Interfaces come and go: carrier, down, deleted, recreated, renamed, absent."""

import contextlib
import dataclasses
import pathlib
import re
import subprocess
import time

from lab import VirtualRouter, case, elapse, hold, wait_until
from lab.lan import die_with_parent
from netns.cluster import SLACK, SLOW, VIP, WEB, Cluster, alone, says

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


@case("a node that cannot join the group of VRRP does not stand for election, until it can")
def deaf(lan):
    a, b = lan.nodes
    groups = "net.ipv4.igmp_max_memberships"
    b.run("sysctl", "-qw", f"{groups}=0")
    with Cluster(lan, start=False) as cluster:
        first, second = (cluster.agent(node).start() for node in lan.nodes)
        cluster.answers(a)
        wait_until(lambda: says(second, "no advert can be heard", "eth0"), 5)
        assert second.node_status()["role"] == "Fault", second.node_status()
        hold(lambda: not b.holds(VIP), 2 * WEB.down_interval(150))
        b.run("sysctl", "-qw", f"{groups}=20")
        wait_until(lambda: second.role() == "Backup", 5)
        first.stop()
        cluster.answers(b)


@case("an advert that does not fit the interface keeps the node out, and it says why")
def large_advert(lan):
    a = lan.nodes[0]
    many = dataclasses.replace(WEB, vips=tuple(f"fd00::{i}:1/128" for i in range(1, 81)))
    a.ip("link", "set", "eth0", "mtu", "1280")
    agent = alone(lan, many.yaml({"lb-1": 100}))
    wait_until(lambda: says(agent, "1328 bytes", "1280", "MTU"), 5)
    hold(lambda: not a.holds(many.vips[0]), 2 * WEB.down_interval(100))
    a.ip("link", "set", "eth0", "mtu", "1500")
    wait_until(lambda: a.holds(many.vips[0]), 5)


@case("IPv6 lost for want of MTU, and back: the Backup hears the Active again")
def small_mtu(lan):
    a, b = lan.nodes
    with Cluster(lan, dataclasses.replace(WEB, vips=("fd00::254/64",))) as cluster:
        b.ip("link", "set", "eth0", "mtu", "1200")
        wait_until(lambda: says(cluster.agent(b), "fault", "eth0"), 5)
        b.ip("link", "set", "eth0", "mtu", "1500")
        wait_until(lambda: says(cluster.agent(b), "listens"), 5)
        hold(lambda: not b.holds(cluster.router.vips[0]), 3 * WEB.down_interval(150))
        cluster.answers(a)


@case("IPv6 lost for want of MTU and back before the agent looks: the Backup still hears the Active")
def blink_of_mtu(lan):
    a, b = lan.nodes
    with Cluster(lan, dataclasses.replace(WEB, vips=("fd00::254/64",))) as cluster:
        agent = cluster.agent(b)
        agent.freeze()  # for less than its peer's patience
        b.run("sh", "-c", "ip link set eth0 mtu 1200 && ip link set eth0 mtu 1500")
        agent.thaw()
        hold(lambda: not b.holds(cluster.router.vips[0]), 5 * WEB.down_interval(150))
        cluster.answers(a)


@case("a link that is away and back before the agent looks: the Backup still hears the Active")
def blink_of_link(lan):
    a, b = lan.nodes
    with Cluster(lan, SLOW) as cluster, subprocess.Popen(
            b.command("unshare", "--net", "sleep", "60"), preexec_fn=die_with_parent) as elsewhere:
        agent = cluster.agent(b)
        def network(process):
            return pathlib.Path(f"/proc/{process}/ns/net").readlink()
        wait_until(lambda: network(elsewhere.pid) not in (network("self"), network(agent.pid)), 5)
        agent.freeze()  # for less than its peer's patience
        b.run("sh", "-ec", f"""
            ip link set eth0 netns {elsewhere.pid}
            nsenter --net=/proc/{elsewhere.pid}/ns/net ip link set eth0 netns $$
            ip address add {b.address()}/24 dev eth0
            ip link set eth0 up""")
        agent.thaw()
        hold(lambda: not b.holds(VIP), 1.5 * SLOW.down_interval(150))
        cluster.answers(a)
        elsewhere.kill()


@contextlib.contextmanager
def _slow_to_join(process, option=1):
    """The kernel takes 2 s for the next (or the second, ...) option that this process sets on a socket,
    as it does to join and to leave a group where others hold its routing lock."""
    with subprocess.Popen(["strace", "-q", "-f", "-p", str(process), "-o", "/dev/null",
                           "-e", f"inject=setsockopt:delay_enter=2s:when={option}"],
                          preexec_fn=die_with_parent) as strace:
        def traced():
            tasks = pathlib.Path(f"/proc/{process}/task").glob("*/status")
            return all(re.search(r"TracerPid:\s*[1-9]", task.read_text()) for task in tasks)
        try:
            wait_until(traced, 5)
            yield
        finally:
            strace.terminate()


@case("a kernel that is slow to join a group on one link keeps nobody from speaking on another")
def slow_join(lan):
    a, b = lan.nodes
    with Cluster(lan) as cluster:
        agent = cluster.agent(a)
        a.ip("link", "add", "eth1", "type", "bridge")
        a.ip("address", "add", "10.9.0.1/24", "dev", "eth1")
        a.ip("link", "set", "eth1", "up")
        since = cluster.client.report().now
        with _slow_to_join(agent.worker()):
            began = time.monotonic()
            agent.write(VirtualRouter("other", ("10.9.0.254/24",), 77, interface="eth1").yaml(
                {a.name: 100}), "other.yaml")
            wait_until(lambda: agent.role("other") == "Active", 10)
            assert time.monotonic() - began > 2, "it was not slow"
        assert not cluster.client.report().elections_since(since)
        assert agent.role("web") == "Active"


@case("a Backup that is slow to leave and join a group does not take part before it hears")
def slow_return(lan):
    a, b = lan.nodes
    both = dataclasses.replace(WEB, vips=(f"{VIP}/24", "fd00::254/64"))
    with Cluster(lan, both) as cluster:
        agent = cluster.agent(b)
        with _slow_to_join(agent.worker(), 2):  # one group is left at once, the other waits
            lan.unplug(b)
            wait_until(lambda: agent.role() == "Fault", 5)
            lan.plug(b)
            hold(lambda: not b.holds(VIP) and not b.holds("fd00::254"), 5)
        wait_until(lambda: agent.role() == "Backup", 5)
        cluster.answers(a)


@case("a group that may have been lost and was not is neither left nor joined")
def intact_group(lan):
    a, b = lan.nodes
    with Cluster(lan, dataclasses.replace(WEB, vips=("fd00::254/64",))) as cluster:
        agent = cluster.agent(b)
        with _slow_to_join(agent.worker(), 2):  # it would be left at once, and joined too late
            b.ip("address", "add", "fe80::99/64", "dev", "eth0", "nodad")
            b.ip("address", "del", "fe80::99/64", "dev", "eth0")
            hold(lambda: not b.holds("fd00::254"), 3)
        assert agent.role() == "Backup"
        cluster.answers(a)
