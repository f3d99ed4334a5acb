"""Addresses: drift is repaired, leftovers are found, what is not ours is not touched."""

import dataclasses

from lab import Keelvip, VirtualRouter, case, hold, wait_until
from netns.cluster import VIP, WEB, Cluster, alone


@case("a deleted address is back within 10 ms, and no peer sees an election")
def deleted_address(lan):
    a, _ = lan.nodes
    with Cluster(lan, interval_ms=0.25) as cluster:
        since = cluster.client.report().now
        outages = []
        for _ in range(9):
            begin = cluster.client.report().now
            a.ip("address", "del", f"{VIP}/24", "dev", "eth0")
            wait_until(lambda: a.holds(VIP), 2, "the address is back")
            after = cluster.client.report().now + 0.05
            wait_until(lambda: cluster.client.report().now > after, 2)
            outages.append(cluster.outage_since(begin))
        # On a busy machine some wait for a processor; the quickest tells what the agent takes.
        assert min(outages) < 0.010, f"back after {[f'{1000 * o:.1f} ms' for o in sorted(outages)]}"
        cluster.no_election_since(since)


@case("deleted IPv6 addresses are back, without an election")
def deleted_address_v6(lan):
    router = VirtualRouter(vips=("fe80::254/64", "fd00::254/64"))
    a, _ = lan.nodes
    with Cluster(lan, router) as cluster:
        since = cluster.client.report().now
        a.ip("address", "del", "fd00::254/64", "dev", "eth0")
        wait_until(lambda: a.holds("fd00::254"), 2)
        cluster.no_election_since(since)


@case("deleting the node's own address takes the VIP with it, and the VIP comes back with it")
def deleted_primary(lan):
    a, b = lan.nodes
    with Cluster(lan) as cluster:
        a.ip("address", "del", f"{a.address()}/24", "dev", "eth0")
        a.ip("address", "add", f"{a.address()}/24", "brd", "+", "dev", "eth0")
        cluster.answers(a)
        cluster.released(b)


@case("kill -9 leaves the VIP; at the next start it goes, although no spec names it any more")
def leftovers(lan):
    a, _ = lan.nodes
    agent = alone(lan, WEB.yaml({"lb-1": 100}))
    wait_until(lambda: a.holds(VIP), 5)
    agent.kill()
    assert a.holds(VIP)
    agent.write(dataclasses.replace(WEB, vips=("192.168.0.253/24",)).yaml({"lb-1": 100}))
    agent.start()
    wait_until(lambda: not a.holds(VIP), 2, "the leftover is gone")
    wait_until(lambda: a.holds("192.168.0.253"), 5)


@case("foreign addresses survive start, takeover, stop, kill and restart")
def foreign_addresses(lan):
    a, b = lan.nodes
    foreign = {"192.168.0.77/24", "10.1.2.3/32", "fd00::77/64"}
    for node in lan.nodes:
        for address in foreign:
            node.ip("address", "add", address, "dev", "eth0", *(["nodad"] * (":" in address)))
    with Cluster(lan) as cluster:
        cluster.agent(a).stop()
        cluster.answers(b)
        cluster.agent(a).start()
        cluster.answers(a)
        cluster.agent(a).kill()
        cluster.agent(a).start()
        cluster.answers(a)
        cluster.agent(a).stop()
        for node in lan.nodes:
            missing = foreign - node.addresses()
            assert not missing, f"{missing} vanished from {node.name}"


@case("a VIP that somebody else configured on a Backup is not removed")
def foreign_vip(lan):
    b = lan.nodes[1]
    with Cluster(lan) as cluster:
        b.ip("address", "add", "192.168.0.254/32", "dev", "eth0")
        hold(lambda: "192.168.0.254/32" in b.addresses(), 1)
        cluster.agent(b).stop()
        assert "192.168.0.254/32" in b.addresses()


@case("a netlink overrun leads to a full resync: nothing that was missed stays wrong")
def overrun(lan):
    a = lan.nodes[0]
    for_ever = dataclasses.replace(WEB, lease_seconds=0)  # or it would lapse while frozen
    agent = alone(lan, for_ever.yaml({"lb-1": 100}))
    wait_until(lambda: a.holds(VIP), 5)
    agent.freeze()
    churn = "".join(f"address add 10.7.{i >> 8 & 255}.{i & 255}/32 dev lo\n"
                    f"address del 10.7.{i >> 8 & 255}.{i & 255}/32 dev lo\n" for i in range(30_000))
    a.run("ip", "-batch", "-", input=churn)
    a.ip("address", "del", f"{VIP}/24", "dev", "eth0")
    agent.thaw()
    wait_until(lambda: a.holds(VIP), 5, "the address that was lost in the overrun is back")

    def overruns():
        lines = agent.get("/metrics")[1].splitlines()
        found = [line for line in lines if "overrun" in line and not line.startswith("#")]
        assert found, "no metric of overruns"
        return float(found[0].split()[-1])
    wait_until(lambda: overruns() >= 1, 5, "the overrun is counted")


@case("adding and removing addresses of a VIP touches only those")
def address_list_changes(lan):
    a = lan.nodes[0]
    with lan.client.probe(VIP) as client:
        agent = alone(lan, WEB.yaml({"lb-1": 100}))
        wait_until(lambda: client.report().vip().answering(), 5)
        since = client.report().now
        both = dataclasses.replace(WEB, vips=(f"{VIP}/24", "192.168.0.253/24"))
        agent.write(both.yaml({"lb-1": 100}))
        wait_until(lambda: a.holds("192.168.0.253"), 5)
        agent.write(WEB.yaml({"lb-1": 100}))
        wait_until(lambda: not a.holds("192.168.0.253"), 5)
        assert a.holds(VIP)
        report = client.report()
        lost = [outage for outage in report.vip().outages if outage["end"] > since]
        assert not lost, lost
        assert not [one for one in report.elections_since(since) if one["priority"] == 0]


@case("many VIPs: 80 virtual routers move together")
def many(lan):
    routers = [VirtualRouter(name=f"vip-{i}", vips=(f"192.168.0.{100 + i}/32",), vrid=i)
               for i in range(1, 81)]
    a, b = lan.nodes
    priorities = {"lb-1": 200, "lb-2": 100}
    text = "---\n".join(router.yaml(priorities) for router in routers)
    agents = [Keelvip(node, text).start() for node in lan.nodes]

    def held(node):
        return sum(address.endswith("/32") for address in node.addresses())
    wait_until(lambda: (held(a), held(b)) == (80, 0), 10)
    agents[0].stop()
    wait_until(lambda: (held(a), held(b)) == (0, 80), 5)
