"""The field of play: three routers, the client and the observer, and what can be done to them."""

import contextlib
import ctypes
import dataclasses
import itertools
import os
import subprocess

from lab import Keelvip, Keepalived, LabError, VirtualRouter, wait_until

VIP = "192.168.0.254"
WEB = VirtualRouter(vips=(f"{VIP}/24",))
SPARE = VirtualRouter(name="spare", vips=("192.168.0.253/24",), vrid=52)
PRIORITIES = {"lb-1": 200, "lb-2": 150, "lb-3": 100}
MIXES = {"keelvip": (Keelvip, Keelvip, Keelvip), "mixed": (Keelvip, Keepalived, Keelvip)}

_CLONE_NEWNS = 0x20000
_tables = itertools.count(1)


def private_mounts():
    """What this program mounts from now on is seen by its children only, and ends with them."""
    if ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWNS) != 0:
        raise LabError(f"no mount namespace: {os.strerror(ctypes.get_errno())}")
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)


class Field:
    """Who plays; a context manager, inside of which all daemons run."""

    def __init__(self, lan, mix):
        self.lan = lan
        self.daemons = [self._daemon(kind, node) for kind, node in zip(MIXES[mix], lan.nodes)]
        self.specs = [number for number, daemon in enumerate(self.daemons)
                      if isinstance(daemon, Keelvip)]
        lan.observer.run("ip", "netns", "exec", lan.switch, "nft", "--version")

    def _daemon(self, kind, node):
        if kind is Keepalived:
            return WEB.keepalived(node, PRIORITIES)
        # A disk of its own, so that it can be full.
        directory = node.directory / "keelvip"
        directory.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k,mode=755", "tmpfs", directory],
                       check=True)
        return WEB.keelvip(node, PRIORITIES)

    def __enter__(self):
        for daemon in self.daemons:
            daemon.start()
        return self

    def __exit__(self, *_):
        for daemon in self.daemons:
            daemon.kill()
            if isinstance(daemon, Keelvip):
                subprocess.run(["umount", "--lazy", daemon.directory], check=False)

    def forget_logs(self):
        for daemon in self.daemons:
            os.truncate(daemon.log_file, 0)

    # The healthy state.

    def settled(self, report):
        """Asserts that the best router, and no other, holds the VIP, and that all know it."""
        best = self.lan.nodes[0]
        assert report.vip().answering(best.mac()), f"{VIP} does not answer from {best.name}"
        latest = max(report.adverts, key=lambda advert: advert["last"], default=None)
        assert latest and latest["mac"] == best.mac(), f"{best.name} does not advertise"
        for number, (node, daemon) in enumerate(zip(self.lan.nodes, self.daemons)):
            assert daemon.running(), f"{daemon.name} on {node.name} has ended"
            assert node.holds(VIP) == (number == 0), f"{node.name}: {sorted(node.addresses())}"
            assert not node.holds(SPARE.vips[0]), f"{node.name} still has {SPARE.vips[0]}"
            if isinstance(daemon, Keelvip):
                role = daemon.role()
                assert role == ("Backup" if number else "Active"), f"{node.name} says {role}"
        return True

    # What can be done to it.

    def edit(self, number, **change):
        """Replaces the spec of the VIP on a node: priorities={...}, or fields of the router."""
        priorities = change.pop("priorities", PRIORITIES)
        self.daemons[number].write(dataclasses.replace(WEB, **change).yaml(priorities))

    @contextlib.contextmanager
    def filtered(self, *rules):
        """Frames that the bridge drops: (from node, to node, percent)."""
        table = f"chaos{next(_tables)}"
        lines = [f'  iifname "{self.lan.port(self.lan.nodes[one])}" '
                 f'oifname "{self.lan.port(self.lan.nodes[other])}" '
                 f"{f'numgen random mod 100 < {percent} ' if percent < 100 else ''}drop\n"
                 for one, other, percent in rules]
        self._nft(f"table bridge {table} {{\n chain forward {{\n"
                  f"  type filter hook forward priority 0;\n{''.join(lines)} }}\n}}\n")
        try:
            yield
        finally:
            self._nft(f"delete table bridge {table}\n")

    def _nft(self, text):
        subprocess.run(["ip", "netns", "exec", self.lan.switch, "nft", "-f", "-"], input=text,
                       text=True, check=True)

    @contextlib.contextmanager
    def full_disk(self, number):
        """The node's directory for config, state and log takes not one byte more."""
        balloon = self.daemons[number].directory / "balloon"
        with open(balloon, "wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(b"x" * 512)
        try:
            yield
        finally:
            balloon.unlink()

    def spare_answers(self, number, there):
        """Waits until the second VIP is on the node, or gone."""
        node = self.lan.nodes[number]
        wait_until(lambda: node.holds(SPARE.vips[0]) == there, 5,
                   f"{SPARE.vips[0]} {'comes to' if there else 'leaves'} {node.name}")
