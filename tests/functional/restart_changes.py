"""What changes on disk restarts the gateway, once, through the same slot as every other request."""

import os
import shutil

from support.case import FunctionalCase
from support.gateway import PROGRAM, TOKEN, default_config
from support.timing import wait_until


def recent(running):
    with running.connect() as client:
        status = client.request("gateway.restart.status", {})
    return [(one["reason"], one["requesters"][0]["client"], one["outcome"]) for one in status["recent"]]


def by_password():
    """The same secret in another mode: a change that only a successor acts on. Clients of the tests notice nothing."""
    config = default_config()
    config["gateway"]["auth"] = {"mode": "password", "password": TOKEN}
    return config


class ConfigChangeTest(FunctionalCase):
    def test_a_change_that_matters_restarts_once(self):
        running = self.gateway(default_config())
        first = running.serving()
        running.write_config(by_password())
        running.wait_new_generation(first, 20)
        paths = "gateway.auth.mode, gateway.auth.token, gateway.auth.password"
        expected = [(f"config change: {paths}", "config-change", "restarted")]
        wait_until(lambda: recent(running) == expected, 10, "one restart is on record")
        self.assertIn(f"config change requires gateway restart ({paths})", running.output())
        with running.connect() as client:
            self.assertEqual(client.hello["snapshot"]["authMode"], "password")

    def test_an_invalid_file_is_reported_and_the_gateway_serves_on(self):
        running = self.gateway(default_config())
        first = running.serving()
        (running.state / "openclaw.json").write_text("{ gateway: oops")
        wait_until(lambda: "config reload skipped (invalid config)" in running.output(), 10, "it is reported")
        self.assertEqual(running.serving(), first)
        self.assertEqual(recent(running), [])

    def test_a_change_joins_a_restart_that_waits(self):
        running = self.gateway(default_config(echo={"chunkDelayMs": 20, "chunkChars": 1}))
        first = running.serving()
        with running.connect() as client:
            client.chat_send("s", "a turn of a second or two, so that the restart has to wait for it")
            asked = client.request("gateway.restart.request", {})["restart"]["id"]
            running.write_config(by_password())
            wait_until(lambda: "deferring until 1 active embedded run(s) complete" in running.output(), 10, "it waits")
            asking = client.request("gateway.restart.status", {})["requestedBy"]
            self.assertEqual([one["client"] for one in asking], ["gateway-client", "config-change"])
        running.wait_new_generation(first, 20)
        with running.connect() as client:
            self.assertEqual([one["id"] for one in client.request("gateway.restart.status", {})["recent"]], [asked])

    def test_a_change_that_is_taken_back_restarts_nothing(self):
        slow = {"chunkDelayMs": 20, "chunkChars": 1}
        running = self.gateway(default_config(echo=slow))
        first = running.serving()
        with running.connect() as client:
            run = client.chat_send("s", "a turn of a second or two, so that the restart has to wait for it")["runId"]
            running.write_config({**by_password(), "native": {"echo": slow}})
            wait_until(lambda: "requires gateway restart" in running.output(), 10, "a restart is asked for")
            running.write_config(default_config(echo=slow))
            wait_until(lambda: recent(running) and recent(running)[0][2] == "cancelled", 10, "and cancelled")
            self.assertEqual(client.wait_chat_end(run)["state"], "final")
        self.assertEqual(running.serving(), first)


class ProgramChangeTest(FunctionalCase):
    def installed(self, running, name):
        root = running.state.parent / name
        for part in ("bin/openclaw", "libexec/openclaw-gateway"):
            (root / part).parent.mkdir(parents=True)
            shutil.copy2(PROGRAM.parent.parent / part, root / part)
        return root

    def test_a_program_replaced_in_place_is_started(self):
        running = self.gateway(default_config(), start=False)
        root = self.installed(running, "installed")
        running.program = root / "bin/openclaw"
        running.start()
        first = running.serving()
        program = root / "libexec/openclaw-gateway"
        shutil.copy2(program, f"{program}.new")
        os.replace(f"{program}.new", program)
        running.wait_new_generation(first, 20)
        wait_until(lambda: recent(running) == [("program changed", "program-change", "restarted")], 10, "on record")

    def test_a_link_that_names_another_version_is_followed(self):
        running = self.gateway(default_config(), start=False)
        one, two = self.installed(running, "v1"), self.installed(running, "v2")
        link = running.state.parent / "openclaw"
        link.symlink_to(one / "bin/openclaw")
        running.program = link
        running.start()
        first = running.serving()
        os.symlink(two / "bin/openclaw", f"{link}.new")
        os.replace(f"{link}.new", link)
        second = running.wait_new_generation(first, 20)
        self.assertEqual(os.readlink(f"/proc/{second}/exe"), str((two / "libexec/openclaw-gateway").resolve()))
