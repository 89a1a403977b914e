"""`openclaw gateway install` and what follows, as a user of a real systemd sees it."""

import json
import time
import unittest

from support.gateway import PROGRAM, TOKEN
from support.systemd_machine import USER
from support.timing import wait_until
from systemd_service import LONG, MachineCase

UNIT = "openclaw-gateway.service"
PORT = 18990
CONFIG = {"gateway": {"mode": "local", "port": PORT, "auth": {"mode": "token", "token": TOKEN}},
          "native": {"echo": {"chunkDelayMs": 100, "chunkChars": 1}, "restart": {"probationMs": 100, "crashLoopStarts": 0}}}


TEXT, NUMBER, FLAG, LIST, OBJECT = str, int, bool, list, dict
# Every key that scripts read of `gateway status --json`, and its type: OpenClaw's, none of which may go or change. Where the
# manager counts them, `runtime.systemd` has `tasksCurrent` and `memoryCurrent`, too.
STATUS_KEYS = {
    "cli.version": TEXT, "cli.entrypoint": TEXT, "logFile": TEXT,
    "service.label": TEXT, "service.loaded": FLAG, "service.loadedText": TEXT, "service.notLoadedText": TEXT,
    "service.command.programArguments": LIST, "service.command.environment": OBJECT,
    "service.command.environmentValueSources": OBJECT, "service.command.sourcePath": TEXT,
    "service.runtime.status": TEXT, "service.runtime.state": TEXT, "service.runtime.subState": TEXT, "service.runtime.pid": NUMBER,
    "service.runtime.lastExitStatus": NUMBER, "service.runtime.lastExitReason": NUMBER, "service.runtime.detail": TEXT,
    "service.runtime.systemd.scope": TEXT, "service.runtime.systemd.unit": TEXT, "service.runtime.systemd.killMode": TEXT,
    "service.runtime.systemd.result": TEXT, "service.runtime.systemd.nRestarts": NUMBER,
    "service.runtime.systemd.startLimitBurst": NUMBER,
    "service.configAudit.ok": FLAG, "service.configAudit.issues": LIST, "service.systemdInstallation.kind": TEXT,
    "service.systemdInstallation.user.scope": TEXT, "service.systemdInstallation.user.unitName": TEXT,
    "service.systemdInstallation.user.unitPath": TEXT, "service.loadState.status": TEXT, "service.targetRole": TEXT,
    "service.layout.execStart": TEXT, "service.layout.sourcePath": TEXT, "service.layout.sourcePathReal": TEXT,
    "service.layout.sourceScope": TEXT, "service.layout.entrypoint": TEXT, "service.layout.entrypointReal": TEXT,
    "config.cli.path": TEXT, "config.cli.exists": FLAG, "config.cli.valid": FLAG,
    "config.daemon.path": TEXT, "config.daemon.exists": FLAG, "config.daemon.valid": FLAG,
    "gateway.bindMode": TEXT, "gateway.bindHost": TEXT, "gateway.port": NUMBER, "gateway.portSource": TEXT, "gateway.probeUrl": TEXT,
    "gateway.version": TEXT, "port.port": NUMBER, "port.status": TEXT, "port.listeners": LIST, "port.hints": LIST,
    "port.listeners.0.pid": NUMBER, "port.listeners.0.ppid": NUMBER, "port.listeners.0.command": TEXT,
    "port.listeners.0.commandLine": TEXT, "port.listeners.0.user": TEXT, "port.listeners.0.address": TEXT,
    "rpc.ok": FLAG, "rpc.kind": TEXT, "rpc.capability": TEXT, "rpc.auth.role": TEXT, "rpc.auth.scopes": LIST,
    "rpc.auth.capability": TEXT, "rpc.url": TEXT, "rpc.version": TEXT, "rpc.server.version": TEXT, "rpc.server.connId": TEXT,
    "health.healthy": FLAG, "health.staleGatewayPids": LIST, "extraServices": LIST,
}
ACTION_KEYS = {"action": TEXT, "ok": FLAG, "result": TEXT, "message": TEXT, "service.label": TEXT, "service.loaded": FLAG,
               "service.loadedText": TEXT, "service.notLoadedText": TEXT}


def missing_keys(document, keys):
    """`path: what it is` for each key that is not there with its type."""
    wrong = []
    for path, kind in keys.items():
        value = document
        for name in path.split("."):
            try:
                value = value[int(name)] if isinstance(value, list) else value[name]
            except (KeyError, IndexError, TypeError):
                value = None
                break
        if type(value) is not kind:
            wrong.append(f"{path}: {value!r}")
    return wrong


class ServiceCase(MachineCase):
    """Each test begins with a user who has a configuration and no service."""

    home = f"/home/{USER}"
    program = PROGRAM

    def setUp(self):
        self.state = self.machine.path(f"{self.home}/.openclaw")
        self.unit_file = self.machine.path(f"{self.home}/.config/systemd/user/{UNIT}")
        self.write_config(CONFIG)
        self.addCleanup(self.clean)

    def clean(self):
        self.openclaw("gateway", "uninstall")
        self.machine.run("rm", "-rf", f"{self.home}/.openclaw", f"{self.home}/.config/systemd/user/{UNIT}.d", check=True)
        self.systemctl("--user", "reset-failed", UNIT)

    def write_config(self, config):
        self.machine.run("mkdir", "-p", "-m", "700", f"{self.home}/.openclaw", check=True)
        self.machine.run("sh", "-c", f"umask 077; cat > {self.home}/.openclaw/openclaw.json <<'END'\n{json.dumps(config, indent=2)}\nEND",
                         check=True)

    def openclaw(self, *words, **options):
        return self.machine.run(self.program, *words, **options)

    def json(self, *words, code=0, **options):
        """The one document of a command."""
        done = self.openclaw(*words, "--json", **options)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return json.loads(done.stdout)

    def install(self, *words):
        answer = self.json("gateway", "install", *words)
        self.assertEqual(answer["result"], "installed", answer)
        return answer

    def unit(self, *names):
        return self.shown(UNIT, *names, user=USER)

    def pid(self):
        return int(self.unit("MainPID")["MainPID"])

    def generation(self):
        return int(self.machine.run("pgrep", "-P", str(self.pid()), check=True).stdout.split()[-1])

    def wait_serving(self, other_than=None):
        def serves():
            if other_than and self.pid() == other_than:
                return False
            return self.json("gateway", "status").get("rpc", {}).get("ok")

        wait_until(serves, 60, "the service serves", every=0.2)

    def start_turn(self, session="s"):
        """A turn that takes some seconds; its client asks again after a restart, and joins it."""
        turn = self.pool.submit(self.openclaw, "agent", "--session-id", session, "--message", LONG, "--json", timeout=120)
        wait_until(lambda: not self.json("gateway", "call", "gateway.restart.preflight")["safe"], 20, "the turn runs")
        return turn

    def assert_answered(self, turn):
        done = turn.result(120)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(json.loads(done.stdout)["status"], "ok")
        self.assert_answered_once()

    def assert_answered_once(self, session="s"):
        key = json.dumps({"sessionKey": f"agent:main:explicit:{session}"})
        rows = self.json("gateway", "call", "chat.history", "--params", key)["messages"]
        self.assertEqual([row["role"] for row in rows], ["user", "assistant"], rows)


class InstallTest(ServiceCase):
    def test_from_nothing_to_a_service_and_back(self):
        before = self.json("gateway", "status")
        self.assertEqual((before["service"]["loaded"], before["service"]["runtime"]["status"]), (False, "stopped"))
        self.assertEqual(before["service"]["label"], "systemd user")
        self.assertIsNone(before["service"]["command"])

        answer = self.install()
        self.assertEqual((answer["action"], answer["ok"], answer["service"]["loaded"]), ("install", True, True))
        self.assertEqual(self.unit("ActiveState", "UnitFileState", "Type", "NRestarts"),
                         {"ActiveState": "active", "UnitFileState": "enabled", "Type": "notify", "NRestarts": "0"})
        self.assertNotIn(TOKEN, self.unit_file.read_text())
        self.assertEqual(self.unit_file.stat().st_mode & 0o777, 0o600)

        self.assertEqual(missing_keys(answer, ACTION_KEYS), [])

        status = self.json("gateway", "status", "--require-rpc")
        self.assertEqual(missing_keys(status, STATUS_KEYS), [])
        service = status["service"]
        self.assertTrue(service["loaded"] and service["configAudit"]["ok"], service)
        self.assertEqual((service["runtime"]["status"], service["runtime"]["pid"]), ("running", self.pid()))
        self.assertEqual(service["command"]["programArguments"][1:], ["gateway", "--port", str(PORT)])
        self.assertEqual((status["gateway"]["port"], status["gateway"]["portSource"]), (PORT, "service args"))
        self.assertTrue(status["rpc"]["ok"] and status["health"]["healthy"])
        self.assertIn("running", self.openclaw("gateway", "status", check=True).stdout)

        self.assertEqual(self.json("gateway", "install")["result"], "already-installed")
        self.assertEqual(self.json("gateway", "start")["result"], "already-running")
        self.assertEqual(self.json("gateway", "uninstall")["result"], "uninstalled")
        self.assertFalse(self.unit_file.exists())
        self.assertEqual(self.unit("LoadState", "ActiveState"), {"LoadState": "not-found", "ActiveState": "inactive"})
        self.assertFalse(self.json("gateway", "status")["service"]["loaded"])
        self.assertTrue((self.state / "openclaw.json").exists(), "configuration and state stay")
        self.assertEqual(self.json("gateway", "uninstall")["result"], "uninstalled", "twice is fine")

    def test_a_fresh_user_gets_a_mode_and_a_token(self):
        self.machine.run("rm", "-rf", f"{self.home}/.openclaw", check=True)
        answer = self.install("--port", str(PORT))
        self.assertIn("gateway.mode was not set", " ".join(answer["warnings"]))
        config = json.loads((self.state / "openclaw.json").read_text())
        self.assertEqual(config["gateway"]["mode"], "local")
        self.assertGreater(len(config["gateway"]["auth"]["token"]), 32)
        self.assertNotIn(config["gateway"]["auth"]["token"], self.unit_file.read_text() + json.dumps(answer))
        self.assertTrue(self.json("health")["ok"])

    def test_an_edited_unit_is_told_line_by_line_and_mended(self):
        self.install()
        text = self.unit_file.read_text()
        self.unit_file.write_text(text.replace("TimeoutStopSec=330", "TimeoutStopSec=5").replace("KillMode=mixed\n", "")
                                  .replace("[Install]", "Environment=OPENCLAW_GATEWAY_TOKEN=seen-by-all\n\n[Install]"))
        status = self.json("gateway", "status")
        issues = {issue["code"]: issue for issue in status["service"]["configAudit"]["issues"]}
        self.assertEqual(set(issues), {"systemd-stop-timeout", "systemd-kill-mode-control-group", "gateway-token-embedded",
                                       "service-reload-needed"})
        self.assertEqual(issues["service-reload-needed"]["fix"], "systemctl --user daemon-reload")
        self.assertIn("TimeoutStopSec=5", issues["systemd-stop-timeout"]["detail"])
        self.assertIn("wanted TimeoutStopSec=330", issues["systemd-stop-timeout"]["detail"])
        self.assertNotIn("seen-by-all", json.dumps(status))
        self.assertIn("KillMode=mixed", self.openclaw("gateway", "status", check=True).stdout)
        self.assertIn("TimeoutStopSec=330: a stop may cut", " ".join(self.json("gateway", "install")["warnings"]))
        self.install("--force")
        self.assertEqual(self.unit_file.read_text(), text)
        self.assertNotIn("seen-by-all", (self.unit_file.parent / f"{UNIT}.bak").read_text())
        self.assertTrue(self.json("gateway", "status")["service"]["configAudit"]["ok"])

    def test_a_drop_in_counts_and_stays(self):
        self.install()
        folder = f"{self.home}/.config/systemd/user/{UNIT}.d"
        self.machine.run("sh", "-c", f"mkdir -p {folder} && printf '[Service]\\nRestartSec=9\\n' > {folder}/mine.conf", check=True)
        self.systemctl("--user", "daemon-reload", user=USER, check=True)
        codes = [issue["code"] for issue in self.json("gateway", "status")["service"]["configAudit"]["issues"]]
        self.assertEqual(codes, ["systemd-restart-sec"])
        text = self.openclaw("gateway", "status", check=True).stdout
        self.assertIn(f"mend   edit {folder}/mine.conf", text)
        self.assertNotIn("gateway install --force", text)
        self.install("--force")
        self.assertEqual(self.unit("RestartUSec"), {"RestartUSec": "9s"})

    def test_what_stands_in_the_way_is_named_and_nothing_is_written(self):
        self.machine.run("mkdir", "-p", f"{self.home}/.config/systemd/user", check=True)
        self.machine.run("ln", "-s", "/dev/null", f"{self.home}/.config/systemd/user/{UNIT}", check=True)
        answer = self.json("gateway", "install", code=1)
        self.assertIn("the unit is masked", answer["error"])
        self.assertEqual(answer["hints"], [f"systemctl --user unmask {UNIT}"])
        self.machine.run("rm", f"{self.home}/.config/systemd/user/{UNIT}", check=True)
        self.assertIn("Invalid port", self.json("gateway", "install", "--port", "x", code=1)["error"])
        self.assertIn("not an executable", self.json("gateway", "install", "--wrapper", "/nowhere", code=1)["error"])
        self.write_config({"gateway": {"mode": "local", "auth": {"token": "a", "password": "b"}}})
        answer = self.json("gateway", "install", code=1)
        self.assertIn("gateway.auth.mode is unset", answer["error"])
        self.assertEqual(answer["hints"], ["openclaw config set gateway.auth.mode token", "openclaw config set gateway.auth.mode password"])
        self.assertFalse(self.unit_file.exists())

    def test_without_a_user_bus_the_next_command_is_said(self):
        # A shell without a login session of its own, where systemd finds no bus.
        done = self.machine.run("su", USER, "-c", f"env -u DBUS_SESSION_BUS_ADDRESS XDG_RUNTIME_DIR=/nowhere {PROGRAM} gateway install --json", user=None)
        answer = json.loads(done.stdout)
        self.assertEqual((done.returncode, answer["ok"]), (1, False))
        self.assertIn("sudo loginctl enable-linger $(whoami)", answer["hints"])
        self.assertEqual({item["kind"] for item in answer["hintItems"]}, {"systemd-headless"})
        self.assertFalse(self.unit_file.exists())

    def test_without_systemctl_it_says_so(self):
        done = self.openclaw("gateway", "install", "--json", environment={"PATH": "/nowhere"})
        self.assertEqual(done.returncode, 1)
        self.assertIn("systemctl was not found on PATH", json.loads(done.stdout)["error"])

    def test_a_german_system_reads_the_same(self):
        self.install()
        for locale in ({"LANG": "de_DE.UTF-8"}, {"LC_ALL": "de_DE.UTF-8", "LANGUAGE": "de"}):
            self.assertTrue(self.json("gateway", "status", environment=locale)["service"]["loaded"])

    def test_without_linger_it_warns(self):
        self.addCleanup(self.machine.path(f"/var/lib/systemd/linger/{USER}").touch)
        self.machine.path(f"/var/lib/systemd/linger/{USER}").unlink()
        self.machine.run("loginctl", "show-user", USER, check=True)
        answer = self.install()
        self.assertIn("enable-linger", " ".join(answer.get("warnings", [])))

    def test_a_service_of_another_state_directory_is_left_alone(self):
        self.install()
        other = {"OPENCLAW_STATE_DIR": f"{self.home}/elsewhere"}
        for words in (("install",), ("start",), ("uninstall",)):
            answer = self.json("gateway", *words, code=1, environment=other)
            self.assertIn(f"is the service of {self.home}/.openclaw", answer["error"])
        self.assertEqual(self.json("gateway", "stop", "--force", environment=other)["result"], "not-loaded")
        self.assertEqual(self.json("gateway", "restart", code=1, environment=other)["result"], "not-loaded")
        self.assertTrue(self.json("health")["ok"], "the service never stopped")

    def test_doctor_leaves_the_service_of_another_state_directory_alone(self):
        self.install()
        other = {"OPENCLAW_STATE_DIR": f"{self.home}/elsewhere"}
        self.machine.run("sh", "-c", f"mkdir -m 700 {self.home}/elsewhere && umask 077 && echo '{json.dumps(CONFIG)}' > {self.home}/elsewhere/openclaw.json",
                         check=True)
        self.addCleanup(self.machine.run, "rm", "-rf", f"{self.home}/elsewhere")
        text = self.unit_file.read_text()
        self.openclaw("doctor", "--fix", "--json", environment=other)
        self.assertEqual(self.unit_file.read_text(), text)
        self.assertTrue(self.json("health")["ok"])

    def test_a_configuration_that_cannot_start_does_not_replace_one_that_serves(self):
        self.install()
        keeper = self.pid()
        for change, why in (({"port": "many"}, "gateway.port"), ({"mode": "remote"}, 'gateway.mode is "remote"')):
            self.write_config({"gateway": {**CONFIG["gateway"], **change}})
            self.assertIn(why, self.json("gateway", "install", "--force", code=1)["error"])
        self.write_config(CONFIG)
        with_listener = f"python3 -c 'import socket, time; s = socket.socket(); s.bind((\"127.0.0.1\", {PORT + 1})); s.listen(); time.sleep(60)'"
        self.machine.run("systemd-run", "--user", "--unit=holder", "-q", "sh", "-c", with_listener, check=True)
        self.addCleanup(self.systemctl, "--user", "stop", "holder", user=USER)
        wait_until(lambda: self.machine.run("ss", "-ltn", user=None).stdout.count(f":{PORT + 1} "), 20, "the port is taken")
        self.assertIn(f"port {PORT + 1} is held by pid", self.json("gateway", "install", "--force", "--port", str(PORT + 1), code=1)["error"])
        self.assertEqual(self.pid(), keeper)
        self.assertTrue(self.json("health")["ok"])

    def test_an_installed_service_that_is_stopped_is_started(self):
        self.install()
        self.json("gateway", "stop", "--force")
        answer = self.json("gateway", "install")
        self.assertEqual(answer["result"], "already-installed")
        self.assertIn("is started", answer["message"])
        self.assertTrue(self.json("health")["ok"])

    def test_a_port_given_at_the_install_is_the_configured_one(self):
        self.install("--port", str(PORT + 300))
        self.assertEqual(json.loads((self.state / "openclaw.json").read_text())["gateway"]["port"], PORT + 300)
        self.assertTrue(self.json("gateway", "status")["service"]["configAudit"]["ok"])

    def test_directories_are_private_whatever_the_umask(self):
        self.machine.run("rm", "-rf", f"{self.home}/.config", check=True)
        self.machine.run("sh", "-c", f"umask 0; {PROGRAM} gateway install", check=True)
        for folder in (".config", ".config/systemd", ".config/systemd/user"):
            self.assertEqual(self.machine.path(f"{self.home}/{folder}").stat().st_mode & 0o777, 0o700, folder)

    def test_profiles_live_side_by_side(self):
        self.install()
        self.machine.run("mkdir", "-p", "-m", "700", f"{self.home}/.openclaw-work", check=True)
        self.addCleanup(self.machine.run, "rm", "-rf", f"{self.home}/.openclaw-work")
        self.addCleanup(self.openclaw, "--profile", "work", "gateway", "uninstall")
        work = ("--profile", "work")
        answer = self.json(*work, "gateway", "install", "--port", str(PORT + 200))
        self.assertEqual(answer["result"], "installed")
        both = [self.json("gateway", "status"), self.json(*work, "gateway", "status")]
        self.assertEqual([status["gateway"]["port"] for status in both], [PORT, PORT + 200])
        self.assertEqual(len({status["service"]["runtime"]["pid"] for status in both}), 2)
        self.assertTrue(self.machine.path(f"{self.home}/.config/systemd/user/openclaw-gateway-work.service").exists())
        self.assertEqual([(status["rpc"]["ok"], status["extraServices"]) for status in both], [(True, [])] * 2, both)

        # A second gateway on the same state directory or port says who is in the way.
        done = self.openclaw("gateway", "run")
        self.assertEqual(done.returncode, 0)
        self.assertIn(f"gateway already running (pid {self.pid()})", done.stderr)
        done = self.openclaw("gateway", "run", environment={"OPENCLAW_STATE_DIR": f"{self.home}/third"})
        self.assertEqual(done.returncode, 78, "no configuration")
        done = self.openclaw("gateway", "run", "--allow-unconfigured", "--port", str(PORT), environment={"OPENCLAW_STATE_DIR": f"{self.home}/third"})
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"Port {PORT} is held by pid", done.stderr)


class LifeTest(ServiceCase):
    def test_stop_and_start(self):
        self.install()
        answer = self.json("gateway", "stop", code=1)
        self.assertIn("without a terminal", answer["error"])
        self.assertTrue(self.json("health")["ok"])
        self.assertEqual(self.json("gateway", "stop", "--force")["result"], "stopped")
        self.assertEqual(self.unit("ActiveState", "Result"), {"ActiveState": "inactive", "Result": "success"})
        self.assertEqual(self.json("gateway", "status")["service"]["runtime"]["status"], "stopped")
        self.assertEqual(self.json("gateway", "stop", "--force")["result"], "not-loaded", "nothing runs any more")
        self.assertEqual(self.json("gateway", "start")["result"], "started")
        self.assertTrue(self.json("health")["ok"])
        self.json("gateway", "stop", "--force")
        self.assertEqual(self.json("gateway", "restart")["result"], "restarted", "a stopped service is started")
        self.assertTrue(self.json("health")["ok"])

    def test_each_restart_keeps_the_process_and_the_turn(self):
        self.install()
        before = self.unit("MainPID", "NRestarts")
        for number, words in enumerate((["--safe"], [], ["--force"], ["--wait", "1s"])):
            with self.subTest(words=words):
                session = f"restart-{number}"
                turn = self.start_turn(session)
                generation = self.generation()
                answer = self.json("gateway", "restart", *words, timeout=120)
                self.assertIn(answer["result"], ("deferred",) if words == ["--safe"] else ("restarted",))
                done = turn.result(120)
                self.assertEqual((done.returncode, json.loads(done.stdout)["status"]), (0, "ok"), done.stderr)
                self.assert_answered_once(session)
                wait_until(lambda: self.generation() != generation, 60, "a new generation serves", every=0.2)
                self.assertEqual(self.unit("MainPID", "NRestarts"), before)
        self.assertEqual(self.json("gateway", "restart")["message"], "Gateway service restarted.")

    def test_a_killed_generation_is_replaced_and_its_turn_goes_on(self):
        self.install()
        before = self.unit("MainPID", "NRestarts")
        turn = self.start_turn()
        self.machine.run("kill", "-KILL", str(self.generation()), check=True)
        self.assert_answered(turn)
        self.assertEqual(self.unit("MainPID", "NRestarts"), before)

    def test_a_killed_keeper_is_started_again_and_its_turn_goes_on(self):
        self.install()
        keeper = self.pid()
        turn = self.start_turn()
        self.machine.run("kill", "-KILL", str(keeper), check=True)
        self.wait_serving(other_than=keeper)
        self.assert_answered(turn)
        self.assertEqual(self.unit("NRestarts"), {"NRestarts": "1"})

    def test_a_hanging_keeper_is_ended_by_the_watchdog(self):
        self.install()
        folder = f"{self.home}/.config/systemd/user/{UNIT}.d"
        self.machine.run("sh", "-c", f"mkdir -p {folder} && printf '[Service]\\nWatchdogSec=2\\nRestartSec=0\\n' > {folder}/dog.conf", check=True)
        self.systemctl("--user", "daemon-reload", user=USER, check=True)
        self.systemctl("--user", "restart", UNIT, user=USER, check=True)
        keeper = self.pid()
        begun = time.monotonic()
        while time.monotonic() - begun < 5:  # More than twice the limit: it is fed.
            self.assertEqual(self.pid(), keeper)
        self.machine.run("kill", "-STOP", str(keeper), check=True)
        self.wait_serving(other_than=keeper)
        self.assertTrue(self.json("health")["ok"])

    def test_a_refused_configuration_is_not_tried_again_and_again(self):
        self.install()
        self.json("gateway", "stop", "--force")
        self.write_config({"gateway": {"mode": "local", "port": "many"}})
        answer = self.json("gateway", "start", code=1)
        self.assertIn("gateway.port", answer["error"])
        self.systemctl("--user", "start", UNIT, user=USER)
        shown = self.unit("ActiveState", "NRestarts", "ExecMainStatus")
        self.assertEqual(shown, {"ActiveState": "failed", "NRestarts": "0", "ExecMainStatus": "78"})
        status = self.json("gateway", "status")
        self.assertEqual(status["service"]["runtime"]["lastExitStatus"], 78)
        self.assertFalse(status["config"]["cli"]["valid"])

    def test_systemctl_restart_loses_nothing(self):
        """The way of people who know systemd: a stop and a start."""
        self.install()
        turn = self.start_turn()
        keeper = self.pid()
        self.systemctl("--user", "restart", UNIT, user=USER, check=True)
        self.assertNotEqual(self.pid(), keeper)
        self.assert_answered(turn)

    def test_a_turn_survives_a_power_cut(self):
        self.install()
        self.start_turn()
        self.machine.reboot(power_cut=True)
        self.wait_serving()

        def answered():
            key = json.dumps({"sessionKey": "agent:main:explicit:s"})
            rows = self.json("gateway", "call", "chat.history", "--params", key)["messages"]
            return [row["role"] for row in rows] == ["user", "assistant"]

        wait_until(answered, 60, "the turn is answered once", every=0.2)

    def test_a_clean_reboot_brings_it_back(self):
        self.install()
        self.machine.reboot()
        self.wait_serving()
        self.assertTrue(self.json("gateway", "status")["service"]["loaded"])


class SystemScopeTest(ServiceCase):
    def test_a_system_service_runs_as_the_owner_of_its_state(self):
        environment = {"OPENCLAW_STATE_DIR": f"{self.home}/.openclaw"}

        def root(*words, code=0):
            done = self.machine.run(PROGRAM, "gateway", *words, "--json", user=None, environment=environment)
            self.assertEqual(done.returncode, code, done.stdout + done.stderr)
            return json.loads(done.stdout)

        self.addCleanup(self.machine.run, PROGRAM, "gateway", "uninstall", user=None, environment=environment)
        self.assertIn("only be installed by root", self.json("gateway", "install", "--system", code=1)["error"])
        self.assertEqual(root("install", "--system")["result"], "installed")
        shown = self.shown(UNIT, "ActiveState", "User")
        self.assertEqual(shown, {"ActiveState": "active", "User": USER})
        self.assertTrue(self.json("health")["ok"])
        status = self.json("gateway", "status")
        self.assertEqual(status["service"]["systemdInstallation"]["kind"], "system")
        self.assertEqual(status["service"]["label"], "systemd")
        self.assertTrue(status["service"]["configAudit"]["ok"], status["service"]["configAudit"])
        self.assertEqual(root("stop", "--force")["result"], "stopped")
        self.assertEqual(root("start")["result"], "started")
        self.assertEqual(root("uninstall")["result"], "uninstalled")

    def test_a_stop_ends_a_restart_that_is_waited_for(self):
        self.install()
        restart = self.pool.submit(self.openclaw, "gateway", "restart", "--json")
        self.openclaw("gateway", "stop", "--force", "--json", check=True)
        self.assertIn(restart.result(30).returncode, (0, 1), "it ends, before or because of the stop")

    def test_a_system_service_is_not_made_for_root_by_mistake(self):
        def refused(**environment):
            done = self.machine.run(PROGRAM, "gateway", "install", "--system", "--json", user=None,
                                    environment={"SUDO_USER": USER, **environment})
            self.assertEqual(done.returncode, 1, done.stdout)
            return json.loads(done.stdout)["error"]

        self.assertIn("would run as root", refused(HOME="/root", OPENCLAW_STATE_DIR="/root"))
        self.machine.run("rm", "-rf", f"{self.home}/.openclaw", check=True)
        self.assertIn("is not there yet", refused(HOME=self.home))
        self.assertFalse(self.state.exists())

    def test_sudo_does_not_install_the_service_of_root(self):
        done = self.machine.run(PROGRAM, "gateway", "install", "--json", user=None, environment={"SUDO_USER": USER, "HOME": "/root"})
        self.assertEqual(done.returncode, 1)
        self.assertEqual(json.loads(done.stdout)["hints"], ["without sudo: openclaw gateway install",
                                                            "for the whole system: sudo openclaw gateway install --system"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
