"""The Debian package on a machine with systemd: installed, upgraded under a running turn, removed."""

import json
import pathlib
import shutil
import tempfile
import unittest

import systemd_install
from support.package import field, make_packages, next_version
from support.timing import wait_until


class PackageTest(systemd_install.ServiceCase):
    program = "/usr/bin/openclaw"

    def setUp(self):
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="openclaw-package-")))
        self.deb, = make_packages(folder).glob("openclaw-native_*.deb")
        self.following, newer = next_version(self.deb, folder)
        for name, file in (("first.deb", self.deb), ("next.deb", newer)):
            shutil.copy(file, self.machine.path("/root") / name)
        self.dpkg("--install", "/root/first.deb")
        self.addCleanup(self.dpkg, "--purge", "openclaw-native")
        super().setUp()

    def dpkg(self, *words):
        self.machine.run("dpkg", *words, user=None, check=True)

    def gateway_version(self):
        return self.json("gateway", "status")["rpc"]["version"]

    def test_from_the_package_to_a_service_through_an_upgrade_and_away(self):
        self.install()
        self.assertIn("ExecStart=/usr/bin/openclaw gateway --port", self.unit_file.read_text())
        self.assertEqual(self.gateway_version(), field(self.deb, "Version"))
        before = self.unit("MainPID", "NRestarts")

        turn = self.start_turn()
        self.dpkg("--install", "/root/next.deb")
        self.assertEqual(self.openclaw("--version", check=True).stdout.strip(), self.following)
        self.assert_answered(turn)
        wait_until(lambda: self.gateway_version() == self.following, 60, "the new program serves", every=0.2)
        self.assertEqual(self.unit("MainPID", "NRestarts"), before, "systemd saw nothing of it")
        last = self.json("gateway", "restart", "history")["restarts"][0]
        self.assertEqual((last["reason"], last["outcome"], last["toVersion"]), ("program changed", "restarted", self.following))

        # What the keeper still is of the old program ends with the next stop and start.
        self.json("gateway", "stop", "--force")
        self.json("gateway", "start")
        self.assertEqual(self.gateway_version(), self.following)
        self.machine.reboot()
        self.wait_serving()
        self.assertEqual(self.gateway_version(), self.following)
        self.assertEqual(self.json("gateway", "uninstall")["result"], "uninstalled")
        self.assertEqual(self.unit("LoadState"), {"LoadState": "not-found"})

    def test_the_package_brings_manuals_and_completions(self):
        listed = self.machine.run("dpkg", "-L", "openclaw-native", user=None, check=True).stdout
        for part in ("/usr/share/man/man1/openclaw.1", "/usr/share/bash-completion/completions/openclaw"):
            self.assertIn(part, listed)
        status = json.loads(self.openclaw("gateway", "status", "--json", check=True).stdout)
        self.assertEqual(status["cli"]["entrypoint"], "/usr/bin/openclaw")


if __name__ == "__main__":
    unittest.main(verbosity=2)
