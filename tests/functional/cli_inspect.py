"""`gateway stability`, `gateway usage-cost` and `gateway discover`, and the methods behind them."""

import datetime
import json
import os
import unittest

from support.case import FunctionalCase

ROW = {"input", "output", "cacheRead", "cacheWrite", "totalTokens", "totalCost", "inputCost", "outputCost",
       "cacheReadCost", "cacheWriteCost", "missingCostEntries"}


def error_of(done):
    return json.loads(done.stdout)["error"]


class StabilityTest(FunctionalCase):
    def stability(self, gateway, *args):
        return gateway.cli_json("gateway", "stability", "--json", *args)

    def test_starts_restarts_and_warnings_are_on_record(self):
        gateway = self.gateway()
        first = self.stability(gateway)
        self.assertEqual(set(first), {"generatedAt", "capacity", "count", "dropped", "firstSeq", "lastSeq", "events", "summary"})
        self.assertEqual((first["capacity"], first["firstSeq"], first["dropped"]), (1000, 1, 0))
        self.assertEqual(first["summary"]["byType"]["generation.started"], 1)
        (started,) = (one for one in first["events"] if one["type"] == "generation.started")
        self.assertEqual(started["generation"], 1)
        self.assertGreaterEqual(started["startUpMs"], 0)
        gateway.cli("gateway", "restart", "--json", check=True)
        after = self.stability(gateway, "--type", "restart.phase")
        self.assertEqual(after["events"][-1]["outcome"], "restarted")
        self.assertEqual(set(after["summary"]["byType"]), {"restart.phase"})
        self.assertEqual(self.stability(gateway, "--since-seq", after["lastSeq"])["events"], [])
        self.assertEqual(len(self.stability(gateway, "--limit", "1")["events"]), 1)
        human = gateway.cli("gateway", "stability", check=True).stdout
        self.assertRegex(human, r"^\d+ events on record, 0 dropped\nSEQ +TIME +TYPE +DETAILS\n")
        self.assertRegex(human, r'generation\.started +generation=2 startUpMs=\d+\n')

    def test_bundles_are_read_and_their_absence_is_told(self):
        gateway = self.gateway(start=False)
        done = gateway.cli("gateway", "stability", "--bundle", "latest", "--json")
        self.assertEqual(done.returncode, 1)
        self.assertIn("there is no stability bundle", error_of(done)["message"])
        bundles = gateway.state / "logs/stability"
        bundles.mkdir(parents=True)
        for name, number in (("openclaw-stability-2026-01-01.json", 1), ("openclaw-stability-2026-02-01.json", 2),
                             ("other-2027.json", 3)):
            (bundles / name).write_text(json.dumps({"n": number}))
        answer = gateway.cli_json("gateway", "stability", "--bundle", "latest", "--json")
        newest = bundles / "openclaw-stability-2026-02-01.json"
        self.assertEqual((answer["path"], answer["bundle"]), (str(newest), {"n": 2}))
        self.assertAlmostEqual(answer["mtimeMs"], os.stat(newest).st_mtime_ns // 1_000_000, delta=1)
        newest.write_text("{")
        for which in ("latest", gateway.state / "nowhere.json"):
            done = gateway.cli("gateway", "stability", "--bundle", which, "--json")
            self.assertEqual((done.returncode, json.loads(done.stdout)["ok"]), (1, False))

    def test_export_writes_what_diagnostics_export_does(self):
        gateway = self.gateway(start=False)
        path = gateway.state / "out.zip"
        answer = gateway.cli_json("gateway", "stability", "--export", "--output", path, "--json")
        self.assertEqual((answer["path"], answer["bytes"]), (str(path), path.stat().st_size))

    def test_bad_options_are_refused(self):
        gateway = self.gateway(start=False)
        for options, why in ((("--limit", "1001"), "Invalid --limit"), (("--since-seq", "x"), "Invalid --since-seq"),
                             (("--output", "x"), "--output requires --export"), (("--timeout", "x"), "Invalid --timeout")):
            done = gateway.cli("gateway", "stability", "--json", *options)
            self.assertEqual(done.returncode, 1)
            self.assertIn(why, error_of(done)["message"])
        self.assertEqual(gateway.cli("gateway", "stability", "--port", "1").returncode, 1)


class UsageTest(FunctionalCase):
    def usage(self, gateway, *args):
        return gateway.cli_json("gateway", "usage-cost", "--json", *args)

    def test_runs_are_counted_once_also_through_a_restart(self):
        gateway = self.gateway()
        nothing = self.usage(gateway)
        self.assertEqual((nothing["days"], nothing["daily"], set(nothing["totals"])), (30, [], ROW))
        self.assertEqual(nothing["cacheStatus"], {"status": "fresh", "cachedFiles": 0, "pendingFiles": 0, "staleFiles": 0})
        client = self.connect(gateway)
        before = datetime.datetime.now(datetime.timezone.utc).date()
        for key in ("k1", "k2"):
            client.chat_send("main", "a message of some length", key=key)
            client.wait_chat_end(key)
        used = self.usage(gateway, "--days", "7")
        after = datetime.datetime.now(datetime.timezone.utc).date()
        if before == after:  # Else the runs may lie on two days.
            (day,) = used["daily"]
            self.assertEqual((day.pop("date"), day, set(day)), (str(after), used["totals"], ROW))
        totals = used["totals"]
        self.assertEqual((used["days"], totals["missingCostEntries"], totals["totalCost"]), (7, 2, 0))
        self.assertGreater(totals["input"], 0)
        self.assertEqual(totals["totalTokens"], totals["input"] + totals["output"])
        gateway.cli("gateway", "restart", "--json", check=True)
        self.assertEqual(self.usage(gateway, "--all-agents")["totals"], totals)
        self.assertEqual(self.usage(gateway, "--agent", "main")["totals"], totals)
        self.assertEqual(self.usage(gateway, "--agent", "nobody")["daily"], [])
        human = gateway.cli("gateway", "usage-cost", check=True).stdout
        self.assertRegex(human, r"^DATE +INPUT +OUTPUT +CACHE READ +CACHE WRITE +TOTAL\n")
        self.assertRegex(human, rf"total +{totals['input']} +{totals['output']} +0 +0 +{totals['totalTokens']}\n")
        self.assertIn("The price of 2 model calls is not known.", human)

    def test_days_may_be_named(self):
        gateway = self.gateway()
        client = self.connect(gateway)
        client.chat_send("main", "hello", key="k1")
        client.wait_chat_end("k1")
        answer = client.request("usage.cost", {"startDate": "2020-02-28", "endDate": "2020-03-01", "mode": "utc",
                                               "utcOffset": "UTC+2"})
        self.assertEqual((answer["days"], answer["daily"]), (3, []))
        self.assertEqual(len(client.request("usage.cost", {"startDate": "2026-01-01", "agentScope": "all"})["daily"]), 1)
        for params, why in (({"days": 0}, "/days"), ({"startDate": "2026-02-30"}, "must be a date"),
                            ({"endDate": "yesterday"}, "must be a date"),
                            ({"startDate": "2026-02-02", "endDate": "2026-02-01"}, "in order"),
                            ({"startDate": "1999-01-01"}, "at most 3650 days"), ({"agentScope": "some"}, "must be all"),
                            ({"agentScope": "all", "agentId": "main"}, "exclude each other"), ({"other": 1}, "unexpected")):
            frame = client.wait_response(client.send_request("usage.cost", params))
            self.assertEqual((frame["ok"], frame["error"]["code"]), (False, "INVALID_REQUEST"), params)
            self.assertIn(why, frame["error"]["message"])

    def test_bad_options_are_refused(self):
        gateway = self.gateway(start=False)
        for options, why in ((("--days", "0"), "Invalid --days"), (("--agent", "a", "--all-agents"), "cannot be combined"),
                             (("--timeout", "x"), "Invalid --timeout")):
            done = gateway.cli("gateway", "usage-cost", "--json", *options)
            self.assertEqual(done.returncode, 1)
            self.assertIn(why, error_of(done)["message"])
        self.assertEqual(gateway.cli("gateway", "usage-cost", "--port", "1").returncode, 1)


class DiscoverTest(FunctionalCase):
    def test_it_finds_nothing_and_says_why(self):
        gateway = self.gateway(start=False)
        answer = gateway.cli_json("gateway", "discover", "--timeout", "500", "--json")
        self.assertEqual({key: answer[key] for key in ("timeoutMs", "domains", "count", "beacons")},
                         {"timeoutMs": 500, "domains": [], "count": 0, "beacons": []})
        self.assertEqual(answer["warnings"][0]["code"], "discovery_unavailable")
        human = gateway.cli("gateway", "discover", check=True)
        self.assertRegex(human.stderr, "^warning: this release does not listen")
        self.assertEqual(gateway.cli("gateway", "discover", "--timeout", "x").returncode, 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
