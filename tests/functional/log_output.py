"""What the gateway logs: file and console, levels and styles, and that neither clients nor disks do harm by it."""

import json
import os
import pathlib
import re
import subprocess
import tempfile

from support.case import FunctionalCase, main
from support.gateway import default_config

PRETTY = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (?:(?:debug|warn|error) )?\[[\w.-]*\] .+")


def with_logging(**logging):
    return {**default_config(), "logging": logging}


def log_lines(running):
    return [json.loads(line) for line in running.log().splitlines()]


def console_lines(running):
    return [line for line in running.output().splitlines() if line]


class LineTest(FunctionalCase):
    def test_keeper_and_generation_write_one_file_of_json_lines(self):
        running = self.gateway(environment={"TZ": "XXX-5:30"})
        running.stop()
        file, = (running.state / "logs").iterdir()
        self.assertRegex(file.name, r"^openclaw-\d{4}-\d\d-\d\d\.log$")
        self.assertEqual((file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777), (0o600, 0o700))
        lines = log_lines(running)
        for line in lines:
            with self.subTest(line["message"]):
                self.assertRegex(line["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+05:30$")
                self.assertEqual(json.loads(line["0"]), {"subsystem": line["subsystem"]})
                self.assertEqual(line["1"], line["message"])
                meta = line["_meta"]
                self.assertLessEqual({"runtime", "runtimeVersion", "hostname", "name", "date", "logLevelId", "logLevelName"},
                                     meta.keys())
                self.assertEqual((meta["name"], meta["hostname"], meta["logLevelName"]),
                                 (line["0"], line["hostname"], line["level"].upper()))
        messages = [line["message"] for line in lines]
        self.assertIn("ready", messages)
        self.assertRegex(messages[-1], "completed cleanly")

    def test_the_console_of_a_pipe_is_for_people_and_without_colour(self):
        running = self.gateway()
        lines = console_lines(running)
        self.assertTrue(lines)
        for line in lines:
            self.assertRegex(line, PRETTY)

    def test_the_console_has_a_level_and_a_style_of_its_own(self):
        silent = self.gateway(with_logging(consoleLevel="silent"))
        self.assertEqual(console_lines(silent), [])
        self.assertIn("ready", [line["message"] for line in log_lines(silent)])
        as_json = self.gateway(with_logging(consoleStyle="json"))
        self.assertIn("ready", [json.loads(line)["message"] for line in console_lines(as_json)])
        compact = self.gateway(with_logging(consoleStyle="compact"))
        self.assertRegex(console_lines(compact)[-1], r"^\d\d:\d\d:\d\d \[\w+\] ")

    def test_the_journal_gets_priorities_and_no_time(self):
        running = self.gateway(start=False)
        reading, writing = os.pipe()
        self.addCleanup(os.close, reading)
        stream = os.fstat(writing)
        running.environment["JOURNAL_STREAM"] = f"{stream.st_dev}:{stream.st_ino}"
        running.process = subprocess.Popen([running.program, "gateway", "run", "--port", "0"], stdin=subprocess.DEVNULL,
                                           stdout=subprocess.DEVNULL, stderr=writing, env=running.environment,
                                           start_new_session=True)
        os.close(writing)
        running.wait_ready()
        running.stop()
        lines = os.read(reading, 65536).decode().splitlines()
        self.assertIn("<6>[gateway] ready", lines)
        for line in lines:
            self.assertRegex(line, r"^<[3467]>\[\w+\] ")

    def test_an_inherited_journal_variable_changes_nothing(self):
        running = self.gateway(environment={"JOURNAL_STREAM": "1:2"})
        self.assertRegex(console_lines(running)[-1], PRETTY)


class LevelTest(FunctionalCase):
    def levels_of_a_start(self, *words, **options):
        running = self.gateway(start=False, **options)
        with open(running.output_path, "ab") as output:
            running.process = subprocess.Popen([running.program, *words, "gateway", "run", "--port", "0", *running.args],
                                               stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                               env=running.environment, start_new_session=True)
        running.wait_ready()
        running.stop()
        return {line["level"] for line in log_lines(running)}

    def test_the_environment_wins_over_the_file_and_the_option_over_the_environment(self):
        warn = {"config": with_logging(level="warn")}
        self.assertNotIn("info", self.levels_of_a_start(**warn))
        self.assertIn("info", self.levels_of_a_start(environment={"OPENCLAW_LOG_LEVEL": "info"}, **warn))
        self.assertNotIn("info", self.levels_of_a_start("--log-level", "error", environment={"OPENCLAW_LOG_LEVEL": "info"}))
        self.assertIn("info", self.levels_of_a_start("--log-level", "info", **warn))

    def test_verbose_wins_over_all(self):
        levels = self.levels_of_a_start("--log-level", "error", config=with_logging(level="error"), args=["--verbose"])
        self.assertIn("info", levels)


class RedactionTest(FunctionalCase):
    def test_patterns_hide_parts_of_lines_in_the_file_and_on_the_console(self):
        config = {**with_logging(redactPatterns=["chan(\\w+)s"]), "channels": {}}
        running = self.gateway(config)
        for text in (running.log(), running.output()):
            self.assertIn("chan***s", text)
            self.assertNotIn("channels", text)

    def test_a_pattern_that_cannot_be_used_is_named(self):
        running = self.gateway(with_logging(redactPatterns=["ok", "(?<=x)y"]), start=False).spawn()
        self.assertEqual(running.process.wait(20), 78)
        self.assertIn("logging.redactPatterns.1: not a pattern that can be searched for in bounded time", running.output())


class BoundTest(FunctionalCase):
    def test_a_client_that_asks_over_and_over_writes_few_lines(self):
        running = self.gateway(default_config(echo={"chunkDelayMs": 200, "chunkChars": 1}))
        with running.connect() as client:
            client.chat_send("s", "a turn that a restart waits for")
            for _ in range(400):
                client.request("gateway.restart.request", {"reason": "again"})
        joined = [line for line in log_lines(running) if line["message"].startswith("restart request coalesced")]
        self.assertGreaterEqual(len(joined), 100)
        self.assertLess(len(joined), 200)

    def test_all_files_together_are_bounded(self):
        running = self.gateway(with_logging(maxFileBytes=2000))
        for _ in range(3):
            generation = running.serving()
            running.cli_json("gateway", "restart", "--force", "--json")
            running.wait_new_generation(generation)
        files = list((running.state / "logs").iterdir())
        self.assertEqual(len(files), 6)
        for file in files:
            self.assertLess(file.stat().st_size, 2000 + 1000, "the last line of each of two processes")
        self.assertTrue(running.cli_json("health", "--json")["ok"])


class PlaceTest(FunctionalCase):
    def test_a_directory_behind_a_link_is_not_used(self):
        running = self.gateway(start=False)
        elsewhere = running.state.parent / "elsewhere"
        elsewhere.mkdir()
        (running.state / "logs").symlink_to(elsewhere)
        running.start()
        self.assertEqual(list(elsewhere.iterdir()), [])
        self.assertIn("is not a directory of this user", running.output())
        self.assertIn("[gateway] ready", running.output())

    def test_a_full_disk_stops_nothing(self):
        if os.geteuid() != 0:
            self.skipTest("mounting a small file system needs root")
        disk = pathlib.Path(tempfile.mkdtemp(prefix="openclaw-small-disk-"))
        self.addCleanup(disk.rmdir)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k,mode=0700", "tmpfs", disk], capture_output=True)
        if mounted.returncode != 0:
            self.skipTest("a small file system cannot be mounted here")
        self.addCleanup(subprocess.run, ["umount", "-l", str(disk)], check=True)
        (disk / "ballast").write_bytes(b"x" * 12288)
        running = self.gateway(with_logging(file=str(disk / "log")))
        for _ in range(4):
            generation = running.serving()
            running.cli_json("gateway", "restart", "--force", "--json")
            running.wait_new_generation(generation)
        with running.connect() as client:
            self.assertEqual(client.wait_chat_end(client.chat_send("s", "still here?")["runId"])["state"], "final")
        self.assertEqual(os.statvfs(disk).f_bavail, 0, "the disk is full by now")
        (disk / "ballast").unlink()
        self.assertEqual(running.stop(), 0)
        self.assertRegex(json.loads((disk / "log").read_text().splitlines()[-1])["message"], "completed cleanly")


if __name__ == "__main__":
    main()
