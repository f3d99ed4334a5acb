"""Health checks decide which nodes are fit."""

import dataclasses
import os
import pwd
import textwrap

from lab import Nginx, case, hold, wait_until
from netns.cluster import GAPLESS, SLACK, SLOW, VIP, WEB, Cluster, alone, says

HTTP = ("[{name: nginx, httpGet: {port: 80, path: /}, periodMilliseconds: 100, "
        "timeoutMilliseconds: 3000, onFailure: {action: %s}}]")
TCP = "[{name: nginx, tcpSocket: {port: 80}, periodMilliseconds: 100, timeoutMilliseconds: 3000}]"


def _failing_check(lan, checks):
    a, b = lan.nodes
    nginx, _ = Nginx(a).start(), Nginx(b).start()
    with Cluster(lan, dataclasses.replace(WEB, checks=checks)) as cluster:
        failed = cluster.client.report().now
        nginx.kill()
        cluster.answers(b)
        cluster.released(a)
        wait_until(lambda: says(cluster.agent(a), "nginx", "unhealthy"), 5)
        outage = cluster.outage_since(failed)
        nginx.start()
        cluster.answers(a)
        cluster.released(b)
        return outage


@case("a failing HTTP check withdraws the node; when it passes again the node returns")
def http(lan):
    outage = _failing_check(lan, HTTP % "Withdraw")
    assert outage < WEB.skew(150) + SLACK, f"withdrawn, but the client waited {outage:.3f} s"


@case("a failing TCP check withdraws the node; when it passes again the node returns")
def tcp(lan):
    _failing_check(lan, TCP)


@case("a failing check with LowerPriority lets the other node win, and gives the VIP back")
def lower_priority(lan):
    _failing_check(lan, HTTP % "LowerPriority, by: 100")


@case("all checks fail everywhere: nobody holds the VIP, and each node says why")
def nobody_is_fit(lan):
    router = dataclasses.replace(WEB, checks=TCP)
    with Cluster(lan, router, start=False) as cluster:
        for agent in cluster.agents.values():
            agent.start()
        for agent in cluster.agents.values():
            wait_until(lambda agent=agent: says(agent, "nginx", "unhealthy"), 5)
        hold(lambda: not any(node.holds(VIP) for node in lan.nodes), 1)


def _exec(command, user):
    return (f"[{{name: script, exec: {{command: [{command}], user: {user}}}, "
            "periodMilliseconds: 200, timeoutMilliseconds: 10000}]")


@case("an exec check runs as the user it names, without privileges, and decides")
def exec_user(lan):
    a, b = lan.nodes
    flag = {node: node.directory / "fit" for node in lan.nodes}
    for node in lan.nodes:
        script = node.directory / "check"
        script.write_text(textwrap.dedent(f"""\
            #!/bin/sh
            [ "$(id -un)" = games ] || exit 1
            grep -q 'CapEff:.*0000000000000000' /proc/self/status || exit 1
            [ -e {flag[node]} ]
            """))
        script.chmod(0o755)
        flag[node].touch()
    pwd.getpwnam("games")
    with Cluster(lan, start=False) as cluster:
        for node, agent in cluster.agents.items():
            checks = _exec(str(node.directory / "check"), "games")
            agent.write(dataclasses.replace(WEB, checks=checks).yaml(cluster.priorities))
            agent.start()
        cluster.answers(a)
        os.remove(flag[a])
        cluster.answers(b)
        flag[a].touch()
        cluster.answers(a)


@case("an exec check that cannot run counts as failed")
def exec_fails_closed(lan):
    for checks in (_exec("/no/such/program", "nobody"), _exec("/bin/true", "no-such-user")):
        with Cluster(lan, dataclasses.replace(WEB, checks=checks), start=False) as cluster:
            agent = cluster.agent(lan.nodes[0]).start()
            wait_until(lambda agent=agent: says(agent, "script", "unhealthy"), 5)
            hold(lambda: not lan.nodes[0].holds(VIP), 0.5)
            agent.stop()


@case("the process that runs commands is killed: a new worker has one, and no gap is seen")
def exec_host_dies(lan):
    a, b = lan.nodes
    with Cluster(lan, dataclasses.replace(WEB, checks=_exec("/bin/true", "nobody"))) as cluster:
        agent = cluster.agent(a)
        since = cluster.client.report().now
        before = agent.worker()
        agent.kill_one(agent.process_named("keelvip-exec"))
        wait_until(lambda: agent.worker() not in (None, before), 5)
        wait_until(agent.ready, 5)
        wait_until(lambda: agent.role() == "Active", 5)
        assert agent.process_named("keelvip-exec")
        assert cluster.outage_since(since) < GAPLESS
        assert agent.status()["worker"]["restarts"] == 1


@case("told to stop while its worker is being replaced, the agent stops as always")
def stopped_while_replaced(lan):
    router = dataclasses.replace(SLOW, checks=_exec("/bin/true", "nobody"))
    agent = alone(lan, router.yaml({"lb-1": 100}))
    wait_until(lambda: lan.nodes[0].holds(VIP), 10)
    agent.kill_one(agent.process_named("keelvip-exec"))
    wait_until(lambda: "The worker is to be replaced" in agent.log(), 5)
    assert agent.stop(5) == 0
    assert not lan.nodes[0].holds(VIP)


@case("an exec check that hangs is ended with all its children, and other checks go on")
def exec_hangs(lan):
    a, b = lan.nodes
    pid_file = a.directory / "pids"
    pid_file.touch()
    pid_file.chmod(0o666)
    script = a.directory / "hang"
    script.write_text(textwrap.dedent(f"""\
        #!/bin/sh
        trap '' TERM
        sleep 987 & echo $! >>{pid_file}
        wait
        sleep 987
        """))
    script.chmod(0o755)
    Nginx(a).start(), Nginx(b).start()
    checks = ("[{name: hangs, exec: {command: [%s], user: nobody}, periodMilliseconds: 300, "
              "timeoutMilliseconds: 300}, %s" % (script, TCP[1:]))
    with Cluster(lan, start=False) as cluster:
        agent = cluster.agent(a)
        agent.write(dataclasses.replace(WEB, checks=checks).yaml(cluster.priorities))
        agent.start()
        wait_until(lambda: says(agent, "hangs", "unhealthy"), 10)
        wait_until(lambda: len(pid_file.read_text().split()) >= 2, 15, "it runs again")
        first = int(pid_file.read_text().split()[0])
        wait_until(lambda: not os.path.exists(f"/proc/{first}"), 10, "its child is gone")
        nginx = next(check for check in agent.node_status()["checks"] if check["name"] == "nginx")
        assert nginx["verdict"] == "Healthy", nginx
        agent.stop()
        wait_until(lambda: not any(os.path.exists(f"/proc/{pid}")
                                   for pid in pid_file.read_text().split()), 5, "no orphans")
