"""What a start makes of the configuration: where it listens, what it refuses, which copy it keeps."""

import json
import unittest

from support.case import FunctionalCase
from support.gateway import default_config
from support.timing import wait_until


def config_with(gateway, **more):
    config = default_config()
    return {**config, "gateway": {**config["gateway"], **gateway}, **more}


class ListenTest(FunctionalCase):
    def assert_refused(self, gateway, text):
        here = self.gateway(config_with(gateway), start=False)
        done = here.cli("gateway", "run", "--port", "0")
        self.assertEqual((done.returncode, text in done.stderr), (78, True), done.stderr)

    def test_other_machines_need_a_secret(self):
        self.assert_refused({"bind": "lan", "auth": {"mode": "none"}}, "Refusing to bind gateway to 0.0.0.0 without auth")
        self.assert_refused({"bind": "lan", "auth": {}}, "Refusing to bind gateway to 0.0.0.0 without auth")
        self.assert_refused({"bind": "custom"}, "gateway.bind: custom needs gateway.customBindHost")

    def test_one_address_alone(self):
        here = self.gateway(config_with({"bind": "custom", "customBindHost": "127.0.0.2"}), start=False)
        here.spawn()
        wait_until(lambda: here.lock() and here.cli("health").returncode == 0, 10, "the gateway answers on 127.0.0.2")
        status = here.cli_json("gateway", "status", "--json")
        self.assertEqual((status["gateway"]["bindMode"], status["gateway"]["bindHost"]), ("custom", "127.0.0.2"))
        self.assertIn("http server listening (ws://127.0.0.2:", here.log())
        here.stop()

    def test_an_address_that_cannot_be_had_is_not_widened(self):
        here = self.gateway(config_with({"bind": "custom", "customBindHost": "203.0.113.7"}), start=False)
        done = here.cli("gateway", "run", "--port", "0")
        self.assertEqual(done.returncode, 1)
        self.assertIn("203.0.113.7", done.stderr)


class LastGoodTest(FunctionalCase):
    def test_a_start_that_serves_is_kept_and_damage_is_noticed(self):
        here = self.gateway(config_with({}, meta={"lastTouchedVersion": "2026.9.6"}))
        file, good = here.state / "openclaw.json", here.state / "openclaw.json.last-good"
        wait_until(good.exists, 5, "the configuration is kept")
        self.assertEqual((good.read_text(), good.stat().st_mode & 0o777), (file.read_text(), 0o600))
        here.stop()
        self.assertNotIn("looks damaged", here.log())
        damaged = json.loads(file.read_text())
        del damaged["meta"]
        file.write_text(json.dumps(damaged))
        here.start()
        self.assertIn("the configuration looks damaged: meta is gone", here.log())

    def test_what_was_shown_to_people_is_not_kept(self):
        here = self.gateway(config_with({}, env={"vars": {"A": "__OPENCLAW_REDACTED__"}}))
        here.stop()
        self.assertFalse((here.state / "openclaw.json.last-good").exists())


if __name__ == "__main__":
    unittest.main(verbosity=2)
