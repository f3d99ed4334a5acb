"""Who holds the VIP: elections, deaths, stops, preemption."""

import dataclasses
import os

from lab import (Keelvip, VirtualRouter, Witnesses, busy_processes, case, elapse, hold,
                 wait_until)
from netns.cluster import GAPLESS, SLACK, SLOW, VIP, WEB, Cluster


@case("of three nodes the one with the highest priority holds the VIP",
      nodes=("lb-1", "lb-2", "lb-3"))
def election(lan):
    with Cluster(lan) as cluster:
        since = cluster.client.report().now
        hold(lambda: cluster.advertises(lan.nodes[0]), 1)
        assert [node.holds(WEB.vips[0]) for node in lan.nodes] == [True, False, False]
        cluster.no_election_since(since)


@case("of equal priorities the higher address wins")
def equal_priorities(lan):
    with Cluster(lan, priorities={"lb-1": 100, "lb-2": 100}, start=False) as cluster:
        for agent in cluster.agents.values():
            agent.start()
        # Cut apart both become Active; healed, the wire decides.
        lan.cut(lan.nodes[0])
        for node in lan.nodes:
            wait_until(lambda node=node: node.holds(WEB.vips[0]), 5)
        lan.heal(lan.nodes[0])
        cluster.answers(lan.nodes[1])
        cluster.released(lan.nodes[0])


@case("a node that does not stand in the list takes no part", nodes=("lb-1", "lb-2", "other"))
def not_for_this_node(lan):
    with Cluster(lan, priorities={"lb-1": 200, "lb-2": 100}) as cluster:
        lan.cut(lan.nodes[0])
        cluster.answers(lan.nodes[1])
        lan.cut(lan.nodes[1])
        hold(lambda: not lan.nodes[2].holds(WEB.vips[0]), 1)


@case("the owner of the address, priority 255, holds it at once")
def owner(lan):
    a, b = lan.nodes
    a.ip("address", "add", f"{WEB.vips[0]}", "dev", "eth0")
    with Cluster(lan, priorities={"lb-1": 255, "lb-2": 100}, start=False) as cluster:
        cluster.agent(b).start()
        cluster.answers(a)
        cluster.agent(a).start()
        wait_until(lambda: cluster.advertises(a), 2)
        cluster.released(b)
        cluster.agent(a).stop()
        assert a.holds(WEB.vips[0]), "the owner's address is the administrator's"


@case("a silent death is noticed three adverts and a skew after the last advert")
def silent_death(lan):
    a, b = lan.nodes
    with Cluster(lan) as cluster:
        lan.cut(a)
        takeover = cluster.answers(b).vip().takeover(b.mac())
        took = takeover["first"] - takeover["other_advert"]
        limit = WEB.down_interval(150)
        assert limit * 0.99 < took < limit + SLACK, f"{took:.3f} s, not {limit:.3f} s"

        lan.heal(a)
        cluster.answers(a)
        cluster.released(b)


@case("split brain: when it heals the better node announces itself, and no client is lost")
def split_brain(lan):
    a, b = lan.nodes
    with Cluster(lan) as cluster:
        lan.cut(a)
        cluster.answers(b)
        assert a.holds(WEB.vips[0])
        lan.heal(a)
        healed = cluster.client.report().now
        cluster.answers(a)
        outage = cluster.outage_since(healed)
        assert outage < SLACK, f"a black hole of {outage:.3f} s after healing"


@case("SIGTERM: priority 0, then exit 0; no address is left, and the client sees no gap")
def graceful_stop(lan):
    a, b = lan.nodes
    with Cluster(lan, SLOW) as cluster:
        stopped = cluster.agent(a).terminate()
        assert cluster.agent(a).process.wait(40) == 0
        assert not a.holds(WEB.vips[0])
        cluster.answers(b)
        outage = cluster.outage_since(stopped)
        assert outage < GAPLESS, f"outage of {outage:.3f} s"
        assert any(advert["resigned"] for advert in cluster.client.report().adverts)

        cluster.agent(a).start()
        since = cluster.client.report().now
        cluster.answers(a)
        outage = cluster.outage_since(since)
        assert outage < GAPLESS, f"outage of {outage:.3f} s at the return"


@case("SIGTERM to a Backup is not noticed by anybody")
def backup_stops(lan):
    with Cluster(lan) as cluster:
        since = cluster.client.report().now
        assert cluster.agent(lan.nodes[1]).stop() == 0
        cluster.agent(lan.nodes[1]).start()
        hold(lambda: lan.nodes[0].holds(WEB.vips[0]), 1)
        cluster.no_election_since(since)
        assert cluster.outage_since(since) == 0


@case("a frozen agent is replaced; thawed, it sorts itself out")
def frozen(lan):
    a, b = lan.nodes
    with Cluster(lan) as cluster:
        cluster.agent(a).freeze()
        cluster.answers(b)
        cluster.agent(a).thaw()
        cluster.answers(a)
        cluster.released(b)


@case("a frozen Backup, thawed, hears what it missed before it acts: nobody notices",
      nodes=("lb-1", "lb-2", "lb-3"))
def frozen_backup(lan):
    a, _, c = lan.nodes
    with Cluster(lan) as cluster:
        hold(lambda: a.holds(VIP), 1)
        since = cluster.client.report().now
        for _ in range(3):
            cluster.agent(c).freeze()
            elapse(1.6)
            cluster.agent(c).thaw()
            hold(lambda: a.holds(VIP) and not c.holds(VIP), 0.5)
        cluster.no_election_since(since)


@case("kill -9: the other takes over; restarted, the agent removes what it left and goes on")
def killed(lan):
    a, b = lan.nodes
    with Cluster(lan) as cluster:
        cluster.agent(a).kill()
        cluster.answers(b)
        cluster.agent(a).start()
        cluster.answers(a)
        cluster.released(b)


@case("both cores burnt by 8 busy processes, adverts of 10 ms: no false failover in 60 s",
      seconds=90, alone=True)
def busy_machine(lan):
    # Built with a sanitizer the agent does without real-time priority, and has to wait its turn.
    sanitized = any(name in os.environ for name in ("ASAN_OPTIONS", "TSAN_OPTIONS"))
    router = dataclasses.replace(WEB, interval_ms=1000 if sanitized else 10)
    # Three missed adverts are a death, however they came to be missed: half of that is suspicious.
    suspicious, aftermath, wanted = router.down_interval(200) / 2, 0.5, 60
    with Cluster(lan, router) as cluster, busy_processes(8), Witnesses() as watching:
        since, seen = cluster.client.report().now, 0
        while seen < wanted:
            elapse(min(10, wanted - seen))
            report = cluster.client.report()
            elapse(aftermath)  # a witness speaks once it runs again
            withheld = watching.withheld(at_least=suspicious)
            false = [election for election in report.elections_since(since)
                     if not any(one.start < election["time"] < one.end + aftermath
                                for one in withheld)]
            assert not false, f"the wire saw an election: {false}; withheld: {withheld}"
            seen = report.now - since - sum(one.length() + aftermath for one in withheld)
            assert report.now - since < 4 * wanted, f"only {seen:.0f} s undisturbed: {withheld}"


@case("preemption Never: the better node does not take the VIP back, but takes it in need")
def preemption_never(lan):
    a, b = lan.nodes
    with Cluster(lan, dataclasses.replace(WEB, preemption="Never")) as cluster:
        cluster.agent(a).stop()
        cluster.answers(b)
        cluster.agent(a).start()
        hold(lambda: not a.holds(WEB.vips[0]), 2)
        lan.cut(b)
        cluster.answers(a)


@case("preemption Delayed: the better node takes the VIP back after the delay, not before")
def preemption_delayed(lan):
    a, b = lan.nodes
    with Cluster(lan, dataclasses.replace(WEB, preemption="Delayed", delay_seconds=3)) as cluster:
        cluster.agent(a).stop()
        cluster.answers(b)
        started = cluster.client.report().now
        cluster.agent(a).start()
        takeover = cluster.answers(a).vip().takeover(a.mac())
        waited = takeover["first"] - started
        assert 3 < waited < 3 + WEB.down_interval(200) + 10, f"preempted after {waited:.1f} s"
        # A death is not a preemption: no delay.
        lan.cut(a)
        takeover = cluster.answers(b).vip().takeover(b.mac())
        assert takeover["first"] - takeover["other_advert"] < WEB.down_interval(150) + SLACK


def _family_story(lan, router):
    a, b = lan.nodes
    with Cluster(lan, router) as cluster:
        lan.cut(a)
        cluster.answers(b)
        lan.heal(a)
        cluster.answers(a)
        cluster.agent(a).stop()
        cluster.answers(b)
        cluster.released(a)


@case("IPv6: link-local and global VIPs move together")
def ipv6(lan):
    _family_story(lan, VirtualRouter(vips=("fe80::254/64", "fd00::254/64")))


@case("dual stack: the IPv4 and the IPv6 addresses of one VIP are on the same node")
def dual_stack(lan):
    _family_story(lan, VirtualRouter(vips=("192.168.0.254/24", "fe80::254/64", "fd00::254/64")))


@case("the agent alone on its LAN holds the VIP after one down interval, not before")
def first_start(lan):
    a, _ = lan.nodes
    with lan.client.probe(*WEB.vips) as client:
        agent = Keelvip(a, WEB.yaml({a.name: 100})).start()
        report = wait_until(lambda: client.report().vip().answers and client.report(), 5)
        first = report.adverts[0]["first"]
        assert report.vip().answers[0]["first"] > first, "answered before its first advert"
        assert agent.running()
