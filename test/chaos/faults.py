"""Kinds of faults: each draws what it will do from a seeded `chance`, and knows what VRRP allows.

The bounds are sums of what a client may wait, without the slack of a busy machine:
TAKEOVER, from the last advert of a dead Active to the last Backup's takeover; SKEW, the part of it
that is left after a priority of 0; HEALED, until the survivor of a split has announced itself.
A node that is killed or frozen as a whole keeps its addresses, and answers, until its lease is
over: that costs no outage, but two holders. One that is stopped or drained leaves without a gap.
"""

import contextlib
import dataclasses

from lab import busy_processes, elapse, wait_until
from chaos.field import PRIORITIES, SPARE, VIP, WEB

TAKEOVER = WEB.down_interval(min(PRIORITIES.values()))
SKEW = WEB.skew(min(PRIORITIES.values()))
ADVERT = WEB.interval_ms / 1000
HEALED = 0.02
REPAIRED = 0.01
LEASE = 3
LAST_GASP = 0.05  # until a guard has taken the addresses of its dead worker away
RESTART = 0.3  # until a started agent has found and removed what the last one left
SPECS = frozenset(("specs",))
FOREIGN = ("192.168.0.77/24", "10.1.2.3/32", "fd00::77/64")
INVALID = ("virtualRouterID: 999", "priority: 100\n  virtualRouterID: x", "unknown: 1", "[")


@dataclasses.dataclass
class Fault:
    kind: str
    words: str
    strike: object  # does it, lets it last, undoes it
    outage: float = 0
    two: float = 0  # seconds with two holders
    quiet: bool = False  # nobody may even notice an election
    touches: frozenset = frozenset()  # of two at once no two may touch the same


KINDS = {}


def kind(function):
    KINDS[function.__name__.replace("_", " ")] = function
    return function


def _target(chance, numbers=(0, 1, 2)):
    """The best router, which holds the VIP, every other time."""
    return numbers[0] if chance.random() < 0.5 else chance.choice(numbers[1:])


class _Draw:
    """Chance, and words about the node that was drawn."""

    def __init__(self, chance, field, alone, specs_only=False):
        self.number = _target(chance, tuple(field.specs) if specs_only else (0, 1, 2))
        self.name = field.lan.nodes[self.number].name
        self.touches = frozenset((self.name,))
        # With two faults at once anybody may be the holder when hit.
        self.holder = self.number == 0 or not alone
        # Keelvip answers until its successor does; keepalived says priority 0 and is gone.
        self.leaving = 0 if self.number in field.specs else SKEW * self.holder

    def left_behind(self, field, seconds):
        """For how long others hold what this node, which is silent for so long, still has, too."""
        return (min(seconds, LEASE) if self.number in field.specs else seconds) * self.holder


@kind
def kill(chance, field, alone):
    hit = _Draw(chance, field, alone)
    seconds = chance.uniform(0.05, 6)

    def strike(field):
        daemon = field.daemons[hit.number]
        daemon.kill()
        elapse(seconds)
        daemon.start()
    return Fault("kill", f"{hit.name}: kill -9 of all, restarted after {seconds:.1f} s", strike,
                 TAKEOVER * hit.holder, hit.left_behind(field, seconds + RESTART), not hit.holder,
                 touches=hit.touches)


@kind
def worker(chance, field, alone):
    hit = _Draw(chance, field, alone, specs_only=True)
    times = chance.choice((1, 1, 2))

    def strike(field):
        for _ in range(times):
            wait_until(field.daemons[hit.number].worker, 5, "there is a worker to kill")
            field.daemons[hit.number].kill_worker()
            elapse(0.5)
    return Fault("worker", f"{hit.name}: kill -9 of the worker, {times} times", strike,
                 (SKEW + HEALED) * times * hit.holder, LAST_GASP * times * hit.holder,
                 not hit.holder, touches=hit.touches)


@kind
def freeze(chance, field, alone):
    hit = _Draw(chance, field, alone)
    seconds = chance.uniform(0.2, 8)

    def strike(field):
        daemon = field.daemons[hit.number]
        daemon.freeze()
        elapse(seconds)
        daemon.thaw()
    return Fault("freeze", f"{hit.name}: frozen for {seconds:.1f} s", strike,
                 0, hit.left_behind(field, seconds), not hit.holder,
                 touches=hit.touches)


@kind
def stop(chance, field, alone):
    hit = _Draw(chance, field, alone)
    seconds = chance.uniform(0, 2)

    def strike(field):
        daemon = field.daemons[hit.number]
        daemon.stop()
        elapse(seconds)
        daemon.start()
    return Fault("stop", f"{hit.name}: SIGTERM, restarted after {seconds:.1f} s", strike,
                 hit.leaving, ADVERT * hit.holder, not hit.holder,
                 touches=hit.touches)


@kind
def drain(chance, field, alone):
    hit = _Draw(chance, field, alone, specs_only=True)
    seconds = chance.uniform(0, 2)

    def strike(field):
        daemon = field.daemons[hit.number]
        daemon.cli("drain", "--state", daemon.state)
        elapse(seconds)
        daemon.cli("undrain", "--state", daemon.state, check=False)  # another fault may keep it out
    return Fault("drain", f"{hit.name}: drained for {seconds:.1f} s", strike,
                 hit.leaving, ADVERT * hit.holder, not hit.holder,
                 touches=hit.touches)


@kind
def flap(chance, field, alone):
    hit = _Draw(chance, field, alone)
    flaps = [(chance.uniform(0.01, 0.1), chance.uniform(0.01, 0.1))
             for _ in range(chance.randint(2, 40))]

    def strike(field):
        node = field.lan.nodes[hit.number]
        for down, up in flaps:
            field.lan.unplug(node)
            elapse(down)
            field.lan.plug(node)
            elapse(up)
    seconds = sum(map(sum, flaps))
    return Fault("flap", f"{hit.name}: link flaps {len(flaps)} times in {seconds:.1f} s", strike,
                 TAKEOVER * hit.holder, ADVERT * hit.holder, not hit.holder,
                 touches=hit.touches)


@kind
def carrier(chance, field, alone):
    hit = _Draw(chance, field, alone)
    seconds = chance.uniform(0.05, 3)

    def strike(field):
        node = field.lan.nodes[hit.number]
        field.lan.unplug(node)
        elapse(seconds)
        field.lan.plug(node)
    return Fault("carrier", f"{hit.name}: no carrier for {seconds:.1f} s", strike,
                 TAKEOVER * hit.holder, ADVERT * hit.holder, not hit.holder,
                 touches=hit.touches)


@kind
def down(chance, field, alone):
    hit = _Draw(chance, field, alone)
    seconds = chance.uniform(0.05, 3)

    def strike(field):
        node = field.lan.nodes[hit.number]
        node.ip("link", "set", "eth0", "down")
        elapse(seconds)
        node.ip("link", "set", "eth0", "up")
    return Fault("down", f"{hit.name}: interface set down for {seconds:.1f} s", strike,
                 TAKEOVER * hit.holder, ADVERT * hit.holder, not hit.holder,
                 touches=hit.touches)


@kind
def recreate(chance, field, alone):
    hit = _Draw(chance, field, alone)
    seconds = chance.uniform(0, 2)

    def strike(field):
        node = field.lan.nodes[hit.number]
        node.ip("link", "delete", "eth0")
        elapse(seconds)
        field.lan.add_interface(node)
    return Fault("recreate", f"{hit.name}: interface deleted, back after {seconds:.1f} s", strike,
                 TAKEOVER * hit.holder, ADVERT * hit.holder, not hit.holder,
                 touches=hit.touches)


@kind
def cut(chance, field, alone):
    hit = _Draw(chance, field, alone)
    seconds = chance.uniform(0.1, 3)

    def strike(field):
        node = field.lan.nodes[hit.number]
        field.lan.cut(node)
        elapse(seconds)
        field.lan.heal(node)
    return Fault("cut", f"{hit.name}: off the LAN without notice for {seconds:.1f} s", strike,
                 (TAKEOVER + HEALED) * hit.holder, ADVERT,
                 touches=hit.touches)


@kind
def partition(chance, field, alone):
    hit = _Draw(chance, field, alone)
    seconds = chance.uniform(0.1, 3)
    way = chance.choice(("hears no other", "is heard by no other", "and the others hear nothing"))

    def strike(field):
        others = [number for number in range(3) if number != hit.number]
        rules = [(hit.number, other, 100) for other in others if way != "hears no other"]
        rules += [(other, hit.number, 100) for other in others if way != "is heard by no other"]
        with field.filtered(*rules):
            elapse(seconds)
    return Fault("partition", f"{hit.name}: {way} for {seconds:.1f} s", strike,
                 HEALED, seconds + ADVERT,
                 touches=hit.touches)


@kind
def loss(chance, field, alone):
    seconds = chance.uniform(1, 6)
    ways = [(one, other, chance.choice((1, 10, 30, 50)))
            for one in range(3) for other in range(3) if one != other]

    def strike(field):
        with field.filtered(*ways):
            elapse(seconds)
    percents = "/".join(str(percent) for _, _, percent in ways)
    # Each advert that gets through ends a split that lost adverts began.
    return Fault("loss", f"{percents} % lost between routers for {seconds:.1f} s", strike,
                 HEALED * (1 + seconds), seconds + ADVERT)


@kind
def delete(chance, field, alone):
    hit = _Draw(chance, field, alone)
    times = chance.randint(1, 5)

    def strike(field):
        node = field.lan.nodes[hit.number]
        for _ in range(times):
            node.run("ip", "address", "del", f"{VIP}/24", "dev", "eth0", check=False)
            elapse(0.05)
    return Fault("delete", f"{hit.name}: the VIP deleted {times} times", strike,
                 REPAIRED * times * hit.holder, 0, alone,
                 touches=hit.touches)


@kind
def primary(chance, field, alone):
    hit = _Draw(chance, field, alone)
    seconds = chance.uniform(0, 0.5)

    def strike(field):
        node = field.lan.nodes[hit.number]
        own = (f"{node.address()}/24", "dev", "eth0")
        node.ip("address", "del", *own)
        elapse(seconds)
        node.ip("address", "add", *own, "brd", "+")
    return Fault("primary", f"{hit.name}: own address deleted, back after {seconds:.1f} s", strike,
                 TAKEOVER * hit.holder, ADVERT * hit.holder, not hit.holder,
                 touches=hit.touches)


@kind
def foreign(chance, field, alone):
    hit = _Draw(chance, field, alone)

    def strike(field):
        node = field.lan.nodes[hit.number]
        before = node.addresses()
        for address in FOREIGN:
            node.run("ip", "address", "add", address, "dev", "eth0",
                     *["nodad"] * (":" in address), check=False)
        elapse(0.5)
        missing = set(FOREIGN) - node.addresses()
        assert not missing or not alone, f"{missing} of {FOREIGN} vanished; before: {before}"
        for address in FOREIGN:
            node.run("ip", "address", "del", address, "dev", "eth0", check=False)
    return Fault("foreign", f"{hit.name}: foreign addresses added and removed", strike, quiet=alone,
                 touches=hit.touches)


@kind
def move(chance, field, alone):
    other = chance.choice(field.specs[1:])
    seconds = chance.uniform(0.5, 2)

    def strike(field):
        for number in field.specs:
            field.edit(number, priorities=PRIORITIES | {field.lan.nodes[other].name: 250})
        elapse(seconds)
        for number in field.specs:
            field.edit(number)
    return Fault("move", f"{field.lan.nodes[other].name}: priority 250 for {seconds:.1f} s", strike,
                 2 * HEALED, 2 * ADVERT,
                 touches=SPECS)


@kind
def lower(chance, field, alone):
    seconds = chance.uniform(0.5, 2)

    def strike(field):
        field.edit(0, priorities=PRIORITIES | {"lb-1": 50})
        elapse(seconds)
        field.edit(0)
    return Fault("lower", f"lb-1: priority 50 for {seconds:.1f} s", strike, 2 * HEALED, 2 * ADVERT,
                 touches=SPECS)


@kind
def second(chance, field, alone):
    seconds = chance.uniform(0.2, 1)

    def strike(field):
        for number in field.specs:
            field.daemons[number].write(SPARE.yaml(PRIORITIES), "spare.yaml")
        with contextlib.ExitStack() as undo:
            for number in field.specs:
                undo.callback((field.daemons[number].config / "spare.yaml").unlink)
            if alone:
                field.spare_answers(0, True)
            elapse(seconds)
        if alone:
            field.spare_answers(0, False)
    return Fault("second", f"a second VIP comes and goes after {seconds:.1f} s", strike, quiet=alone,
                 touches=SPECS)


@kind
def invalid(chance, field, alone):
    hit = _Draw(chance, field, alone, specs_only=True)
    wrong = chance.choice(INVALID)

    def strike(field):
        text = WEB.yaml(PRIORITIES).replace("virtualRouterID: 51", wrong)
        field.daemons[hit.number].write(text)
        elapse(0.5)
        field.edit(hit.number)
    return Fault("invalid", f"{hit.name}: an invalid edit ({wrong.splitlines()[-1].strip()})",
                 strike, quiet=alone,
                 touches=hit.touches | SPECS)


@kind
def disk(chance, field, alone):
    hit = _Draw(chance, field, alone, specs_only=True)

    def strike(field):
        daemon = field.daemons[hit.number]
        half = daemon.config / "half.yaml"
        with field.full_disk(hit.number):
            with contextlib.suppress(OSError):
                daemon.write(WEB.yaml(PRIORITIES) * 20)
            with contextlib.suppress(OSError):
                half.write_text(SPARE.yaml(PRIORITIES) * 20)
            daemon.stop()
            daemon.start()
            elapse(1)
        half.unlink(missing_ok=True)
    return Fault("disk", f"{hit.name}: disk full, agent restarted", strike,
                 hit.leaving, ADVERT * hit.holder, not hit.holder,
                 touches=hit.touches | SPECS)


@kind
def burn(chance, field, alone):
    seconds = chance.uniform(2, 5)

    def strike(_):
        with busy_processes(8):
            elapse(seconds)
    return Fault("burn", f"8 busy processes for {seconds:.1f} s", strike, quiet=alone)
