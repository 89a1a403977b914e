"""docs/restart.md names a test for each defect of the original; each of them exists."""

import pathlib
import re
import unittest

TESTS = pathlib.Path(__file__).resolve().parents[1]
DOCUMENT = TESTS.parent / "docs/restart.md"


def exists(group, name):
    if group[0].isupper():
        declared = re.compile(rf"^TEST(_F|_P)?\({group}, {name}\)", re.MULTILINE)
        return any(declared.search(file.read_text()) for folder in ("unit", "sim") for file in (TESTS / folder).rglob("*.cpp"))
    return f"    def {name}(self" in (TESTS / f"functional/{group}.py").read_text()


class DocumentedTestsTest(unittest.TestCase):
    def test_every_named_test_exists(self):
        table = DOCUMENT.read_text().split("## What the original gets wrong")[1].split("\n## ")[0]
        named = re.findall(r"`(\w+)\.(\w+)`", table)
        self.assertGreater(len(named), 60)
        self.assertEqual([f"{group}.{name}" for group, name in named if not exists(group, name)], [])
