"""The guard: what is left of the agent when one of its processes dies."""

import contextlib
import errno
import os
import pathlib
import re
import signal
import socket
import statistics

from lab import Keelvip, VirtualRouter, case, hold, wait_until
from netns.cluster import SLACK, VIP, WEB, Cluster, alone

ALONE = {"lb-1": 100}
#: What the death of a worker may add to the protocol's time, and how long two may answer.
GASP = 0.020
TWO_HOLDERS = 0.050
#: Of linux/rtnetlink.h.
RTMGRP_IPV4_IFADDR = 0x10


def _resignations(cluster, node):
    """How many adverts of priority 0 the node has sent so far."""
    return sum(advert["resigned"] for advert in cluster.client.report().adverts
               if advert["source"] == node.address())


def _new_worker(agent, old):
    return wait_until(lambda: agent.worker() not in (None, old) and agent.ready() and agent.worker(),
                      15, "a new worker is ready")


def _two_holders(cluster, since):
    """How long two have answered at once after a death, before its successor may."""
    return max((moment["last"] - moment["first"] for holder in cluster.client.report().holders
                for moment in holder["two_at_once"]
                if 0 <= moment["first"] - since < WEB.down_interval(200)), default=0)


def _took_over(cluster, node, since):
    stretch = cluster.client.report().vip().takeover(node.mac())
    return stretch and stretch["first"] >= since - 0.01


def worker_dies(lan, name):
    """Several times, because a busy machine may disturb one of them."""
    number = signal.Signals[name]
    a, b = lan.nodes
    outages = []
    with Cluster(lan, ask_holders_ms=2) as cluster:
        agent = cluster.agent(a)
        for death in range(1, 6):
            worker = agent.worker()
            since = agent.kill_one(worker, number)
            # For a down interval only: then the new worker is the better one again.
            wait_until(lambda since=since: _took_over(cluster, b, since), 30, f"{b.name} answers")
            assert _resignations(cluster, a) == death, "nobody resigned for the dead worker"
            outages.append(cluster.outage_since(since))
            two = _two_holders(cluster, since)
            assert two < TWO_HOLDERS, f"two holders for {1000 * two:.1f} ms"
            assert _new_worker(agent, worker) != worker
            told = agent.status()["worker"]
            assert told["restarts"] == death, told
            assert told["lastDeath"] == f"killed by {name}", told
            cluster.answers(a)
            cluster.released(b)
            wait_until(lambda: cluster.advertises(a), 5)
        limit = WEB.skew(150) + GASP
        shown = ", ".join(f"{1000 * outage:.1f}" for outage in outages)
        # A busy machine only adds: to the best of five least.
        assert statistics.median(outages) < WEB.skew(150) + SLACK, f"outages of {shown} ms"
        assert min(outages) < limit, f"outages of {shown} ms, not {1000 * limit:.1f}"
        assert agent.log().count("The worker died") == 5, agent.log()
        assert agent.running()


for _name in ("SIGKILL", "SIGSEGV", "SIGABRT"):
    case(f"{_name} ends the worker: the guard says priority 0 and removes the address; the peer "
         "answers within its skew, and a new worker goes on", name=_name)(worker_dies)


@case("kill -9 of a Backup's worker is not noticed by anybody")
def backup_dies(lan):
    a, b = lan.nodes
    with Cluster(lan) as cluster:
        agent = cluster.agent(b)
        worker = agent.worker()
        since = agent.kill_one(worker)
        _new_worker(agent, worker)
        hold(lambda: a.holds(VIP), 0.5)
        cluster.no_election_since(since)
        assert cluster.outage_since(since) == 0


@case("foreign addresses survive the last gasp")
def foreign_addresses(lan):
    a, b = lan.nodes
    foreign = {"192.168.0.77/24", "10.1.2.3/32", "fd00::77/64"}
    for address in foreign:
        a.ip("address", "add", address, "dev", "eth0", *(["nodad"] * (":" in address)))
    own = a.addresses()
    with Cluster(lan, start=False) as cluster:
        agent = cluster.agent(a).start()
        wait_until(lambda: f"{VIP}/24" in a.addresses(), 5)
        worker = agent.worker()
        agent.kill_one(worker)
        wait_until(lambda: f"{VIP}/24" not in a.addresses(), 1)
        assert own - a.addresses() == set(), a.addresses()
        _new_worker(agent, worker)
        assert b.holds(VIP) is False


@case("kill -9 of the guard: the worker resigns, removes the address and ends")
def guard_dies(lan):
    a, b = lan.nodes
    with Cluster(lan) as cluster:
        agent = cluster.agent(a)
        worker = agent.worker()
        since = agent.kill_one(agent.guard())
        cluster.answers(b)
        assert _resignations(cluster, a) == 1
        assert cluster.outage_since(since) < WEB.down_interval(150), "it was waited for"
        cluster.released(a)
        wait_until(lambda: not os.path.exists(f"/proc/{worker}"), 5, "the worker has ended")
        told = agent.log().splitlines()
        assert any("The guard died, so the worker stops" in line for line in told), told
        assert told[-1].endswith("Stopped"), told


class Mute(Keelvip):
    def command(self):
        return ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", *super().command()]


@case("started without standard descriptors, it takes no socket of its own for one")
def mute(lan):
    agent = Mute(lan.nodes[0], WEB.yaml(ALONE)).start()
    for process in agent.processes():
        for descriptor in (0, 1, 2):
            assert os.readlink(f"/proc/{process}/fd/{descriptor}") == "/dev/null"
    assert agent.stop(5) == 0


@case("workers that keep dying are replaced ever later; a stop in between is heard")
def backs_off(lan):
    agent = alone(lan, WEB.yaml(ALONE))
    for _ in range(6):
        worker = agent.worker()
        agent.kill_one(worker)
        _new_worker(agent, worker)
    pauses = [int(pause) for pause in re.findall(r"restart_in_ms=(\d+)", agent.log())]
    assert pauses == [10, 20, 40, 80, 160, 320], pauses
    metrics = agent.get("/metrics")[1]
    assert "\nkeelvip_worker_restarts_total 6\n" in metrics, metrics
    agent.kill_one(agent.worker())
    wait_until(lambda: "restart_in_ms=640" in agent.log(), 1)
    assert agent.stop(1) == 0


@case("between two workers nobody else can say that an agent runs here, and so keep the next one away")
def lock_stays(lan):
    a = lan.nodes[0]
    agent = alone(lan, WEB.yaml(ALONE))
    with a.inside():
        stranger = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)

    def locked():
        try:
            stranger.bind("\0keelvip-agent")
        except OSError as refused:
            return refused.errno == errno.EADDRINUSE
        return False
    with stranger:
        for _ in range(4):
            worker = agent.worker()
            agent.kill_one(worker)
            hold(locked, 0.2, "somebody else has taken the lock", every=0.001)
            _new_worker(agent, worker)
        second = Keelvip(a, WEB.yaml(ALONE), name="second").start(ready=0)
        assert second.process.wait(5) == 3
        assert "another keelvip agent runs in this network namespace" in second.log()
        agent.kill()
        assert not locked(), "it outlives the agent"


@case("a first start that fails is not tried again; a later one is, until it succeeds")
def failed_starts(lan):
    a = lan.nodes[0]
    agent = Keelvip(a, WEB.yaml(ALONE))
    away = agent.config.rename(agent.directory / "away")
    agent.start(ready=0)
    assert agent.process.wait(5) == 3
    assert agent.log().count(str(agent.config)) == 1, agent.log()
    assert "The worker died" not in agent.log()

    away.rename(agent.config)
    agent.start()
    worker = agent.worker()
    away = agent.config.rename(agent.directory / "away")
    agent.kill_one(worker)
    wait_until(lambda: 'reason="exit code 3"' in agent.log(), 5)
    assert agent.log().count(str(agent.config)) > 1, "it does not say why"
    away.rename(agent.config)
    _new_worker(agent, worker)
    wait_until(lambda: a.holds(VIP), 5)


@case("SIGABRT, the watchdog's: the worker is ended, its address removed, and the exit code says so")
def watchdog(lan):
    a = lan.nodes[0]
    agent = alone(lan, WEB.yaml(ALONE))
    wait_until(lambda: a.holds(VIP), 5)
    os.kill(agent.worker(), signal.SIGSTOP)  # it hangs
    agent.kill_one(agent.guard(), signal.SIGABRT)
    exit_code = agent.process.wait(2)
    assert exit_code == 128 + signal.SIGABRT, exit_code
    assert not a.holds(VIP)


@case("a worker that dies in the midst of setting addresses leaves none")
def half_set(lan):
    a = lan.nodes[0]
    # The kernel goes through these for each new one, which makes the moment long enough to hit.
    a.run("ip", "-batch", "-", input="".join(
        f"address add 10.7.{i >> 8}.{i & 255}/32 dev eth0\n" for i in range(5000)))
    many = VirtualRouter(vips=tuple(f"192.168.0.{host}/32" for host in range(100, 200)),
                         interval_ms=1000, lease_seconds=0)  # no address goes by itself
    agent = alone(lan, many.yaml(ALONE))
    guard = agent.guard()
    with a.inside():
        changes = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
    with changes:
        changes.bind((0, RTMGRP_IPV4_IFADDR))
        changes.settimeout(10)
        changes.recv(65536)  # of the first of a hundred
        agent.kill_one(guard, signal.SIGABRT)  # no other worker tidies up
    # A process that waits for the kernel's routing lock dies once it has it.
    assert agent.process.wait(20) == 128 + signal.SIGABRT
    held = a.addresses()
    left = [vip for vip in many.vips if vip in held]
    assert not left, left
    assert len(held) >= 5000, "it took others along"


@case("the service manager hears of each worker that is ready, and life signs go on")
def life_signs(lan):
    agent = Keelvip(lan.nodes[0], WEB.yaml(ALONE))
    path = agent.directory / "notify"
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    heard = []

    def listen():
        with contextlib.suppress(BlockingIOError):
            while True:
                heard.append(manager.recv(4096).decode())
        return heard
    with contextlib.closing(manager):
        manager.bind(str(path))
        manager.setblocking(False)
        agent.start(env={**os.environ, "NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": "300000"})
        wait_until(lambda: "WATCHDOG=1" in listen(), 2)
        # The fourth pause is longer than a third of the watchdog's period.
        for _ in range(5):
            worker = agent.worker()
            agent.kill_one(worker)
            heard.clear()
            _new_worker(agent, worker)
            wait_until(lambda: any(said.startswith("READY=1") for said in listen()), 2)
        assert "WATCHDOG=1" in heard, heard
        environment = pathlib.Path(f"/proc/{agent.worker()}/environ").read_bytes()
        agent.stop()
        assert "STOPPING=1" in listen(), heard
        assert environment


@case("the guard keeps few capabilities, and only those of the network in force")
def capabilities(lan):
    agent = alone(lan, WEB.yaml(ALONE))

    def mask(pid, name):
        text = pathlib.Path(f"/proc/{pid}/status").read_text()
        return int(re.search(rf"{name}:\s*([0-9a-f]+)", text)[1], 16)
    net_admin, net_raw, ipc_lock = 1 << 12, 1 << 13, 1 << 14
    assert mask(agent.guard(), "CapEff") == net_admin | net_raw | ipc_lock
    assert mask(agent.guard(), "NoNewPrivs") == 1
    kill, setgid, setuid, setpcap, bind, nice = (1 << bit for bit in (5, 6, 7, 8, 10, 23))
    kept = net_admin | net_raw | ipc_lock | kill | setgid | setuid | setpcap | bind | nice
    assert mask(agent.guard(), "CapPrm") | kept == kept
    assert mask(agent.guard(), "CapBnd") | kept == kept
    assert mask(agent.worker(), "CapEff") == mask(agent.worker(), "CapPrm") == net_admin | net_raw
    assert mask(agent.worker(), "CapBnd") == 0


@case("what a dead worker leaves behind ends too: the host of exec checks and their commands")
def exec_host(lan):
    a = lan.nodes[0]
    pids = a.directory / "pids"
    pids.touch()
    pids.chmod(0o666)
    checks = ("[{name: slow, exec: {command: [/bin/sh, -c, 'echo $$ >>%s; exec sleep 987'],"
              " user: nobody}, timeoutMilliseconds: 600000, periodMilliseconds: 600000}]" % pids)
    router = WEB.yaml(ALONE) + f"  healthChecks: {checks}\n"
    agent = alone(lan, router)
    first = int(wait_until(lambda: pids.read_text().split(), 5)[0])
    host, worker = agent.process_named("keelvip-exec"), agent.worker()
    agent.kill_one(worker)
    _new_worker(agent, worker)
    for pid in (host, first):
        wait_until(lambda pid=pid: not os.path.exists(f"/proc/{pid}"), 5, f"{pid} has ended")
    assert agent.process_named("keelvip-exec") not in (None, host)


@case("as process 1 of a container the guard buries orphans, hands signals on and says how it ended")
def process_one(lan):
    a = lan.nodes[0]
    agent = Keelvip(a, WEB.yaml(ALONE))
    plain = agent.command()
    agent.command = lambda: ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", *plain]
    agent.start()
    wait_until(lambda: a.holds(VIP), 5)
    guard, worker = agent.guard(), agent.worker()
    status = pathlib.Path(f"/proc/{guard}/status").read_text()
    assert re.search(r"NSpid:\t\d+\t1\n", status), "it is not process 1"

    # Ten orphans of a process that is in the container and gone.
    a.run("nsenter", "--target", guard, "--pid", "--mount", "sh", "-c",
          "for i in 0 1 2 3 4 5 6 7 8 9; do (sleep 0.0$i &) & done")

    def children():
        return pathlib.Path(f"/proc/{guard}/task/{guard}/children").read_text().split()
    wait_until(lambda: children() == [str(worker)], 5, "all orphans are buried")

    agent.kill_one(guard, signal.SIGHUP)
    agent.kill_one(worker)
    wait_until(lambda: not a.holds(VIP), 1, "the address is removed")
    _new_worker(agent, worker)
    wait_until(lambda: a.holds(VIP), 5)
    agent.kill_one(guard, signal.SIGTERM)
    assert agent.process.wait(2) == 0
    assert not a.holds(VIP)
    assert agent.log().splitlines()[-1].endswith("Stopped"), agent.log()
