"""A real systemd as process 1 of a throw-away container: the running system, with a writable layer on top.

Nothing that happens inside reaches the outside: file system, processes, control groups and network are its own. Needs
root, overlayfs, a cgroup2 mount and systemd-nspawn; `why_not` says what is missing.
"""

import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import uuid

from .timing import scaled, wait_until

USER = "tester"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# Units of the host that a test has no use for, and that take time or reach for hardware.
MASKED = ("apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "e2scrub_all.timer", "fstrim.timer",
          "man-db.timer", "logrotate.timer", "getty.target", "console-getty.service", "systemd-networkd.service",
          "systemd-timesyncd.service", "systemd-firstboot.service", "systemd-udevd.service",
          "systemd-udev-trigger.service", "dev-hugepages.mount", "cron.service", "ssh.service")


def mounts(kind):
    lines = (line.split() for line in pathlib.Path("/proc/mounts").read_text().splitlines())
    return [(fields[1], fields[3]) for fields in lines if fields[2] == kind]


def cgroup_roots():
    """Where control groups are made: the unified tree, and systemd's own tree of a hybrid host."""
    return ([pathlib.Path(where) for where, _ in mounts("cgroup2")][:1]
            + [pathlib.Path(where) for where, options in mounts("cgroup") if "name=systemd" in options][:1])


def why_not():
    """What keeps a machine from starting here; empty when nothing is known to."""
    if os.geteuid() != 0:
        return "it needs root"
    for program in ("systemd-nspawn", "systemd-run", "nsenter", "mount"):
        if not shutil.which(program):
            return f"{program} is not installed (script/bootstrap installs it)"
    if not mounts("cgroup2"):
        return "no cgroup2 is mounted"
    return ""


class SystemdMachine:
    """`start`, `run` commands inside, `reboot`, `close`. `read_only` folders of the host appear under the same path."""

    def __init__(self, read_only=()):
        self.read_only = list(read_only)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="openclaw-machine-"))
        self.name = f"openclaw-test-{uuid.uuid4().hex[:12]}"
        self.root = self.folder / "root"
        self.layer = self.folder / "layer"
        self.console = self.folder / "console"
        self.nspawn = None
        self.mounted = []

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(self, *_):
        self.close()

    # Life.

    def start(self):
        self._mount()
        self._prepare()
        return self._boot()

    def reboot(self, power_cut=False):
        """The same files, all processes gone; `power_cut` without asking any of them."""
        self._halt(power_cut)
        return self._boot()

    def close(self):
        self._halt(power_cut=True)
        for where in reversed(self.mounted):
            subprocess.run(["umount", "-l", str(where)], check=False)
        for root in cgroup_roots():
            for folder, _, _ in os.walk(root / self.name, topdown=False):
                try:
                    os.rmdir(folder)
                except OSError:
                    pass  # The kernel has not let go of it yet; it is empty and harmless.
        shutil.rmtree(self.folder, ignore_errors=True)

    def _mount(self):
        for folder in (self.root, self.layer):
            folder.mkdir()
        self._command("mount", "-t", "tmpfs", "-o", "mode=755", "openclaw-test", self.layer)
        self.mounted.append(self.layer)
        for folder in ("upper", "work"):
            (self.layer / folder).mkdir()
        options = f"lowerdir=/,upperdir={self.layer}/upper,workdir={self.layer}/work"
        self._command("mount", "-t", "overlay", "-o", options, "openclaw-test", self.root)
        self.mounted.append(self.root)

    def _prepare(self):
        """A machine of its own: its identity, none of the host's enabled units, one user who lingers."""
        etc = self.root / "etc"
        shutil.rmtree(etc / "systemd/system", ignore_errors=True)
        (etc / "systemd/system").mkdir(parents=True)
        (etc / "fstab").write_text("")
        for unit in MASKED:
            (etc / "systemd/system" / unit).symlink_to("/dev/null")
        (etc / "machine-id").write_text(uuid.uuid4().hex + "\n")
        journal = self.root / "var/log/journal"
        shutil.rmtree(journal, ignore_errors=True)
        journal.mkdir(parents=True)
        subprocess.run(["chroot", str(self.root), "useradd", "-m", "-s", "/bin/bash", USER], check=True, capture_output=True)
        linger = self.root / "var/lib/systemd/linger"
        linger.mkdir(parents=True, exist_ok=True)
        (linger / USER).touch()

    def _boot(self):
        with open(self.console, "ab") as console:
            self.nspawn = subprocess.Popen(
                ["systemd-nspawn", "-q", "-D", self.root, f"--machine={self.name}", "--boot", "--register=no",
                 "--keep-unit", "--console=pipe", "--kill-signal=SIGRTMIN+4", "--resolv-conf=off", "--timezone=off",
                 "--link-journal=no", "--private-network", *(f"--bind-ro={path}" for path in self.read_only),
                 "--", "systemd.show_status=0"],
                stdin=subprocess.DEVNULL, stdout=console, stderr=console, start_new_session=True,
                env=dict(os.environ, SYSTEMD_NSPAWN_UNIFIED_HIERARCHY="1"), preexec_fn=self._enter_cgroup)
        wait_until(self._is_up, 60, f"the machine is up; its console: {self.console.read_text(errors='replace')[-2000:]}", every=0.1)
        return self

    def _enter_cgroup(self):
        for root in cgroup_roots():
            folder = root / self.name
            folder.mkdir(exist_ok=True)
            (folder / "cgroup.procs").write_text(str(os.getpid()))

    def _is_up(self):
        if self.nspawn.poll() is not None:
            raise AssertionError(f"the machine ended: {self.console.read_text(errors='replace')[-2000:]}")
        if not self._leader():
            return False
        state = self._inside("systemctl", "is-system-running", "--wait").stdout.strip()
        uid = self._inside("id", "-u", USER).stdout.strip()
        return state in ("running", "degraded") and self._inside("systemctl", "is-active", "-q", f"user@{uid}.service").returncode == 0

    def _leader(self):
        """Pid of its process 1, once that is systemd."""
        try:
            children = pathlib.Path(f"/proc/{self.nspawn.pid}/task/{self.nspawn.pid}/children").read_text().split()
        except OSError:
            return None
        for pid in children:
            try:
                is_first = any(line.split()[-1] == "1" for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
                               if line.startswith("NSpid:"))
                if is_first and pathlib.Path(f"/proc/{pid}/comm").read_text().strip() == "systemd":
                    return int(pid)
            except OSError:
                continue
        return None

    def _halt(self, power_cut):
        if not self.nspawn or self.nspawn.poll() is not None:
            return
        if power_cut:
            os.kill(self._leader() or self.nspawn.pid, signal.SIGKILL)
        else:
            self.nspawn.terminate()
        try:
            self.nspawn.wait(scaled(60))
        except subprocess.TimeoutExpired:
            self.nspawn.kill()
            self.nspawn.wait()
            if not power_cut:
                raise AssertionError("the machine did not shut down within 60 s") from None

    # Commands inside.

    def run(self, *words, user=USER, check=False, timeout=60.0, environment=None):
        """Runs a command in a session of `user` (of root without a login when None) and returns what it printed."""
        settings = [f"--setenv={name}={value}" for name, value in (environment or {}).items()]
        if user:
            settings += [f"--uid={user}", "-p", "PAMName=login", f"--setenv=HOME=/home/{user}"]
        done = self._inside("systemd-run", "-q", "--pipe", "--wait", "--collect", "--service-type=exec",
                            "-p", "WorkingDirectory=~" if user else "WorkingDirectory=/", *settings, "--", *words, timeout=timeout)
        if check and done.returncode != 0:
            raise AssertionError(f"{words} exited {done.returncode}\nstdout: {done.stdout}\nstderr: {done.stderr}")
        return done

    def path(self, inside):
        """Where a file of the machine lies for us."""
        return self.root / str(inside).lstrip("/")

    def _inside(self, *words, timeout=60.0):
        command = ["nsenter", "-t", str(self._leader()), "-m", "-u", "-i", "-n", "-p", "-C", "--",
                   "env", "-i", f"PATH={PATH}", "LANG=C.UTF-8", *map(str, words)]
        return subprocess.run(command, stdin=subprocess.DEVNULL, text=True, capture_output=True, timeout=scaled(timeout))

    @staticmethod
    def _command(*words):
        subprocess.run([str(word) for word in words], check=True, capture_output=True)
