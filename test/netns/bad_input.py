"""Bad input: each with a clear message, and nothing lost."""

import contextlib
import dataclasses
import os
import re
import socket

from lab import Keelvip, VirtualRouter, case, hold, wait_until
from netns.cluster import VIP, WEB, alone, says

ALONE = {"lb-1": 100}
GOOD = WEB.yaml(ALONE)


def _bomb():
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    for before, name in zip("abcdefghij", "bcdefghijk"):
        lines.append(f"{name}: &{name} [{', '.join(9 * [f'*{before}'])}]")
    return "\n".join(lines) + "\n"


BAD_FILES = {
    "empty": ("", None),
    "only comments": ("# nothing here\n", None),
    "binary": (bytes(range(256)) * 64, "bad.yaml"),
    "10 MB": (GOOD.encode() + b"# x\n" * 2_621_440, "bad.yaml"),
    "alias bomb": (_bomb(), "bad.yaml"),
    "not YAML": ("{[}\n", "bad.yaml"),
    "unknown kind": (GOOD.replace("kind: VirtualIP", "kind: VirtualPI"), "VirtualPI"),
    "unknown field": (GOOD.replace("virtualRouterID", "virtualRouterId"), "virtualRouterId"),
    "wrong type": (GOOD.replace("virtualRouterID: 51", "virtualRouterID: many"),
                   "spec.virtualRouterID"),
    "out of range": (GOOD.replace("virtualRouterID: 51", "virtualRouterID: 256"),
                     "spec.virtualRouterID"),
    "duplicate key": (GOOD.replace("spec:", "spec:\n  vrrpVersion: 3"), "vrrpVersion"),
    "bad address": (GOOD.replace("192.168.0.254/24", "192.168.0.999/24"), "spec.addresses[0]"),
}
BAD_FILES = {name: (content.replace("name: web", "name: bad").replace(VIP, "192.168.0.250")
                    if isinstance(content, str) else content, said)
             for name, (content, said) in BAD_FILES.items()}


def _bad_file(lan, kind):
    """Beside a good file, before and during the run."""
    content, said = BAD_FILES[kind]
    a = lan.nodes[0]
    agent = Keelvip(a, GOOD)
    agent.write(content, "bad.yaml")
    agent.start()
    wait_until(lambda: a.holds(VIP), 5)
    if said:
        wait_until(lambda: says(agent, "bad.yaml", said), 5)
        done = agent.cli("validate", agent.config / "bad.yaml", check=False)
        assert done.returncode == 1, f"validate exits with {done.returncode}"
        assert said in done.stdout + done.stderr, done.stdout + done.stderr
        assert len(done.stdout + done.stderr) < 20_000, "the message is endless"
    (agent.config / "bad.yaml").unlink()
    if said:
        wait_until(lambda: "bad.yaml" not in agent.get("/status")[1], 5)
    with lan.client.probe(VIP) as client:
        wait_until(lambda: client.report().vip().answering(), 5)
        agent.write(content, "bad.yaml")
        if said:
            wait_until(lambda: says(agent, "bad.yaml", said), 5)
        hold(agent.running, 0.3)
        assert not client.report().vip().outages
    assert agent.stop() == 0


for _kind in BAD_FILES:
    case(f"bad input: {_kind}", kind=_kind)(_bad_file)


@case("bad input: files that cannot be read")
def unreadable(lan):
    a = lan.nodes[0]
    agent = Keelvip(a, GOOD)
    (agent.config / "dangling.yaml").symlink_to("nowhere")
    (agent.config / "directory.yaml").mkdir()
    (agent.config / "forbidden.yaml").write_text(GOOD.replace("name: web", "name: forbidden"))
    (agent.config / "forbidden.yaml").chmod(0)
    os.mkfifo(agent.config / "pipe.yaml")
    (agent.config / "strange.yaml").write_text(GOOD.replace("name: web", "name: strange"))
    (agent.config / "strange.yaml").chmod(0o600)
    os.chown(agent.config / "strange.yaml", 65534, 65534)
    agent.start()
    wait_until(lambda: a.holds(VIP), 5)
    wait_until(lambda: says(agent, "strange.yaml", "make root the owner"), 5)
    wait_until(lambda: says(agent, "dangling.yaml") and says(agent, "pipe.yaml"), 5)
    done = agent.cli("validate", agent.config / "dangling.yaml", check=False)
    assert done.returncode == 3 and "dangling.yaml" in done.stderr + done.stdout, done


@case("bad input: the directory is missing: exit 3 and a word about which")
def missing_directory(lan):
    a = lan.nodes[0]
    agent = Keelvip(a, GOOD)
    away = agent.config.rename(agent.directory / "away")
    agent.start(ready=0)
    assert agent.process.wait(40) == 3
    assert str(agent.config) in agent.log(), agent.log()
    away.rename(agent.config)
    agent.start()
    wait_until(lambda: a.holds(VIP), 5)


def _fails(agent, code, *words):
    agent.start(ready=0)
    assert agent.process.wait(40) == code, f"exit code {agent.process.returncode}\n{agent.log()}"
    missing = [word for word in words if not re.search(word, agent.log(), re.IGNORECASE)]
    assert not missing, f"no word of {missing} in: {agent.log()}"


@case("the port is in use: exit 3 and a word about it; nothing was touched")
def port_in_use(lan):
    a = lan.nodes[0]
    with a.inside():
        taken = socket.create_server(("127.0.0.1", 9477))
    with contextlib.closing(taken):
        _fails(Keelvip(a, GOOD), 3, "9477", "in use")
    assert not a.holds(VIP)


@case("no privileges: exit 3 and a word about what is missing")
def no_privileges(lan):
    a = lan.nodes[0]
    agent = Keelvip(a, GOOD)

    def command():
        return ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups",
                "--bounding-set=-all", *Keelvip.command(agent)]
    agent.command = command
    _fails(agent, 3, "NET_ADMIN|NET_RAW|privilege|capabilit")


@case("wrong usage: exit 2 and a hint")
def wrong_usage(lan):
    a = lan.nodes[0]
    agent = Keelvip(a)
    for arguments in (["agent", "--no-such-option"], ["no-such-command"], ["descrbe", "web"],
                      ["agent", "--listen", "nonsense"], ["simulate", "--output", "nonsense"]):
        done = agent.cli(*arguments, check=False)
        assert done.returncode == 2, f"{arguments}: exit code {done.returncode}"
        wrong = arguments[-1] if arguments[0] in ("agent", "simulate") else arguments[0]
        assert wrong in done.stderr, f"{arguments}: {done.stderr}"
        assert done.stderr and "terminate called" not in done.stderr, done.stderr


@case("two VIPs with the same VRID: one runs, the other says that it is in conflict, and with whom")
def same_vrid(lan):
    a = lan.nodes[0]
    rival = VirtualRouter(name="rival", vips=("192.168.0.253/24",), vrid=WEB.vrid)
    agent = alone(lan, GOOD)
    wait_until(lambda: a.holds(VIP), 5)
    agent.write(rival.yaml(ALONE), "rival.yaml")
    wait_until(lambda: says(agent, "conflict", "rival", "web"), 5)
    hold(lambda: a.holds(VIP) and not a.holds("192.168.0.253"), 0.5)
    done = agent.cli("validate", agent.config / "virtualip.yaml", agent.config / "rival.yaml",
                     check=False)
    assert done.returncode == 1
    # The loser has its turn when the winner goes.
    (agent.config / "virtualip.yaml").unlink()
    wait_until(lambda: a.holds("192.168.0.253") and not a.holds(VIP), 5)


@case("two nodes with other addresses under one virtual router ID say so")
def addresses_differ(lan):
    a, b = lan.nodes
    priorities = {a.name: 200, b.name: 100}
    other = dataclasses.replace(WEB, vips=("192.168.0.250/24",))
    Keelvip(a, WEB.yaml(priorities)).start()
    wait_until(lambda: a.holds(WEB.vips[0]), 5)
    backup = Keelvip(b, other.yaml(priorities)).start()
    wait_until(lambda: says(backup, a.address(), "advertises other addresses"), 5)


@case("two nodes with other virtual router IDs for one address both hold it, and say why")
def vrids_differ(lan):
    a, b = lan.nodes
    priorities = {a.name: 200, b.name: 100}
    first = Keelvip(a, WEB.yaml(priorities)).start()
    wait_until(lambda: a.holds(VIP), 5)
    typo = dataclasses.replace(WEB, vrid=15)
    second = Keelvip(b, typo.yaml(priorities)).start()
    wait_until(lambda: b.holds(VIP), 5)
    wait_until(lambda: says(first, b.address(), VIP, "virtual router 15", "is 51 here"), 5)
    wait_until(lambda: says(second, a.address(), VIP, "virtual router 51", "is 15 here"), 5)
    second.write(WEB.yaml(priorities))
    wait_until(lambda: a.holds(VIP) and not b.holds(VIP), 5)
    wait_until(lambda: "Virtual IP is not in conflict" in first.log(), 15)


@case("nodes that differ in version, interval or password say which setting refuses the other's adverts")
def settings_differ(lan):
    a, b = lan.nodes
    priorities = {a.name: 200, b.name: 100}
    second = dataclasses.replace(WEB, version=2, interval_ms=1000, password="secret")
    agent = Keelvip(a, second.yaml(priorities)).start()
    wait_until(lambda: a.holds(VIP), 10)
    backup = Keelvip(b, WEB.yaml(priorities)).start()
    for mistake, setting in (
            (WEB, "spec.vrrpVersion"),
            (dataclasses.replace(second, interval_ms=2000), "2000 ms of spec.advertInterval"),
            (dataclasses.replace(second, password=""), "there is no spec.authentication here"),
            (dataclasses.replace(second, password="sacred"), "their password is not that")):
        backup.write(mistake.yaml(priorities))
        wait_until(lambda said=setting: says(backup, a.address(), "are refused", said), 10)
        assert "secret" not in backup.get("/status")[1]
    backup.write(second.yaml(priorities))
    wait_until(lambda: not b.holds(VIP) and a.holds(VIP), 10)
    assert agent.running()
