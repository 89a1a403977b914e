"""Base classes of the functional tests."""

import os
import random
import sys
import unittest
import uuid

from .gateway import Gateway

SEED = int(os.environ.get("GW_SEED", "1"))


class FunctionalCase(unittest.TestCase):
    """Starts gateways that are closed after the test, and shows their output when it failed."""

    maxDiff = None

    def setUp(self):
        self.random = random.Random(f"{SEED} {self.id()}")
        self._gateways = []
        self.addCleanup(self._close_all)

    def gateway(self, *args, start=True, **options):
        gateway = Gateway(*args, **options)
        self._gateways.append(gateway)
        return gateway.start() if start else gateway

    def connect(self, gateway, **options):
        client = gateway.connect(**options)
        self.addCleanup(client.close)
        return client

    def _close_all(self):
        for gateway in reversed(self._gateways):
            if self._has_failed():
                show(gateway, self.id())
            gateway.close()

    def _has_failed(self):
        result = self._outcome.result
        return any(test is self for test, _ in result.failures + result.errors)


class SharedGatewayCase(FunctionalCase):
    """One gateway for all tests of the class, for tests that leave it as it was."""

    config = "default"

    @classmethod
    def setUpClass(cls):
        cls.shared = Gateway(cls.make_config()).start()
        cls.addClassCleanup(cls.shared.close)

    @classmethod
    def make_config(cls):
        return cls.config

    def setUp(self):
        super().setUp()
        self.addCleanup(lambda: self._has_failed() and show(self.shared, self.id()))

    def client(self, **options):
        return self.connect(self.shared, **options)


def show(gateway, name):
    print(f"\n--- {name}: output of the gateway\n{gateway.output()[-4000:]}\n--- its log\n{gateway.log()[-6000:]}\n---",
          file=sys.stderr)


def new_key():
    return str(uuid.uuid4())


def main():
    unittest.main(verbosity=2)
