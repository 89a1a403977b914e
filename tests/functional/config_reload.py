"""A changed configuration file is applied by the generation that serves: no process, connection or turn notices."""

import json
import shutil
import signal

from support.case import FunctionalCase
from support.gateway import TOKEN, default_config
from support.model_server import ModelServer
from support.timing import wait_until
from support.ws import Client, RpcError

SKIPPED = "config reload skipped (invalid config): "


def with_gateway(**more):
    config = default_config()
    config["gateway"].update(more)
    return config


class ConfigReloadTest(FunctionalCase):
    def applied(self, running, paths, times=1):
        line = f"config hot reload applied ({paths})"
        wait_until(lambda: running.output().count(line) == times, 10, line)

    def state(self, client):
        return client.request("health", {})["configReload"]

    def accepts(self, running, token):
        try:
            Client.connect(running.port, token).close()
            return True
        except RpcError:
            return False

    def test_a_turn_under_way_goes_on_and_the_next_one_is_new(self):
        running = self.gateway(default_config(echo={"chunkDelayMs": 20, "chunkChars": 1}))
        first = running.serving()
        client = self.connect(running)
        said = "a turn that takes a second or two, and is not cut"
        run = client.chat_send("s", said)["runId"]
        running.write_config(default_config(echo={"chunkDelayMs": 0, "chunkChars": 1000}))
        self.applied(running, "native.echo.chunkDelayMs, native.echo.chunkChars")
        self.assertEqual(client.events("chat", lambda p: p["runId"] == run and p["state"] == "final"), [])
        end = client.wait_chat_end(run)
        self.assertEqual((end["state"], end["message"]["content"][0]["text"]), ("final", f"echo: {said}"))
        run = client.chat_send("s", "quick")["runId"]
        client.wait_chat_end(run)
        deltas = client.events("chat", lambda p: p["runId"] == run and p["state"] == "delta")
        self.assertLessEqual(len(deltas), 1, "a piece of 1000 characters is all of it")
        self.assertEqual(running.generations(), [first])
        self.assertTrue(client.is_open)

    def test_a_new_token_is_for_new_connections(self):
        running = self.gateway(default_config())
        first = running.serving()
        old = self.connect(running)
        running.write_config(with_gateway(auth={"mode": "token", "token": "another-token"}))
        self.applied(running, "gateway.auth.token")
        self.assertTrue(self.accepts(running, "another-token"))
        self.assertFalse(self.accepts(running, TOKEN))
        self.assertTrue(old.request("health", {})["ok"], "who was let in stays")
        self.assertNotIn("another-token", running.output() + running.log())
        running.write_config(default_config())
        self.applied(running, "gateway.auth.token", times=2)
        self.assertTrue(self.accepts(running, TOKEN))
        self.assertEqual(running.generations(), [first])

    def test_a_run_keeps_its_provider_and_the_next_one_has_another(self):
        with ModelServer() as one, ModelServer() as two:
            running = self.gateway(one.config())
            client = self.connect(running)
            run = client.chat_send("s", "@status=503 @times=1 @retry=1 hello")["runId"]
            wait_until(lambda: one.requests, 10, "the first provider was asked")
            running.write_config(two.config())
            self.applied(running, "models.providers.scripted.baseUrl")
            self.assertEqual(client.wait_chat_end(run)["state"], "final")
            self.assertEqual((len(one.requests), len(two.requests)), (2, 0), "the retry is the same run's")
            client.wait_chat_end(client.chat_send("s", "and now?")["runId"])
            self.assertEqual((len(one.requests), len(two.requests)), (2, 1))

    def test_the_level_and_the_file_of_the_log_follow(self):
        running = self.gateway(default_config())
        config = default_config()
        other = running.state / "other.log"
        config["logging"] = {"level": "debug", "file": str(other)}
        running.write_config(config)
        self.applied(running, "logging.level, logging.file")
        self.assertIn("config hot reload applied", other.read_text())
        self.assertEqual(running.cli_json("gateway", "call", "logs.tail", "--json")["file"], str(other))

    def test_an_invalid_edit_changes_nothing_and_says_why_until_it_is_mended(self):
        running = self.gateway(default_config())
        first = running.serving()
        client = self.connect(running)
        wait_until(lambda: self.state(client) == {"hotReloadStatus": "active"}, 10, "changes are noticed")
        running.write_config(with_gateway(auth={"mode": "token", "token": "new"}, reload={"debounceMs": -1}))
        wait_until(lambda: SKIPPED + "gateway.reload.debounceMs: expected" in running.output(), 10, "it is said")
        problem = self.state(client)["problem"]
        self.assertEqual(problem["path"], "gateway.reload.debounceMs")
        self.assertIn("expected a whole number", problem["message"])
        client.wait_event("health", lambda payload: "problem" in payload["configReload"])
        self.assertTrue(self.accepts(running, TOKEN))
        running.write_config(default_config())
        wait_until(lambda: self.state(client) == {"hotReloadStatus": "active"}, 10, "it is forgotten")
        self.assertEqual(running.generations(), [first])

    def test_a_gateway_is_not_left_without_a_token_or_a_file(self):
        running = self.gateway(default_config())
        running.write_config(with_gateway(auth={"mode": "token"}))
        wait_until(lambda: SKIPPED + "gateway.auth.token: " in running.output(), 10, "no token")
        (running.state / "openclaw.json").unlink()
        wait_until(lambda: SKIPPED + "the file is gone" in running.output(), 10, "no file")
        self.assertTrue(self.accepts(running, TOKEN))

    def test_sighup_reads_the_file_at_once(self):
        config = with_gateway(reload={"debounceMs": 60_000})
        running = self.gateway(config)
        config["native"]["echo"]["chunkChars"] = 3
        running.write_config(config)
        running.process.send_signal(signal.SIGHUP)
        self.applied(running, "native.echo.chunkChars")

    def test_off_means_nothing_until_it_is_on_again(self):
        running = self.gateway(with_gateway(reload={"mode": "off", "debounceMs": 0}))
        client = self.connect(running)
        self.assertEqual(self.state(client), {"hotReloadStatus": "disabled"})
        config = with_gateway(reload={"mode": "off", "debounceMs": 0})
        config["agents"] = {"defaults": {"maxConcurrent": 1}}
        running.write_config(config)
        line = "config reload disabled (gateway.reload.mode=off)"
        wait_until(lambda: line in running.output(), 10, line)
        self.assertNotIn("hot reload applied", running.output())
        config["gateway"]["reload"]["mode"] = "hybrid"
        running.write_config(config)
        self.applied(running, "gateway.reload.mode, agents.defaults.maxConcurrent")

    def test_the_modes_of_the_older_release_mean_hybrid_and_warn_once(self):
        running = self.gateway(with_gateway(reload={"mode": "hot", "debounceMs": 0}))
        for chars in (3, 4):
            config = with_gateway(reload={"mode": "hot", "debounceMs": 0})
            config["native"]["echo"]["chunkChars"] = chars
            running.write_config(config)
            self.applied(running, "native.echo.chunkChars", times=chars - 2)
        self.assertEqual(running.output().count("gateway.reload.mode=hot means hybrid here"), 1)

    def test_edits_in_a_row_end_with_the_last(self):
        running = self.gateway(default_config())
        first = running.serving()
        client = self.connect(running)
        for number in range(1, 41):
            config = default_config()
            config["agents"] = {"list": [{"id": f"agent{number}"}]}
            running.write_config(config)
        wait_until(lambda: client.request("agents.list", {})["defaultId"] == "agent40", 10, "the last one counts")
        self.assertEqual(running.generations(), [first])

    def test_a_key_that_a_flag_decides_has_no_effect(self):
        running = self.gateway(default_config())
        running.write_config(with_gateway(port=1))
        line = "config change has no effect on a gateway that runs (gateway.port)"
        wait_until(lambda: line in running.output(), 10, line)
        self.assertTrue(self.accepts(running, TOKEN))


class WatchedFilesTest(FunctionalCase):
    """What the configuration is made of is watched, wherever it lies."""

    def setUp(self):
        super().setUp()
        self.base = default_config()
        self.base["gateway"]["reload"] = {"debounceMs": 0}

    def level(self, running, chars, times=1):
        line = "config hot reload applied (native.echo.chunkChars)"
        wait_until(lambda: running.output().count(line) == times, 10, f"{chars} is applied")

    def write(self, path, chars):
        """As editors do: a new file in the place of the old one."""
        new = path.with_suffix(".new")
        new.write_text('{"echo": {"chunkDelayMs": 0, "chunkChars": %d}, "restart": {"crashLoopStarts": 0}}' % chars)
        new.rename(path)

    def test_an_included_file(self):
        running = self.gateway(default_config(), start=False)
        part = running.state / "native.json5"
        self.write(part, 3)
        running.write_config({**self.base, "native": {"$include": "./native.json5"}})
        running.start()
        for turn, chars in enumerate((4, 5), 1):
            self.write(part, chars)
            self.level(running, chars, turn)
        part.unlink()
        wait_until(lambda: SKIPPED in running.output(), 10, "a missing one is told")
        self.write(part, 6)
        self.level(running, 6, 3)

    def test_a_file_that_is_included_later(self):
        running = self.gateway({**self.base, "native": {"echo": {"chunkDelayMs": 0, "chunkChars": 3}}})
        running.write_config({**self.base, "native": {"$include": "./later.json5"}})
        wait_until(lambda: SKIPPED in running.output(), 10, "it is missing")
        self.write(running.state / "later.json5", 4)
        self.level(running, 4)

    def test_behind_a_link_that_is_turned(self):
        running = self.gateway(default_config(), start=False)
        for name, chars in (("one", 3), ("two", 4)):
            (running.state / name).mkdir()
            config = {**self.base, "native": {"echo": {"chunkDelayMs": 0, "chunkChars": chars}}}
            (running.state / name / "openclaw.json").write_text(json.dumps(config))
        current, file = running.state / "current", running.state / "openclaw.json"
        current.symlink_to("one")
        file.unlink()
        file.symlink_to("current/openclaw.json")
        running.start()
        new = running.state / "new"
        new.symlink_to("two")
        new.rename(current)
        self.level(running, 4)
        target = running.state / "two" / "openclaw.json"
        target.write_text(target.read_text().replace('"chunkChars": 4', '"chunkChars": 5'))
        self.level(running, 5, 2)

    def test_in_a_directory_that_is_made_anew(self):
        running = self.gateway(default_config(), start=False)
        folder = running.state / "folder"
        running.environment["OPENCLAW_CONFIG_PATH"] = str(folder / "openclaw.json")

        def make(chars):
            folder.mkdir()
            config = {**self.base, "native": {"echo": {"chunkDelayMs": 0, "chunkChars": chars}}}
            (folder / "openclaw.json").write_text(json.dumps(config))

        make(3)
        running.start()
        for turn, chars in enumerate((4, 5), 1):
            shutil.rmtree(folder)
            wait_until(lambda: running.output().count("the file is gone") == turn, 10, "it is gone")
            make(chars)
            self.level(running, chars, turn)
