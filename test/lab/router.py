"""VirtualRouter: one virtual router, written as a VirtualIP document or as a keepalived.conf."""

import dataclasses

from .daemons import Keelvip, Keepalived


@dataclasses.dataclass(frozen=True)
class VirtualRouter:
    name: str = "web"
    vips: tuple = ("192.168.0.254/24",)
    vrid: int = 51
    version: int = 3
    interval_ms: int = 100
    password: str = ""
    preemption: str = "Immediate"  # Immediate | Never | Delayed, then delay_seconds
    delay_seconds: int = 0
    interface: str = "eth0"
    lease_seconds: int = 3  # Keelvip only
    checks: str = ""  # YAML of the list, for Keelvip only

    def skew(self, priority):
        """Seconds that a Backup waits beyond three adverts (RFC 9568 6.1, RFC 3768 6.1)."""
        interval = 1 if self.version == 2 else self.interval_ms / 1000
        return (256 - priority) / 256 * interval

    def down_interval(self, priority):
        """Seconds from the last advert of a dead Active to its Backup's takeover."""
        return 3 * self.interval_ms / 1000 + self.skew(priority)

    def yaml(self, priorities):
        """The document for these nodes: {name: priority}."""
        nodes = ", ".join(f"{{name: {node}, priority: {priority}}}"
                          for node, priority in priorities.items())
        lines = [
            "apiVersion: keelvip.io/v1alpha1",
            "kind: VirtualIP",
            f"metadata: {{name: {self.name}}}",
            "spec:",
            f"  addresses: [{', '.join(f'{vip!r}' for vip in self.vips)}]",
            f"  interface: {self.interface}",
            f"  virtualRouterID: {self.vrid}",
            f"  vrrpVersion: {self.version}",
            f"  advertIntervalMilliseconds: {self.interval_ms}",
            f"  nodes: [{nodes}]",
        ]
        delay = f", delaySeconds: {self.delay_seconds}" if self.preemption == "Delayed" else ""
        lines.append(f"  preemption: {{mode: {self.preemption}{delay}}}")
        if self.lease_seconds != VirtualRouter.lease_seconds:
            lines.append(f"  lease: {{durationSeconds: {self.lease_seconds}}}")
        if self.password:
            lines.append(f"  authentication: {{type: SimpleText, password: {self.password!r}}}")
        if self.checks:
            lines.append(f"  healthChecks: {self.checks}")
        return "\n".join(lines) + "\n"

    def conf(self, priority):
        """The vrrp_instance for a keepalived.conf."""
        preemption = {"Immediate": "", "Never": "  nopreempt\n",
                      "Delayed": f"  preempt_delay {self.delay_seconds}\n"}[self.preemption]
        password = f"  authentication {{\n    auth_type PASS\n    auth_pass {self.password}\n  }}\n"
        return (f"vrrp_instance {self.name} {{\n  state BACKUP\n  interface {self.interface}\n"
                f"  virtual_router_id {self.vrid}\n  version {self.version}\n"
                f"  priority {priority}\n  advert_int {self.interval_ms / 1000:g}\n"
                f"{preemption}{password if self.password else ''}"
                f"  virtual_ipaddress {{\n"
                + "".join(f"    {vip}\n" for vip in self.vips) + "  }\n}\n")

    def keelvip(self, node, priorities):
        return Keelvip(node, self.yaml(priorities))

    def keepalived(self, node, priorities):
        return Keepalived(node, self.conf(priorities[node.name]))
