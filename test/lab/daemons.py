"""The daemons of the laboratory: started on a node, stopped, killed, frozen by process id only."""

import contextlib
import http.client
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time

from .lan import LabError, die_with_parent
from .waiting import wait_until

_ROOT = pathlib.Path(__file__).resolve().parents[2]


class Stopped(Exception):
    """The daemon ended although nobody asked it to. No AssertionError: waiting would not help."""


def _require(program, package):
    if shutil.which(program) is None:
        raise LabError(f"{program} is missing: apt-get install {package}")


def _alive(pid):
    """Whether any of its threads is: the others may hold its sockets when the first is a zombie."""
    for stat in pathlib.Path(f"/proc/{pid}/task").glob("*/stat"):
        with contextlib.suppress(OSError):
            if stat.read_text().rpartition(")")[2].split()[0] not in "ZX":
                return True
    return False


class Daemon:
    """A process on a node with its descendants, and its log."""

    def __init__(self, node, name):
        self.node = node
        self.name = name
        self.process = None
        self.directory = node.directory / name
        self.directory.mkdir(exist_ok=True)
        self.log_file = self.directory / "log"
        node.daemons.append(self)

    def command(self):
        raise NotImplementedError

    def start(self, **options):
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen(
                self.node.command(*self.command()), stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, start_new_session=True, preexec_fn=die_with_parent, cwd="/", **options)
        return self

    @property
    def pid(self):
        return self.process.pid

    def running(self):
        return self.process is not None and self.process.poll() is None

    def log(self):
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def last_words(self, lines=20):
        return "\n".join(self.log().splitlines()[-lines:])

    def processes(self):
        """Its process ids, the first one's first, then all descendants."""
        found, rest = [], [self.pid] if self.running() else []
        while rest:
            pid = rest.pop()
            found.append(pid)
            with contextlib.suppress(OSError):
                for task in os.listdir(f"/proc/{pid}/task"):
                    children = pathlib.Path(f"/proc/{pid}/task/{task}/children").read_text()
                    rest += map(int, children.split())
        return found

    def signal(self, number):
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def stop(self, seconds=40):
        """SIGTERM to the first process, as a service manager does; waits; returns the exit code."""
        self.terminate()
        return self.process.wait(seconds)

    def terminate(self):
        """SIGTERM without waiting; returns the time of day at which it was sent."""
        now = time.time()
        os.kill(self.pid, signal.SIGTERM)
        return now

    def kill(self):
        """SIGKILL to all its processes, at once; returns when they are gone."""
        if self.process is not None:
            # Frozen first, so that none acts on the death of another, as when the machine dies.
            self.freeze()
            processes = self.processes()
            self.signal(signal.SIGKILL)
            self.process.wait()
            wait_until(lambda: not any(map(_alive, processes)), 10)

    def worker(self):
        """The process that speaks VRRP; for a daemon of a single process, that one."""
        return self.pid

    def kill_worker(self):
        """SIGKILL to that process alone; returns the time of day at which it was sent."""
        pid, now = self.worker(), time.time()
        os.kill(pid, signal.SIGKILL)
        return now

    def freeze(self):
        self.signal(signal.SIGSTOP)

    def thaw(self):
        self.signal(signal.SIGCONT)

    def cpu_seconds(self):
        """Time on a processor of all threads of all its processes so far."""
        total = 0
        for pid in self.processes():
            for thread in pathlib.Path(f"/proc/{pid}/task").iterdir():
                total += int((thread / "schedstat").read_text().split()[0])
        return total / 1e9

    def memory(self):
        """Resident and proportional set size in MB, summed over its processes."""
        sums = {"Rss": 0, "Pss": 0}
        for pid in self.processes():
            for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
                name, value = line.split(":")
                if name in sums:
                    sums[name] += int(value.split()[0])
        return {name: kilobytes / 1024 for name, kilobytes in sums.items()}

    def descriptors(self):
        """Open files of all its processes."""
        return sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in self.processes())

    def threads(self):
        return sum(len(os.listdir(f"/proc/{pid}/task")) for pid in self.processes())


class Keepalived(Daemon):
    """Debian's keepalived with a configuration text; VRRP only."""

    def __init__(self, node, conf, name="keepalived"):
        _require("keepalived", "keepalived")
        super().__init__(node, name)
        self.conf = self.directory / "keepalived.conf"
        self.configure(conf)

    def configure(self, conf):
        self.conf.write_text(conf)
        self.conf.chmod(0o644)

    def command(self):
        # Not to syslog: without /dev/log glibc may write to the console, which stalls the daemon.
        return ["keepalived", "--dont-fork", "--vrrp", "--log-console", "--no-syslog",
                "--use-file", self.conf, "--pid", self.directory / "pid",
                "--vrrp_pid", self.directory / "vrrp.pid"]

    def start(self, **options):
        super().start(**options)
        wait_until(lambda: len(self.processes()) > 1 or not self.running(), 10,
                   "keepalived has a child")
        if not self.running():
            raise Stopped(self.last_words())
        return self

    def kill(self):
        super().kill()
        # A dead child may stay a zombie until init reaps it, and counts as running until then.
        for file in self.directory.glob("*pid"):
            file.unlink()

    def worker(self):
        return int((self.directory / "vrrp.pid").read_text())

    def reload(self):
        os.kill(self.pid, signal.SIGHUP)


class Nginx(Daemon):
    """nginx on port 80 of a node, with one page that names the node."""

    _CONF = """\
daemon off;
worker_processes 1;
error_log stderr;
pid {directory}/pid;
events {{}}
http {{
  access_log off;
  client_body_temp_path {directory}/body;
  proxy_temp_path {directory}/proxy;
  fastcgi_temp_path {directory}/fastcgi;
  uwsgi_temp_path {directory}/uwsgi;
  scgi_temp_path {directory}/scgi;
  server {{
    listen 80;
    listen [::]:80;
    location / {{ return {status} "{name}\\n"; }}
  }}
}}
"""

    def __init__(self, node, name="nginx"):
        _require("nginx", "nginx-light")
        super().__init__(node, name)
        self._write(200)

    def _write(self, status):
        (self.directory / "nginx.conf").write_text(
            self._CONF.format(directory=self.directory, name=self.node.name, status=status))

    def command(self):
        return ["nginx", "-c", self.directory / "nginx.conf", "-e", "stderr"]

    def start(self, **options):
        super().start(**options)
        wait_until(self.serving, 10, "nginx serves")
        return self

    def serving(self):
        with contextlib.suppress(OSError), self.node.inside():
            connection = http.client.HTTPConnection("127.0.0.1", 80, timeout=1)
            connection.request("GET", "/")
            return connection.getresponse().status == 200
        return False


class Keelvip(Daemon):
    """The agent under test, with a directory of specs. The program is KEELVIP or build/keelvip."""

    def __init__(self, node, specs="", name="keelvip", listen="127.0.0.1:9477", options=()):
        self.program = os.path.abspath(os.environ.get("KEELVIP", _ROOT / "build/keelvip"))
        if not os.access(self.program, os.X_OK):
            raise LabError(f"{self.program} is not there: make build, or set KEELVIP")
        super().__init__(node, name)
        self.config = self.directory / "config"
        self.config.mkdir(exist_ok=True)
        self.state = self.directory / "state"
        self.listen = listen
        self.options = options
        if specs:
            self.write(specs)

    def write(self, text, file="virtualip.yaml"):
        """Replaces a file of specs in one step, as editors and configuration tools do."""
        fresh = self.directory / "fresh"
        fresh.write_bytes(text if isinstance(text, bytes) else text.encode())
        fresh.rename(self.config / file)

    def command(self):
        return [self.program, "agent", "--config", self.config, "--state", self.state,
                "--node-name", self.node.name, "--listen", self.listen, *self.options]

    def process_named(self, name):
        """The id of its guard (keelvip), worker (keelvip-worker) or the host of its exec checks
        (keelvip-exec); None while there is none."""
        for pid in self.processes():
            with contextlib.suppress(OSError):
                if pathlib.Path(f"/proc/{pid}/comm").read_text().strip() == name and _alive(pid):
                    return pid
        return None

    def guard(self):
        return self.process_named("keelvip")

    def worker(self):
        return self.process_named("keelvip-worker")

    def kill_one(self, pid, number=signal.SIGKILL):
        """A signal to one of its processes; returns the time of day at which it was sent."""
        now = time.time()
        os.kill(pid, number)
        return now

    def start(self, ready=10, **options):
        super().start(**options)
        if ready:
            wait_until(self.ready, ready, f"keelvip on {self.node.name} is ready", every=0.02)
        return self

    def get(self, path):
        """Status code and body of an endpoint; (0, "") when nobody listens."""
        host, port = self.listen.rsplit(":", 1)
        connection = http.client.HTTPConnection(host.strip("[]"), int(port), timeout=20)
        try:
            with self.node.inside():
                connection.connect()
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read().decode()
        except OSError:
            return 0, ""
        finally:
            connection.close()

    def ready(self):
        if not self.running():
            raise Stopped(f"keelvip on {self.node.name} ended with {self.process.returncode}:\n"
                          f"{self.last_words()}")
        return self.get("/readyz")[0] == 200

    def status(self):
        code, body = self.get("/status")
        assert code == 200, f"/status says {code}"
        return json.loads(body)

    def node_status(self, vip="web"):
        """What /status says of this node's part in a VIP; None when it does not know the VIP."""
        for item in self.status()["items"]:
            if item["metadata"]["name"] == vip and item["status"]["nodes"]:
                return item["status"]["nodes"][0]
        return None

    def role(self, vip="web"):
        status = self.node_status(vip)
        return status and status["role"]

    def explanations(self):
        """Every sentence of /status that says why something is not as the specs want it."""
        status = self.status()
        told = [(rejected["kind"], rejected["name"], rejected["source"], error["field"],
                 error["reason"]) for rejected in status["specs"]["rejected"]
                for error in rejected["errors"]]
        for item in status["items"]:
            name = item["metadata"]["name"]
            told += [(name, condition["type"], condition["status"], condition["reason"],
                      condition["message"]) for condition in item["status"]["conditions"]]
            for node in item["status"]["nodes"]:
                told.append((name, node["role"], node["reason"], node["message"]))
                told += [(name, check["name"], check["verdict"], check["lastReason"])
                         for check in node["checks"]]
        return [" ".join(map(str, words)) for words in told]

    def cli(self, *arguments, check=True):
        """Runs another command of the program on the node."""
        return self.node.run(self.program, *arguments, check=check)
