"""Two agents with many virtual routers, and everything that is changed about them all the time."""

import dataclasses
import socket

from lab import Keelvip, VirtualRouter, elapse

NETWORK = "10.9.0.0/16"
GROUP = 10  # virtual routers in a file of specs
BETTER, WORSE = 150, 100
PAGES = ("/metrics", "/status", "/readyz?verbose", "/livez", "/nowhere",
         "/apis/keelvip.io/v1alpha1/virtualips")
BROKEN = ("spec: [", "kind: VirtualIP\n", "apiVersion: keelvip.io/v1alpha1\nkind: VirtualIP\n"
          "metadata: {name: vip-001}\nspec: {addresses: [10.9.1.1/32], virtualRouterID: 999}\n",
          "\0\1\2", "a: &a [*a]\n", "x" * 20000)


@dataclasses.dataclass
class Group:
    """The routers of one file; what may change about them, and what it is at rest."""
    routers: list
    rest: int  # the node that is better at rest
    better: int = 0
    wide: bool = False
    removed: bool = False

    def settle(self):
        self.better, self.wide, self.removed = self.rest, False, False

    def text(self, names):
        priorities = {name: BETTER if i == self.better else WORSE for i, name in enumerate(names)}
        routers = self.routers
        if self.wide:
            routers = [dataclasses.replace(router, vips=(*router.vips, _second(router)))
                       for router in routers]
        return "---\n".join(router.yaml(priorities) for router in routers)


def _second(router):
    return router.vips[0].replace("10.9.1.", "10.9.2.")


class Cluster:
    """The agents, the files of both, and one method per kind of change: each draws from `chance`."""

    def __init__(self, lan, count, chance):
        self.lan = lan
        self.chance = chance
        self.names = [node.name for node in lan.nodes]
        routers = [VirtualRouter(name=f"vip-{i:03}", vips=(f"10.9.1.{i}/32",), vrid=i)
                   for i in range(1, count + 1)]
        self.groups = [Group(routers[i:i + GROUP], rest=i // GROUP % 2)
                       for i in range(0, count, GROUP)]
        self.agents = [Keelvip(node) for node in lan.nodes]
        self.rest()

    def rest(self):
        """Everything as it was in the beginning."""
        for number, group in enumerate(self.groups):
            group.settle()
            self._write(number)
        for agent in self.agents:
            (agent.config / "broken.yaml").unlink(missing_ok=True)

    def at_rest(self):
        """Whether each node holds exactly the VIPs that it holds at rest."""
        for number, node in enumerate(self.lan.nodes):
            expected = {router.vips[0] for group in self.groups if group.rest == number
                        for router in group.routers}
            held = {address for address in node.addresses() if address.endswith("/32")}
            assert held == expected, (f"{node.name} lacks {sorted(expected - held)[:3]}, "
                                      f"has {sorted(held - expected)[:3]} too much")
        return True

    def _write(self, number):
        group = self.groups[number]
        for agent in self.agents:
            name = f"group-{number:02}.yaml"
            if group.removed:
                (agent.config / name).unlink(missing_ok=True)
            else:
                agent.write(group.text(self.names), name)

    def _some_group(self):
        return self.chance.randrange(len(self.groups))

    def move(self):
        number = self._some_group()
        self.groups[number].better ^= 1
        self._write(number)

    def resize(self):
        number = self._some_group()
        self.groups[number].wide ^= True
        self._write(number)

    def remove(self):
        number = self._some_group()
        self.groups[number].removed ^= True
        self._write(number)

    def break_file(self):
        text = self.chance.choice(BROKEN)
        for agent in self.agents:
            agent.write(text, "broken.yaml")

    def delete_addresses(self):
        node = self.chance.choice(self.lan.nodes)
        held = sorted(address for address in node.addresses() if address.endswith("/32"))
        for address in self.chance.sample(held, min(5, len(held))):
            node.run("ip", "address", "del", address, "dev", "eth0", check=False)

    def add_foreign(self):
        node = self.chance.choice(self.lan.nodes)
        for verb in ("add", "del"):
            node.run("ip", "address", verb, "10.9.3.1/16", "dev", "eth0", check=False)

    def flap(self):
        node = self.chance.choice(self.lan.nodes)
        self.lan.unplug(node)
        elapse(self.chance.uniform(0, 1))
        self.lan.plug(node)

    def part(self):
        node = self.chance.choice(self.lan.nodes)
        self.lan.cut(node)
        elapse(self.chance.uniform(0.1, 1.5))
        self.lan.heal(node)

    def freeze(self):
        agent = self.chance.choice(self.agents)
        agent.freeze()
        elapse(self.chance.uniform(0.1, 1.5))
        agent.thaw()

    def scrape(self):
        for agent in self.agents:
            for page in PAGES:
                agent.get(page)

    def hang_up(self):
        """Clients that say half of what they wanted and leave."""
        agent = self.chance.choice(self.agents)
        for words in (b"", b"GET /metrics HT", b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"):
            with agent.node.inside():
                client = socket.create_connection(("127.0.0.1", 9477), timeout=5)
            with client:
                client.sendall(words)


KINDS = {Cluster.move: 6, Cluster.resize: 4, Cluster.remove: 4, Cluster.break_file: 2,
         Cluster.delete_addresses: 6, Cluster.add_foreign: 3, Cluster.flap: 2, Cluster.part: 1,
         Cluster.freeze: 1, Cluster.scrape: 4, Cluster.hang_up: 2}
