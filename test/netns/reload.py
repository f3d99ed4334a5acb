"""Live reload: a change is picked up at once, a bad one hurts nobody."""

import dataclasses
import os
import signal

from lab import Keelvip, VirtualRouter, case, hold, wait_until
from netns.cluster import VIP, WEB, Cluster, alone, says

OTHER = VirtualRouter(name="other", vips=("192.168.0.253/24",), vrid=52)
ALONE = {"lb-1": 100}


@case("a new file is picked up, the others go on undisturbed")
def added(lan):
    a = lan.nodes[0]
    with Cluster(lan) as cluster:
        since = cluster.client.report().now
        cluster.agent(a).write(OTHER.yaml({"lb-1": 200}), "other.yaml")
        wait_until(lambda: a.holds("192.168.0.253"), 5)
        elections = [one for one in cluster.client.report().elections_since(since)
                     if one["vrid"] == WEB.vrid]
        assert not elections and cluster.outage_since(since) == 0


@case("to name the interface that the VIP is on already, and to stop naming it, disturbs nobody")
def named_interface(lan):
    with Cluster(lan) as cluster:
        since = cluster.client.report().now
        for named in (False, True):
            revision = cluster.agent(lan.nodes[0]).status()["specs"]["revision"]
            text = WEB.yaml(cluster.priorities)
            if not named:
                text = text.replace("  interface: eth0\n", "")
            for node in lan.nodes:
                cluster.agent(node).write(text)
            for node in lan.nodes:
                wait_until(lambda node=node: cluster.agent(node).status()["specs"]["revision"]
                           > revision, 5)
            hold(lambda: lan.nodes[0].holds(VIP), 0.5)
        assert not cluster.client.report().elections_since(since)
        assert cluster.outage_since(since) == 0


@case("SIGHUP makes the agent look again, and disturbs nothing")
def asked(lan):
    a = lan.nodes[0]
    agent = alone(lan, WEB.yaml(ALONE))
    wait_until(lambda: a.holds(VIP), 5)
    with lan.client.probe(VIP) as client:
        os.kill(agent.pid, signal.SIGHUP)
        wait_until(lambda: "A signal was obeyed" in agent.log(), 5)
        hold(lambda: a.holds(VIP), 0.5)
        assert not client.report().vip().outages


@case("a removed file takes its VIP along: priority 0, address gone, the others go on")
def removed(lan):
    a = lan.nodes[0]
    agent = alone(lan, WEB.yaml(ALONE))
    agent.write(OTHER.yaml(ALONE), "other.yaml")
    wait_until(lambda: a.holds(VIP) and a.holds("192.168.0.253"), 5)
    with lan.client.probe(VIP) as client:
        (agent.config / "other.yaml").unlink()
        wait_until(lambda: not a.holds("192.168.0.253"), 2)
        resigned = [advert for advert in client.report().adverts if advert["resigned"]]
        assert [advert["vrid"] for advert in resigned] == [OTHER.vrid]
        hold(lambda: a.holds(VIP), 0.5)
        assert not client.report().vip().outages


@case("a bad change keeps what ran, and says which file, line and field is wrong")
def bad_change(lan):
    a = lan.nodes[0]
    agent = alone(lan, WEB.yaml(ALONE))
    wait_until(lambda: a.holds(VIP), 5)
    with lan.client.probe(VIP) as client:
        since = client.report().now
        agent.write(WEB.yaml(ALONE).replace("virtualRouterID: 51", "virtualRouterID: 999"))
        wait_until(lambda: says(agent, "virtualip.yaml", "spec.virtualRouterID"), 5)
        hold(lambda: a.holds(VIP), 0.5)
        # `plan` knows that, and asks the agent which node this is.
        plan = agent.cli("plan", "--config", agent.config, check=False)
        assert plan.returncode == 1 and "stays in force" in plan.stdout, plan
        assert "NotAVirtualAddress" not in plan.stdout, plan.stdout
        assert all(one["priority"] for one in client.report().elections_since(since))
        assert not client.report().vip().outages
        # And a good one after it is taken.
        agent.write(dataclasses.replace(WEB, vips=("192.168.0.252/24",)).yaml(ALONE))
        wait_until(lambda: a.holds("192.168.0.252") and not a.holds(VIP), 5)


@case("one bad document of a file does not stop the good one beside it")
def bad_neighbour(lan):
    a = lan.nodes[0]
    agent = alone(lan, WEB.yaml(ALONE) + "---\n" + OTHER.yaml(ALONE).replace("spec:", "spek:"))
    wait_until(lambda: a.holds(VIP), 5)
    wait_until(lambda: says(agent, "spek"), 5)
    assert not a.holds("192.168.0.253")


@case("a priority lowered by a reload moves the VIP, and back")
def priority(lan):
    a, b = lan.nodes
    with Cluster(lan) as cluster:
        cluster.agent(a).write(WEB.yaml({"lb-1": 50, "lb-2": 150}))
        cluster.answers(b)
        cluster.released(a)
        cluster.agent(a).write(WEB.yaml({"lb-1": 200, "lb-2": 150}))
        cluster.answers(a)
        cluster.released(b)


@case("a mounted ConfigMap: the swap of its ..data link is one change, and is picked up")
def configmap(lan):
    a = lan.nodes[0]
    agent = Keelvip(a)
    _mount(agent.config, "1", {"web.yaml": WEB.yaml(ALONE)})
    agent.start()
    wait_until(lambda: a.holds(VIP), 5)
    with lan.client.probe(VIP) as client:
        _mount(agent.config, "2", {"web.yaml": WEB.yaml(ALONE), "other.yaml": OTHER.yaml(ALONE)})
        wait_until(lambda: a.holds("192.168.0.253"), 5)
        assert not client.report().vip().outages
        _mount(agent.config, "3", {"web.yaml": WEB.yaml(ALONE)})
        wait_until(lambda: not a.holds("192.168.0.253"), 5)
        assert a.holds(VIP) and not client.report().vip().outages


def _mount(directory, version, files):
    """Changes a directory as the kubelet's atomic writer does."""
    data = directory / f"..2026_01_01_00_00_0{version}.1"
    data.mkdir()
    for name, text in files.items():
        (data / name).write_text(text)
        if not (directory / name).is_symlink():
            (directory / name).symlink_to(f"..data/{name}")
    fresh = directory / "..data_tmp"
    fresh.symlink_to(data.name)
    os.rename(fresh, directory / "..data")
    for link in directory.iterdir():
        if link.is_symlink() and not link.name.startswith("..") and link.name not in files:
            link.unlink()
    for old in directory.glob("..2026*"):
        if old != data:
            for file in old.iterdir():
                file.unlink()
            old.rmdir()
