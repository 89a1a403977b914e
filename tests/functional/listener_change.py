"""Another port or address in the configuration: the new socket is open before the old one closes, and nobody who is
connected notices. No process is replaced."""

import json
import os
import signal
import socket
import subprocess
import threading

from support.case import FunctionalCase
from support.gateway import TOKEN, Probe, default_config, free_port
from support.timing import wait_until
from support.ws import http_get


def on_port(port, **gateway):
    config = default_config()
    config["gateway"].update({"port": port, "reload": {"debounceMs": 0}, **gateway})
    return config


def answers(port, host="127.0.0.1"):
    try:
        return http_get(port, "/readyz", timeout=2, host=host)[0] == 200
    except OSError:
        return False


def is_refused(port):
    try:
        socket.create_connection(("127.0.0.1", port), 2).close()
    except ConnectionRefusedError:
        return True
    return False


def a_neighbour_of_this_machine():
    """An address of this machine beyond loopback; nothing when it has none."""
    found = subprocess.run(["hostname", "-I"], capture_output=True, text=True, check=False).stdout.split()
    return next((one for one in found if one.count(".") == 3), None)


class ListenerChangeTest(FunctionalCase):
    def start(self, port=None, **gateway):
        running = self.gateway(on_port(port or free_port(), **gateway), port_flag=False)
        self.first = running.serving()
        return running

    def move(self, running, port, **gateway):
        running.write_config(on_port(port, **gateway))
        wait_until(lambda: answers(port), 10, f"it answers on {port}")

    def problem(self, client):
        return client.request("health", {})["configReload"].get("problem")

    def wait_problem(self, client, part):
        wait_until(lambda: part in (self.problem(client) or {}).get("message", ""), 10, f"a problem: {part}")
        return self.problem(client)

    def test_whoever_is_connected_stays_and_the_next_one_comes_to_the_new_port(self):
        running = self.start()
        old, new = running.port, free_port()
        client = self.connect(running)
        self.move(running, new)
        wait_until(lambda: is_refused(old), 10, "the old port is closed")
        self.assertTrue(client.request("health", {})["ok"])
        self.assertEqual(running.generations(), [self.first], "no process was replaced")
        self.assertIn(f"http server listening (ws://127.0.0.1:{new})", running.output())
        self.assertIn("config change moves the listener (gateway.port)", running.output())

    def test_a_turn_under_way_is_not_cut(self):
        config = on_port(free_port())
        config["native"]["echo"] = {"chunkDelayMs": 20, "chunkChars": 1}
        running = self.gateway(config, port_flag=False)
        client = self.connect(running)
        said = "a turn that takes a second or two, and is not cut"
        run = client.chat_send("s", said)["runId"]
        config["gateway"]["port"] = new = free_port()
        running.write_config(config)
        wait_until(lambda: answers(new), 10, "the new port answers")
        self.assertEqual(client.events("chat", lambda p: p["runId"] == run and p["state"] == "final"), [])
        end = client.wait_chat_end(run)
        self.assertEqual((end["state"], end["message"]["content"][0]["text"]), ("final", f"echo: {said}"))

    def test_everyone_who_looks_for_the_gateway_finds_it(self):
        running = self.start()
        new = free_port()
        self.move(running, new)
        wait_until(lambda: running.lock()["port"] == new, 10, "the lock names the new port")
        record = next((running.state / "tmp").glob("openclaw-*/gateway.state.lock"))
        wait_until(lambda: json.loads(record.read_text())["port"] == new, 10, "and OpenClaw's record")
        self.assertTrue(running.cli_json("health", "--json")["ok"])
        self.assertEqual(running.cli_json("gateway", "status", "--json")["gateway"]["port"], new)

    def test_nobody_is_refused_while_it_moves_to_another_address_of_the_same_port(self):
        running = self.start()
        with Probe(running.port, every=0) as probe:
            for bind in ("lan", "loopback", "lan", "loopback"):
                before = running.output().count("http server listening")
                running.write_config(on_port(running.port, bind=bind))
                wait_until(lambda: running.output().count("http server listening") > before, 10, f"it is on {bind}")
            wait_until(lambda: probe.connected > 200, 10, "there were connections")
        self.assertEqual(probe.refused, 0)
        self.assertLess(probe.longest_s, 4, "the kernel drops a packet that comes just then; it is sent again after 1 s")
        self.assertEqual(running.generations(), [self.first])

    def test_beyond_loopback_it_is_reached_by_the_address_of_the_machine(self):
        address = a_neighbour_of_this_machine()
        if not address:
            self.skipTest("this machine has loopback only")
        running = self.start()
        self.assertFalse(answers(running.port, address))
        running.write_config(on_port(running.port, bind="lan"))
        wait_until(lambda: answers(running.port, address), 10, "it answers there")
        running.write_config(on_port(running.port))
        wait_until(lambda: not answers(running.port, address), 10, "and no more")
        self.assertTrue(answers(running.port))

    def test_programs_of_this_machine_come_in_by_loopback_whatever_the_address(self):
        address = a_neighbour_of_this_machine()
        if not address:
            self.skipTest("this machine has loopback only")
        running = self.start(bind="custom", customBindHost=address)
        self.assertTrue(answers(running.port) and answers(running.port, address))
        with Probe(running.port, every=0.001) as probe:
            for gateway in ({"bind": "lan"}, {"bind": "custom", "customBindHost": address}, {}):
                before = running.output().count("http server listening")
                running.write_config(on_port(running.port, **gateway))
                wait_until(lambda: running.output().count("http server listening") > before, 10, f"it is at {gateway}")
        self.assertEqual(probe.refused, 0)
        wait_until(lambda: not answers(running.port, address), 10, "on loopback only")
        new = free_port()
        self.move(running, new, bind="custom", customBindHost=address)
        self.assertTrue(answers(new, address))
        with socket.create_server(("127.0.0.1", 0)) as other:
            taken = other.getsockname()[1]
            running.write_config(on_port(taken, bind="custom", customBindHost=address))
            running.port = new
            with running.connect() as client:
                self.wait_problem(client, f"cannot listen on 127.0.0.1:{taken}")
        self.assertTrue(answers(new) and answers(new, address), "one that could be opened is not enough")

    def test_a_port_that_is_taken_is_named_and_the_old_one_serves_on(self):
        running = self.start()
        client = self.connect(running)
        with socket.create_server(("127.0.0.1", 0)) as other:
            taken = other.getsockname()[1]
            running.write_config(on_port(taken))
            problem = self.wait_problem(client, f"Port {taken} is held by pid {os.getpid()}")
            self.assertEqual(problem["path"], "gateway.port")
            self.assertTrue(answers(running.port))
        running.process.send_signal(signal.SIGHUP)
        wait_until(lambda: answers(taken), 10, "it takes the port once it is free")
        wait_until(lambda: self.problem(client) is None, 10, "and the problem is gone")

    def test_a_second_gateway_finds_the_port_taken_also_after_a_move(self):
        running = self.start()
        for moves, bind in enumerate(("loopback", "lan", "loopback"), start=1):
            running.write_config(on_port(running.port, bind=bind))
            line = "http server listening"
            wait_until(lambda count=moves: running.output().count(line) == count, 10, f"it is on {bind}")
            second = self.gateway(on_port(running.port), port_flag=False, start=False).spawn()
            self.assertEqual(second.process.wait(10), 1, second.output())
            self.assertIn("already listening", second.output())

    def test_edits_in_a_row_end_with_the_last(self):
        running = self.start()
        ports = [free_port() for _ in range(5)]
        for port in [*ports * 3, ports[0]]:
            running.write_config(on_port(port))
        wait_until(lambda: answers(ports[0]) and all(map(is_refused, ports[1:])), 10, "only the last one is open")
        self.assertEqual(running.generations(), [self.first])

    def test_an_edit_while_a_restart_waits(self):
        config = on_port(free_port())
        config["native"]["echo"] = {"chunkDelayMs": 20, "chunkChars": 1}
        running = self.gateway(config, port_flag=False)
        first = running.serving()
        client = self.connect(running)
        run = client.chat_send("s", "a turn that the restart waits for, a second or two")["runId"]
        client.request("gateway.restart.request", {})
        config["gateway"]["port"] = new = free_port()
        running.write_config(config)
        wait_until(lambda: answers(new), 10, "it moves at once")
        self.assertEqual(client.wait_chat_end(run)["state"], "final")
        running.port = new
        running.wait_new_generation(first)
        with running.connect() as client:
            self.assertTrue(client.request("health", {})["ok"])

    def test_generations_that_come_later_serve_on_the_new_port(self):
        running = self.start()
        running.port, old = free_port(), running.port
        self.move(running, running.port)
        os.kill(self.first, signal.SIGKILL)
        second = running.wait_new_generation(self.first)
        running.cli("gateway", "restart", "--safe", check=True)
        running.wait_new_generation(second)
        self.assertTrue(is_refused(old))

    def test_moves_and_restarts_at_the_same_time_leave_one_open_port(self):
        running = self.start()
        ports = [free_port() for _ in range(4)]
        stop = threading.Event()

        def restart():
            while not stop.is_set():
                running.process.send_signal(signal.SIGUSR1)
                stop.wait(0.05)

        thread = threading.Thread(target=restart)
        thread.start()
        for port in ports:
            self.move(running, port)
        stop.set()
        thread.join()
        running.port = ports[-1]
        running.serving()
        self.assertTrue(all(map(is_refused, ports[:-1])))

    def test_a_flag_of_the_start_wins(self):
        running = self.gateway(on_port(free_port()))
        running.write_config(on_port(free_port()))
        line = "config change has no effect on a gateway that runs (gateway.port)"
        wait_until(lambda: line in running.output(), 10, line)
        self.assertTrue(answers(running.port))

    def test_without_a_secret_it_stays_on_loopback(self):
        config = on_port(free_port())
        config["gateway"]["auth"] = {"mode": "none"}
        running = self.gateway(config, port_flag=False)
        config["gateway"]["bind"] = "lan"
        running.write_config(config)
        line = "config reload skipped (invalid config): gateway.auth.mode: none is for loopback only"
        wait_until(lambda: line in running.output(), 10, line)
        self.assertTrue(answers(running.port))

    def test_a_token_for_this_run_alone_is_no_secret_of_the_operator(self):
        config = on_port(free_port())
        del config["gateway"]["auth"]
        running = self.gateway(config, port_flag=False)
        running.token = (running.state / "run-token").read_text()
        client = self.connect(running)
        config["gateway"]["bind"] = "lan"
        running.write_config(config)
        self.assertEqual(self.wait_problem(client, "without auth")["path"], "gateway.bind")
        config["gateway"]["auth"] = {"mode": "token", "token": TOKEN}
        before = running.output().count("http server listening")
        running.write_config(config)
        wait_until(lambda: running.output().count("http server listening") > before, 10, "now it may")

    def test_authentication_that_comes_with_the_address_comes_first(self):
        config = on_port(free_port())
        config["gateway"]["auth"] = {"mode": "none"}
        running = self.gateway(config, port_flag=False)
        config["gateway"].update(bind="lan", auth={"mode": "token", "token": TOKEN})
        running.write_config(config)
        wait_until(lambda: "ws://0.0.0.0" in running.output(), 20, "it listens for others")
        self.assertLess(running.output().index("config change requires gateway restart"),
                        running.output().index("ws://0.0.0.0"), "only the successor, which asks for the token, does")
        with running.connect() as client:
            self.assertTrue(client.request("health", {})["ok"])

    def test_a_generation_without_a_secret_begins_only_after_the_move_to_loopback(self):
        off = {"mode": "off", "debounceMs": 0}
        running = self.start(bind="lan", reload=off)
        running.write_config(on_port(running.port, auth={"mode": "none"}, reload=off))
        running.process.send_signal(signal.SIGUSR1)
        second = running.wait_new_generation(self.first)
        with running.connect() as client:
            self.assertTrue(client.request("health", {})["ok"])
        os.kill(second, signal.SIGKILL)
        running.wait_new_generation(second)
        self.assertNotIn("none is for loopback only", running.output(), "none was in its way")
        self.assertEqual(running.output().count("ws://0.0.0.0"), 1, "only the first, which asks for the token, is for all")

    def test_a_predecessor_that_resumes_stays_where_its_successor_moved(self):
        config = on_port(free_port())
        config["native"]["restart"] = {"probationMs": 600_000, "crashLoopStarts": 0}
        running = self.gateway(config, port_flag=False)
        first, old = running.serving(), running.port
        running.process.send_signal(signal.SIGUSR1)
        wait_until(lambda: running.output().count("[gateway] ready") == 2, 10, "the successor serves")
        config["gateway"]["port"] = running.port = free_port()
        running.write_config(config)
        wait_until(lambda: answers(running.port), 10, "it moves")
        second = next(pid for pid in running.generations() if pid != first)
        os.kill(second, signal.SIGKILL)
        line = "the old generation serves on"
        wait_until(lambda: "config change moves" in running.output().partition(line)[2], 10, "it reads the file again")
        self.assertTrue(answers(running.port))
        self.assertEqual(running.generations(), [first])
        self.assertEqual(running.output().partition(line)[2].count(f"listening (ws://127.0.0.1:{old})"), 0)

    def test_without_a_keeper_an_edit_that_is_taken_back_leaves_no_problem(self):
        running = self.gateway(on_port(free_port()), port_flag=False, args=["--no-keeper"])
        client = self.connect(running)
        running.write_config(on_port(free_port()))
        running.process.send_signal(signal.SIGHUP)
        self.wait_problem(client, "no keeper")
        running.write_config(on_port(running.port))
        running.process.send_signal(signal.SIGHUP)
        wait_until(lambda: self.problem(client) is None, 10, "the problem is gone")

    def test_with_reloading_off_the_next_generation_moves(self):
        running = self.start(reload={"mode": "off", "debounceMs": 0})
        new = free_port()
        running.write_config(on_port(new, reload={"mode": "off", "debounceMs": 0}))
        wait_until(lambda: "config reload disabled" in running.output(), 10, "it is left alone")
        self.assertTrue(answers(running.port))
        running.cli("gateway", "restart", "--safe", check=True)
        wait_until(lambda: answers(new), 10, "the successor listens where the file says")

    def test_the_probation_and_the_log_of_the_keeper_follow_too(self):
        config = on_port(free_port())
        config["native"]["restart"] = {"probationMs": 600_000, "crashLoopStarts": 0}
        running = self.gateway(config, port_flag=False)
        first = running.serving()
        other = running.state / "other.log"
        config["native"]["restart"]["probationMs"] = 0
        config["logging"] = {"level": "debug", "file": str(other)}
        running.write_config(config)
        wait_until(lambda: other.exists() and "config hot reload applied" in other.read_text(), 10, "it is applied")
        running.process.send_signal(signal.SIGUSR1)
        running.wait_new_generation(first)
        self.assertIn("signal SIGUSR1 received", other.read_text())
        self.assertIn("generation started", other.read_text(), "a line of the keeper that only debug shows")

