"""Lan: a bridge and nodes, each in a network namespace of its own; nothing touches the host's."""

import ctypes
import contextlib
import ipaddress
import itertools
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

from .probe import Probe

_PREFIX = "keelvip-lab-"
_CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)
_numbers = itertools.count(1)


class LabError(Exception):
    """The laboratory itself cannot work here."""


def become_root():
    """Starts this program again through sudo when it does not run as root."""
    if os.geteuid() == 0:
        return
    if shutil.which("sudo") is None:
        raise LabError("network namespaces need root, and there is no sudo")
    kept = "KEELVIP,LAB_KEELVIP,LAN_PROBE,ASAN_OPTIONS,UBSAN_OPTIONS,TSAN_OPTIONS"
    os.execvp("sudo", ["sudo", f"--preserve-env={kept}", sys.executable, *sys.argv])


def _ip(*arguments, batch=None):
    command = ["ip", *arguments] + (["-batch", "-"] if batch is not None else [])
    done = subprocess.run(command, input=batch, capture_output=True, text=True)
    if done.returncode != 0:
        raise LabError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


def sweep():
    """Removes the namespaces of runs that were killed before they could clean up."""
    for name in os.listdir("/run/netns") if os.path.isdir("/run/netns") else []:
        if name.startswith(_PREFIX):
            owner = name[len(_PREFIX):].split("-")[0]
            if not os.path.exists(f"/proc/{owner}"):
                subprocess.run(["ip", "netns", "delete", name], capture_output=True)


def die_with_parent():
    """For a child before exec: a laboratory that is killed leaves no daemon behind."""
    _libc.prctl(1, signal.SIGKILL)


class Node:
    """A machine on the LAN: its own interfaces eth0, eth1, ..., addresses, processes."""

    def __init__(self, lan, name, host):
        self.lan = lan
        self.name = name
        self.host = host  # the last part of its addresses
        self.namespace = f"{lan.id}-{name}"
        self.directory = lan.directory / name
        self.directory.mkdir()
        self.daemons = []

    def address(self, segment=0):
        """Its IPv4 address on a segment, without prefix length."""
        return str(self.lan.networks[segment][self.host])

    def address6(self, segment=0):
        return str(self.lan.networks6[segment][self.host])

    def command(self, *arguments):
        return ["ip", "netns", "exec", self.namespace, *map(str, arguments)]

    def run(self, *arguments, check=True, **options):
        """Runs a command on the node to its end; text output is captured."""
        done = subprocess.run(self.command(*arguments), capture_output=True, text=True, **options)
        if check and done.returncode != 0:
            raise AssertionError(f"{self.name}: {' '.join(map(str, arguments))} exits with "
                                 f"{done.returncode}: {done.stderr.strip()}")
        return done

    def ip(self, *arguments):
        return _ip("-n", self.namespace, *map(str, arguments))

    def addresses(self, interface="eth0"):
        """Its addresses with prefix lengths, as the kernel has them now."""
        with contextlib.suppress(LabError):
            found = json.loads(self.ip("-j", "address", "show", "dev", interface))
            return {f"{info['local']}/{info['prefixlen']}"
                    for link in found for info in link.get("addr_info", []) if "local" in info}
        return set()

    def holds(self, vip, interface="eth0"):
        """Whether the kernel has the address, whatever its prefix length."""
        vip = vip.split("/")[0]
        return any(address.split("/")[0] == vip for address in self.addresses(interface))

    def mac(self, interface="eth0"):
        return json.loads(self.ip("-j", "link", "show", "dev", interface))[0]["address"]

    @contextlib.contextmanager
    def inside(self):
        """This thread is on the node: sockets that it opens belong there."""
        with open("/proc/thread-self/ns/net") as home, \
                open(f"/run/netns/{self.namespace}") as there:
            self._enter(there)
            try:
                yield
            finally:
                self._enter(home)

    @staticmethod
    def _enter(namespace):
        if _libc.setns(namespace.fileno(), _CLONE_NEWNET) != 0:
            raise LabError(os.strerror(ctypes.get_errno()))

    def probe(self, *vips, **options):
        """A client on this node that asks the VIPs; see Probe."""
        return Probe(self, vips, **options)


class Lan:
    """Nodes, a client and an observer on one bridge (or several: segments). A context manager.

    Segment i is 192.168.i.0/24 unless `networks` says otherwise, and fd00:i::/64; it is interface
    eth<i> of every node. Nodes have the host parts 11, 12, ...; the client 200, the observer 201.
    """

    def __init__(self, *nodes, networks=("192.168.0.0/24",)):
        sweep()
        self.id = f"{_PREFIX}{os.getpid()}-{next(_numbers)}"
        self.networks = [ipaddress.ip_network(network) for network in networks]
        self.networks6 = [ipaddress.ip_network(f"fd00:{i:x}::/64") for i in range(len(networks))]
        self._names = nodes
        self._cut = set()

    def __enter__(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix=self.id + "-"))
        self.directory.chmod(0o755)
        self.switch = f"{self.id}-switch"
        self._namespaces = []
        self.nodes = []
        try:
            self._build()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for node in getattr(self, "_all", []):
            for daemon in node.daemons:
                daemon.kill()
        for namespace in self._namespaces:
            subprocess.run(["ip", "netns", "delete", namespace], capture_output=True)
        shutil.rmtree(self.directory, ignore_errors=True)

    def _build(self):
        self._add_namespace(self.switch)
        _ip("-n", self.switch, batch="".join(
            f"link add br{i} type bridge mcast_snooping 0 forward_delay 0 stp_state 0\n"
            f"link set br{i} up\n" for i in range(len(self.networks))))
        self.nodes = [Node(self, name, 11 + i) for i, name in enumerate(self._names)]
        self.client = Node(self, "client", 200)
        self.observer = Node(self, "observer", 201)
        self._all = [*self.nodes, self.client, self.observer]
        for node in self._all:
            self._plug_in(node)

    def _add_namespace(self, name):
        _ip("netns", "add", name)
        self._namespaces.append(name)

    def _plug_in(self, node):
        self._add_namespace(node.namespace)
        # Duplicate address detection would delay each IPv6 address by a second or more.
        node.run("sh", "-c", "cd /proc/sys/net/ipv6/conf; for i in all default; do"
                 " echo 0 >$i/accept_dad; echo 0 >$i/accept_ra; done")
        node.ip("link", "set", "lo", "up")
        for segment in range(len(self.networks)):
            self.add_interface(node, segment)

    def add_interface(self, node, segment=0):
        """(Re)creates eth<segment> of the node, with its addresses."""
        interface, port = f"eth{segment}", self.port(node, segment)
        network, network6 = self.networks[segment], self.networks6[segment]
        _ip("-n", self.switch, batch=f"""\
link add {port} type veth peer name {interface} netns {node.namespace}
link set {port} master br{segment}
link set {port} up
""")
        _ip("-n", node.namespace, batch=f"""\
address add {network[node.host]}/{network.prefixlen} brd + dev {interface}
address add {network6[node.host]}/{network6.prefixlen} dev {interface} nodad
link set {interface} up
""")

    def port(self, node, segment=0):
        return f"{node.name}.{segment}"

    def _set_ports(self, node, *setting):
        for segment in range(len(self.networks)):
            _ip("-n", self.switch, "link", "set", self.port(node, segment),
                *(word.format(segment=segment) for word in setting))

    def cut(self, node):
        """The node is dead to the LAN from one frame to the next, and does not notice."""
        self._set_ports(node, "nomaster")

    def heal(self, node):
        self._set_ports(node, "master", "br{segment}")

    def unplug(self, node):
        """The node's interfaces lose their carrier."""
        self._set_ports(node, "down")

    def plug(self, node):
        self._set_ports(node, "up")
