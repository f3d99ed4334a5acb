"""The endpoints: what they show, what they hide, and that they cannot be used against VRRP."""

import contextlib
import json
import pathlib
import resource
import socket
import tempfile

from lab import Keelvip, VirtualRouter, case, hold, wait_until
from netns.cluster import SLACK, VIP, WEB, Cluster, alone

PASSWORD = "s3cr3t99"


@case("2,000 slow clients neither delay an advert nor stop an honest request nor grow memory")
def slow_clients(lan):
    a = lan.nodes[0]
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
    with Cluster(lan) as cluster, contextlib.ExitStack() as sockets:
        agent = cluster.agent(a)
        before = agent.memory()["Rss"]
        since = cluster.client.report().now
        for i in range(2000):
            with a.inside():
                slow = socket.socket()
            slow.settimeout(0.2)
            sockets.enter_context(contextlib.closing(slow))
            with contextlib.suppress(OSError):
                slow.connect(("127.0.0.1", 9477))
                slow.send(b"GET /status HTTP/1.1\r\nX-Slow: " if i % 2 else b"G")
        assert agent.get("/livez")[0] == 200
        wait_until(lambda: agent.get("/status")[0] == 200, 5)

        def gaps():
            heard = cluster.client.report().adverts_of(a.address())
            return [advert["longest_gap"] for advert in heard if advert["longest_gap"] is not None]
        gap = max(wait_until(gaps, 5, "two adverts, and the gap between them"))
        assert gap < WEB.interval_ms / 1000 + SLACK, f"{1000 * gap:.0f} ms between two adverts"
        cluster.no_election_since(since)
        grown = agent.memory()["Rss"] - before
        assert grown < 32, f"{grown:.0f} MB more memory"


@case("a request line of 200 MB and endless headers are refused early")
def endless_requests(lan):
    agent = alone(lan, WEB.yaml({"lb-1": 100}))
    before = agent.memory()["Rss"]
    for start in (b"GET /", b"GET / HTTP/1.1\r\n"):
        piece = (b"x" * 65536) if start == b"GET /" else b"X-Header: " + b"y" * 4000 + b"\r\n"
        with agent.node.inside():
            hostile = socket.create_connection(("127.0.0.1", 9477), timeout=5)
        sent = 0
        with contextlib.closing(hostile), contextlib.suppress(OSError):
            hostile.sendall(start)
            while sent < 200_000_000:
                hostile.sendall(piece)
                sent += len(piece)
        assert sent < 100_000_000, "it went on reading"
    assert agent.get("/livez")[0] == 200
    assert agent.memory()["Rss"] - before < 32


@case("every endpoint answers, and says the same as the kernel")
def endpoints(lan):
    a, b = lan.nodes
    with Cluster(lan) as cluster:
        for path in ("/livez", "/readyz", "/readyz?verbose", "/healthz", "/metrics", "/status",
                     "/apis/keelvip.io/v1alpha1/virtualips"):
            code, body = cluster.agent(a).get(path)
            assert code == 200 and body, f"{path}: {code}"
        roles = [cluster.agent(node).role() for node in (a, b)]
        assert roles == ["Active", "Backup"], roles
        assert cluster.agent(a).node_status()["addresses"] == [f"{VIP}/24"]
        assert cluster.agent(b).node_status()["addresses"] == []
        listed = json.loads(cluster.agent(a).get("/apis/keelvip.io/v1alpha1/virtualips")[1])
        assert listed["kind"] == "VirtualIPList", listed["kind"]
        assert [item["metadata"]["name"] for item in listed["items"]] == ["web"]
        metrics = cluster.agent(a).get("/metrics")[1]
        assert "keelvip_build_info" in metrics
        assert cluster.agent(a).get("/nothing")[0] == 404


@case("keelvip get, describe and plan tell the state of the node")
def commands(lan):
    a, b = lan.nodes
    with Cluster(lan) as cluster:
        agent = cluster.agent(a)
        table = agent.cli("get").stdout
        assert "NAME" in table and "web" in table and "Active" in table, table
        assert "Backup" in cluster.agent(b).cli("get").stdout
        for output in ("wide", "yaml", "json"):
            text = agent.cli("get", "-o", output).stdout
            assert "web" in text and VIP in text, f"-o {output}: {text}"
        json.loads(agent.cli("get", "-o", "json").stdout)
        assert agent.cli("get", "web").returncode == 0
        assert agent.cli("get", "no-such-vip", check=False).returncode == 1
        described = agent.cli("describe", "web").stdout
        assert "Active" in described and VIP in described, described
        plan = agent.cli("plan", "--config", agent.config)
        assert plan.returncode == 0 and "Nothing to change." in plan.stdout, plan
        agent.stop()
        done = agent.cli("get", check=False)
        assert done.returncode == 3 and "127.0.0.1:9477" in done.stderr, done


@case("who cannot ask the agent that runs is told why, and gets no plan of a node without one")
def unasked(lan):
    a = lan.nodes[0]
    with tempfile.TemporaryDirectory() as directory:
        pathlib.Path(directory).chmod(0o755)
        endpoint = f"unix:{directory}/agent.sock"
        agent = Keelvip(a, WEB.yaml({"lb-1": 100}), listen=endpoint)
        agent.start(ready=0)
        wait_until(lambda: a.holds(VIP), 10)
        elsewhere = agent.cli("plan", "--config", agent.config, check=False)
        assert elsewhere.returncode == 3 and not elsewhere.stdout, elsewhere
        assert "an agent runs here" in elsewhere.stderr and "ECONNREFUSED" in elsewhere.stderr, elsewhere
        named = agent.cli("plan", "--config", agent.config, "--endpoint", endpoint).stdout
        assert "Nothing to change." in named, named
        denied = a.run("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", agent.program,
                       "plan", "--config", directory, "--endpoint", endpoint, check=False)
        assert denied.returncode == 3 and not denied.stdout, denied
        assert "an agent runs here" in denied.stderr and "EACCES" in denied.stderr, denied
        assert "as root" in denied.stderr, denied


@case("the VRRP password is in no endpoint, log, command output or error message")
def secrets(lan):
    router = VirtualRouter(version=2, interval_ms=1000, password=PASSWORD)
    agent = alone(lan, router.yaml({"lb-1": 100}), options=("--log-format", "json"))
    agent.write(router.yaml({"lb-1": 100}).replace(PASSWORD, PASSWORD + "-is-too-long"), "bad.yaml")
    wait_until(lambda: "bad.yaml" in agent.get("/status")[1], 5)
    hold(agent.running, 0.2)
    texts = {path: agent.get(path)[1] for path in (
        "/status", "/metrics", "/readyz?verbose", "/apis/keelvip.io/v1alpha1/virtualips")}
    texts["log"] = agent.log()
    for command in (["get", "-o", "yaml"], ["get", "-o", "json"], ["describe", "web"],
                    ["validate", agent.config / "bad.yaml"], ["plan", "--config", agent.config]):
        done = agent.cli(*command, check=False)
        texts[command[0] + str(command[1])] = done.stdout + done.stderr
    leaks = [where for where, text in texts.items() if PASSWORD in text]
    assert not leaks, f"the password is in {leaks}"


@case("JSON logs: every line is an object with a message, and tells the transitions")
def json_logs(lan):
    a = lan.nodes[0]
    agent = alone(lan, WEB.yaml({"lb-1": 100}), options=("--log-format", "json"))
    wait_until(lambda: a.holds(VIP), 5)
    wait_until(lambda: "Active" in agent.log(), 5)
    agent.stop()
    for line in agent.log().splitlines():
        pairs = json.loads(line, object_pairs_hook=list)
        keys = [key for key, _ in pairs]
        assert len(set(keys)) == len(keys) and "message" in keys, line
