"""Configurations that are wrong, tests/fuzz/corpus/config: the command line explains each, and no gateway starts with one."""

import concurrent.futures
import json
import pathlib
import unittest

from support.case import FunctionalCase

CORPUS = pathlib.Path(__file__).resolve().parents[1] / "fuzz/corpus/config"
FILES_MIN = 200
THREADS = 4
SAMPLE = ("cut-in-a-double-quoted-text", "above-range-gateway-port", "include-too-deep", "secret-variable-unset", "unknown-key-in-gateway")


class CorpusTest(FunctionalCase):
    def setUp(self):
        super().setUp()
        self.here = self.gateway(None, start=False)

    def run_with(self, file, *words):
        return self.here.cli(*words, environment={"OPENCLAW_CONFIG_PATH": str(file)})

    def test_each_gets_one_document(self):
        files = sorted(CORPUS.glob("*.json5"))
        self.assertGreaterEqual(len(files), FILES_MIN)
        before = {path: path.read_bytes() for path in CORPUS.iterdir()}
        with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
            answers = pool.map(lambda file: self.run_with(file, "config", "validate", "--json"), files)
            for file, done in zip(files, answers):
                with self.subTest(file=file.name):
                    valid = file.name.startswith("valid-")
                    self.assertEqual((done.returncode, done.stderr), (0 if valid else 1, ""))
                    answer = json.loads(done.stdout)
                    self.assertEqual((answer["valid"], answer["path"], answer["exists"]), (valid, str(file), True))
                    self.assertEqual(bool(answer["issues"]), not valid)
                    for issue in answer["issues"]:
                        self.assertTrue(issue["message"])
        self.assertEqual({path: path.read_bytes() for path in CORPUS.iterdir()}, before)
        self.assertEqual(list(self.here.state.iterdir()), [])

    def test_a_gateway_refuses_with_the_same_words(self):
        for name in SAMPLE:
            with self.subTest(file=name):
                file = CORPUS / f"{name}.json5"
                issues = json.loads(self.run_with(file, "config", "validate", "--json").stdout)["issues"]
                self.assertTrue(issues)
                done = self.run_with(file, "gateway", "run")
                self.assertEqual(done.returncode, 78)
                for issue in issues:
                    self.assertIn(issue["message"], done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
