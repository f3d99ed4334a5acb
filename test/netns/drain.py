"""Maintenance: a drained node gives its VIPs away, stays out, and says so."""

import os
import pathlib
import re
import signal

from lab import Keelvip, case, elapse, hold, wait_until
from netns.cluster import GAPLESS, SLACK, SLOW, VIP, WEB, Cluster, alone, says

ALONE = {"lb-1": 100}


def _drain(agent, command="drain", *options, check=True):
    return agent.cli(command, "--state", agent.state, *options, check=check)


@case("drain moves the VIP away without a gap and for good, also over a restart; undrain brings it back")
def moves(lan):
    a, b = lan.nodes
    with Cluster(lan, SLOW) as cluster:
        agent, since = cluster.agent(a), cluster.client.report().now
        told = _drain(agent, "drain", "--reason", "kernel upgrade").stdout
        assert f"web: given away to {b.address()}" in told and "lb-1 is drained and holds no VIP" in told, told
        assert not a.holds(VIP), "drain came back before the address was gone"
        cluster.answers(b)
        outage = cluster.outage_since(since)
        assert outage < GAPLESS, f"outage of {outage:.3f} s"
        # This node is the better one, and preempts; not while it is drained.
        hold(lambda: not a.holds(VIP), 2 * SLOW.down_interval(200))
        agent.stop()
        agent.start()
        hold(lambda: not a.holds(VIP), 2 * SLOW.down_interval(200))
        says(agent, "Drained", "kernel upgrade")

        since = cluster.client.report().now
        told = _drain(agent, "undrain").stdout
        assert "web: Active: " in told and "lb-1 is not drained" in told, told
        cluster.answers(a)
        cluster.released(b)
        assert cluster.outage_since(since) < SLACK


@case("a drained node is seen to be: get, describe, plan, status, metrics; and it is ready")
def visible(lan):
    agent = alone(lan, WEB.yaml(ALONE))
    wait_until(lambda: lan.nodes[0].holds(VIP), 5)
    assert agent.status()["drain"] == {"drained": False, "file": str(agent.state / "drained")}
    (agent.state / "drained").write_text("new disks\n")
    wait_until(lambda: not lan.nodes[0].holds(VIP), 5)
    wait_until(lambda: agent.role() == "Initialize", 5)
    wait_until(lambda: agent.status()["drain"]["reason"] == "new disks", 5)
    drain = agent.status()["drain"]
    assert drain["drained"] is True and drain["since"], drain
    assert "keelvip_node_drained 1\n" in agent.get("/metrics")[1]
    assert agent.get("/readyz")[0] == 200
    shown = agent.cli("get")
    assert "Drained" in shown.stdout and "lb-1 is drained" in shown.stderr, shown
    assert "new disks" in agent.cli("describe", "web").stdout
    plan = agent.cli("plan", "--config", agent.config).stdout
    assert "cannot take part: Drained" in plan and "Nothing to change" in plan, plan
    assert "Node is drained" in agent.log()


@case("SIGUSR1 drains and SIGUSR2 ends it, each as often as it comes")
def signals(lan):
    a, b = lan.nodes
    with Cluster(lan) as cluster:
        agent = cluster.agent(a)
        for _ in range(3):
            os.kill(agent.pid, signal.SIGUSR1)
        cluster.answers(b)
        cluster.released(a)
        assert (agent.state / "drained").read_text() == "by SIGUSR1\n"
        agent.stop()
        agent.start()
        hold(lambda: not a.holds(VIP), 1)
        for _ in range(3):
            os.kill(agent.pid, signal.SIGUSR2)
        cluster.answers(a)
        assert not (agent.state / "drained").exists()


def _drained(agent):
    return (agent.state / "drained").exists()


@case("a drain that is asked for as the worker dies is obeyed by the next one, and so is its end")
def signal_at_death(lan):
    agent = alone(lan, WEB.yaml(ALONE))
    for order in 2 * (signal.SIGUSR1, signal.SIGUSR2):
        worker = wait_until(agent.worker, 15)
        os.kill(worker, signal.SIGKILL)
        os.kill(agent.pid, order)
        wait_until(lambda order=order: _drained(agent) == (order == signal.SIGUSR1), 3, order.name)
        wait_until(agent.ready, 15)


@case("a drain that is asked for while the agent stops holds for its next start")
def signal_at_stop(lan):
    agent = alone(lan, WEB.yaml(ALONE))
    for pause in (0, 0.02, 0.05):
        wait_until(lambda: lan.nodes[0].holds(VIP), 5)
        os.kill(agent.pid, signal.SIGTERM)
        elapse(pause)
        os.kill(agent.pid, signal.SIGUSR1)  # it still waits for a successor
        assert agent.process.wait(5) == 0
        assert _drained(agent), f"after {pause} s"
        (agent.state / "drained").unlink()
        agent.start()


def _waits(pid, *numbers):
    """Whether the process has yet to see these signals."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    waiting = int(re.search(r"ShdPnd:\s*([0-9a-f]+)", status)[1], 16)
    return all(waiting >> (number - 1) & 1 for number in numbers)


def _is_stopped(pid):
    return "\nState:\tT" in pathlib.Path(f"/proc/{pid}/status").read_text()


@case("of a drain and its end in a row the last is obeyed; where that cannot be known, the drain")
def signals_in_a_row(lan):
    agent = alone(lan, WEB.yaml(ALONE))
    both = (signal.SIGUSR1, signal.SIGUSR2)
    for frozen in (agent.worker(), agent.guard()):
        for orders in (both, both[::-1]):
            os.kill(frozen, signal.SIGSTOP)
            # Of signals that wait together the kernel gives the lowest number first.
            wait_until(lambda: _is_stopped(frozen), 2)
            for order in orders:
                os.kill(agent.pid, order)
                wait_until(lambda order=order: _waits(frozen, order), 2)
            os.kill(frozen, signal.SIGCONT)
            wait_until(lambda: not any(_waits(frozen, order) for order in both), 2)
            expected = frozen == agent.pid or orders[-1] == signal.SIGUSR1
            wait_until(lambda: _drained(agent) == expected, 2, f"{orders} to {frozen}")
            hold(lambda: _drained(agent) == expected, 0.3, f"{orders} to {frozen}")
    for _ in range(10):
        os.kill(agent.pid, signal.SIGUSR2)
        wait_until(lambda: not _drained(agent), 2)
        os.kill(agent.pid, signal.SIGUSR2)
        os.kill(agent.pid, signal.SIGUSR1)
        wait_until(lambda: _drained(agent), 2)
        hold(lambda: _drained(agent), 0.1)


@case("drained while no agent runs, the node starts drained")
def before_start(lan):
    a, b = lan.nodes
    with Cluster(lan, start=False) as cluster:
        told = _drain(cluster.agent(a)).stdout
        assert "No agent runs here: this node will be drained" in told, told
        cluster.agent(a).start()
        cluster.agent(b).start()
        cluster.answers(b)
        hold(lambda: not a.holds(VIP), 1)
        assert _drain(cluster.agent(a)).returncode == 0, "drained twice is drained"


@case("the only node obeys too: nobody has the VIP until it is undrained")
def only_node(lan):
    a = lan.nodes[0]
    agent = alone(lan, WEB.yaml(ALONE))
    wait_until(lambda: a.holds(VIP), 5)
    told = _drain(agent, check=False)
    assert told.returncode == 1 and "web: NOBODY has taken it" in told.stdout, told
    hold(lambda: not a.holds(VIP), 1)
    _drain(agent, "undrain")
    wait_until(lambda: a.holds(VIP), 5)


@case("undrain says no, and why, where something else keeps the node out")
def kept_out(lan):
    a = lan.nodes[0]
    agent = alone(lan, WEB.yaml(ALONE))
    wait_until(lambda: a.holds(VIP), 5)
    _drain(agent, check=False)
    a.ip("link", "set", "eth0", "down")
    told = _drain(agent, "undrain", check=False)
    assert told.returncode == 1 and "web: Fault: " in told.stdout, told
    assert "lb-1 is not drained any more, but takes no part in web" in told.stderr, told


@case("a drained owner falls silent; its address is the administrator's, and both say so")
def owner(lan):
    a, b = lan.nodes
    a.ip("address", "add", WEB.vips[0], "dev", "eth0")
    with Cluster(lan, priorities={"lb-1": 255, "lb-2": 100}, start=False) as cluster:
        cluster.agent(a).start()
        cluster.agent(b).start()
        wait_until(lambda: cluster.advertises(a), 5)
        told = _drain(cluster.agent(a)).stdout
        assert "web: no longer advertised; this node owns" in told, told
        wait_until(lambda: cluster.advertises(b), 5)
        assert a.holds(VIP)
        says(cluster.agent(a), "Drained", "stay on eth0 until somebody removes them")


@case("without the right to write there is no drain, but a reason and exit code 3")
def forbidden(lan):
    a = lan.nodes[0]
    agent = alone(lan, WEB.yaml(ALONE))
    wait_until(lambda: a.holds(VIP), 5)
    for command in ("drain", "undrain"):
        if command == "undrain":
            _drain(agent, check=False)  # nobody takes it
        refused = a.run("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                        agent.program, command, "--state", agent.state, check=False)
        assert refused.returncode == 3, refused
        assert "Permission denied" in refused.stderr and "as root" in refused.stderr, refused
        assert a.holds(VIP) == (command == "drain")


@case("a state directory that cannot be written stops nobody; the agent says it once")
def no_state(lan):
    a = lan.nodes[0]
    agent = Keelvip(a, WEB.yaml(ALONE))
    agent.state.write_text("a file is no directory")
    agent.start()
    wait_until(lambda: a.holds(VIP), 5)
    os.kill(agent.pid, signal.SIGUSR1)
    wait_until(lambda: "A signal could not be obeyed" in agent.log(), 5)
    hold(lambda: a.holds(VIP), 2)
    assert agent.log().count("cannot be drained by command or signal") == 1, agent.log()
    assert "cannot write" in agent.status()["drain"]["problem"]
    # Repaired, it works without a restart.
    agent.state.unlink()
    agent.state.mkdir()
    assert "lb-1 is drained" in _drain(agent, check=False).stdout


@case("drain does not claim what it does not know: an agent that looks elsewhere or cannot be asked")
def wrong_place(lan):
    a = lan.nodes[0]
    agent = alone(lan, WEB.yaml(ALONE))
    wait_until(lambda: a.holds(VIP), 5)
    other = agent.directory / "other"
    refused = agent.cli("drain", "--state", other, "--wait", "1", check=False)
    assert refused.returncode == 1 and f"looks at {agent.state}/drained" in refused.stderr, refused
    assert not (other / "drained").exists(), "a refusal leaves nothing behind"
    silent = agent.cli("drain", "--state", other, "--wait", "1", "--endpoint", "127.0.0.1:1",
                       check=False)
    assert silent.returncode == 3 and "the agent that runs here" in silent.stderr, silent
    assert a.holds(VIP)
    (other / "drained").unlink()
    worker = None
    for _ in range(7):  # the last one is replaced 640 ms later
        worker = wait_until(lambda: (now := agent.worker()) != worker and now, 5)
        agent.kill_one(worker)
    late = agent.cli("drain", "--state", other, "--wait", "20", check=False)
    assert late.returncode == 1 and f"looks at {agent.state}/drained" in late.stderr, late
    assert not (other / "drained").exists(), "an order for nobody is left behind"
