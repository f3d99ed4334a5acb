"""The story of examples/two-nginx; the daemons on its two nodes are the caller's choice."""

import os
import pathlib

from .daemons import Keelvip, Keepalived, Nginx
from .waiting import hold, wait_until

EXAMPLE = pathlib.Path(__file__).resolve().parents[2] / "examples/two-nginx"
VIP = "192.168.0.254/24"
SKEW_LB_2 = (256 - 50) / 256
DOWN_INTERVAL_LB_2 = 3 * 2 + SKEW_LB_2
CHECK_PERIOD = 5
PREEMPTION_DELAY = 30


def _daemon(node, kind):
    if kind == "keelvip":
        kind = os.environ.get("LAB_KEELVIP", kind)
    if kind == "keelvip":
        return Keelvip(node, (EXAMPLE / "virtualip.yaml").read_text())
    return Keepalived(node, (EXAMPLE / f"keepalived-{node.name}.conf").read_text())


def tutorial_story(lan, lb_1, lb_2):
    a, b = lan.nodes
    nginx_a, nginx_b = Nginx(a).start(), Nginx(b).start()
    daemon_a, daemon_b = _daemon(a, lb_1), _daemon(b, lb_2)
    with lan.client.probe(VIP, interval_ms=5) as client:
        def answers(node, within):
            return wait_until(lambda: client.report().vip().answering(node.mac()), within,
                              f"the VIP answers from {node.name}")

        # lb-1 starts alone and waits three adverts of 2 s and its skew; lb-2 finds it there.
        daemon_a.start()
        answers(a, 10)
        daemon_b.start()
        hold(lambda: not b.holds(VIP), 2, "lb-2 took the address from lb-1")
        assert lan.client.run("curl", "-s", "http://192.168.0.254/").stdout == "lb-1\n"

        # nginx on lb-1 dies: noticed at the next check, then priority 0 and the skew of lb-2.
        nginx_a.kill()
        answers(b, CHECK_PERIOD + 1 + SKEW_LB_2 + 2)
        assert lan.client.run("curl", "-s", "http://192.168.0.254/").stdout == "lb-2\n"
        wait_until(lambda: not a.holds(VIP), 2)

        # It comes back: lb-1 takes the address back, but not before the delay is over.
        returned = client.report().now
        nginx_a.start()
        answers(a, CHECK_PERIOD + PREEMPTION_DELAY + DOWN_INTERVAL_LB_2 + 5)
        waited = client.report().vip().takeover(a.mac())["first"] - returned
        assert waited > PREEMPTION_DELAY, f"lb-1 preempted after {waited:.1f} s"
        wait_until(lambda: not b.holds(VIP), 2)

        # lb-1 is stopped in good order: gone at once, and lb-2 follows after its skew.
        stopped = daemon_a.terminate()
        answers(b, SKEW_LB_2 + 2)
        taken = client.report().vip().takeover(b.mac())["first"] - stopped
        assert taken < SKEW_LB_2 + 2, f"lb-2 took over after {taken:.2f} s"
        assert nginx_b.running()
