"""Restarts of every kind in a row, under load: nothing lost, doubled, refused or leaked.

Scale and seed: GW_LOAD_RESTARTS, GW_SEED. `script/bench` looks at the times.
"""

import os
import unittest

from support.case import SEED, FunctionalCase
from support.gateway import default_config
from support.restart_load import CONFIG, KINDS, RestartLoad
from support.timing import wait_until

RESTARTS = int(os.environ.get("GW_LOAD_RESTARTS", str(2 * len(KINDS))))
GROWTH_MAX = 1.10


class RestartLoadTest(FunctionalCase):
    def test_restarts_of_every_kind_lose_and_leak_nothing(self):
        gateway = self.gateway(default_config(**CONFIG))
        load = RestartLoad(gateway, RESTARTS, seed=SEED)
        load.run()
        print(f"\nseed {SEED}: {load.summary()}", flush=True)
        self.assertGreaterEqual(set(load.kinds), set(KINDS) if RESTARTS >= len(KINDS) else set())
        self.assertGreater(load.answered, RESTARTS)
        self.assertEqual((load.lost, load.doubled, load.refused), (0, 0, 0))
        wait_until(lambda: load.children_left() == 1, 10, "the keeper has one child")
        self.assertLessEqual(load.last_descriptors, load.first_descriptors, "descriptors of the keeper")
        self.assertLessEqual(load.last_rss_kb, load.first_rss_kb * GROWTH_MAX, "kB resident of the serving generation")


if __name__ == "__main__":
    unittest.main(verbosity=2)
