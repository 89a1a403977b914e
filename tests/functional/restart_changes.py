"""What changes on disk restarts the gateway, once, through the same slot as every other request."""

import os
import shutil

from support.case import FunctionalCase
from support.gateway import PROGRAM, default_config
from support.timing import wait_until


def recent(running):
    with running.connect() as client:
        status = client.request("gateway.restart.status", {})
    return [(one["reason"], one["requesters"][0]["client"], one["outcome"]) for one in status["recent"]]


class ConfigChangeTest(FunctionalCase):
    def test_a_change_that_matters_restarts_once(self):
        running = self.gateway(default_config())
        first = running.serving()
        running.write_config(default_config(echo={"chunkDelayMs": 0, "chunkChars": 3}))
        running.wait_new_generation(first, 20)
        expected = [("config change: native.echo.chunkChars", "config-change", "restarted")]
        wait_until(lambda: recent(running) == expected, 10, "one restart is on record")
        self.assertIn("config change requires gateway restart (native.echo.chunkChars)", running.output())

    def test_an_invalid_file_is_reported_and_the_gateway_serves_on(self):
        running = self.gateway(default_config())
        first = running.serving()
        (running.state / "openclaw.json").write_text("{ gateway: oops")
        wait_until(lambda: "config reload skipped (invalid config)" in running.output(), 10, "it is reported")
        self.assertEqual(running.serving(), first)
        self.assertEqual(recent(running), [])

    def test_keys_of_the_keeper_are_for_a_stop_and_a_start(self):
        running = self.gateway(default_config())
        config = default_config()
        config["gateway"]["port"] = 1
        running.write_config(config)
        said = "config change is applied by a stop and a start of the gateway (gateway.port)"
        wait_until(lambda: said in running.output(), 10, "it is said")
        self.assertEqual(recent(running), [])

    def test_hot_mode_only_warns(self):
        config = default_config()
        config["gateway"]["reload"] = {"mode": "hot"}
        running = self.gateway(config)
        config["native"]["echo"]["chunkChars"] = 3
        running.write_config(config)
        wait_until(lambda: "ignored, because gateway.reload.mode is hot" in running.output(), 10, "it is said")
        self.assertEqual(recent(running), [])

    def test_reload_can_be_off(self):
        config = default_config(echo={"chunkDelayMs": 20, "chunkChars": 1})
        config["gateway"]["reload"] = {"mode": "off", "debounceMs": 0}
        running = self.gateway(config)
        config["native"]["echo"]["chunkChars"] = 3
        running.write_config(config)
        with running.connect() as client:  # A turn is far longer than a look at the file.
            client.wait_chat_end(client.chat_send("s", "how long is this?")["runId"])
        self.assertEqual(recent(running), [])
        self.assertNotIn("config change", running.output())


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
