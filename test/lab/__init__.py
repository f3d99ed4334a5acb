"""A laboratory LAN in network namespaces, the daemons on it, and a client that measures.

    with Lan("lb-1", "lb-2") as lan:
        a, b = (Keepalived(node, conf).start() for node in lan.nodes)
        with lan.client.probe("192.168.0.254") as client:
            wait_until(lambda: client.report().vip().answers, 10)
            lan.cut(lan.nodes[0])
            ...
"""

from .daemons import Daemon, Keelvip, Keepalived, Nginx, Stopped
from .lan import Lan, LabError, Node, become_root
from .load import busy_processes
from .probe import Report, median
from .router import VirtualRouter
from .suite import case, main
from .waiting import Timeout, elapse, hold, wait_until
from .witness import Witnesses

__all__ = ["Daemon", "Keelvip", "Keepalived", "Lan", "LabError", "Nginx", "Node", "Report",
           "Stopped", "Timeout", "VirtualRouter", "Witnesses", "become_root", "busy_processes", "case",
           "elapse", "hold", "main", "median", "wait_until"]
