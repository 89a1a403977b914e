"""The packages: what is in them, that they run wherever they lie, and an upgrade under a running gateway.

The packages are made of the build under test, or found in the directory that GW_PACKAGES names (script/release --check).
"""

import gzip
import json
import os
import pathlib
import re
import shutil
import stat
import tempfile
import unittest

from support.case import FunctionalCase
from support.gateway import default_config
from support.package import BUILD, command, field, make_packages, next_version
from support.timing import wait_until

LONG = "a turn that is still running when the package is replaced"
SHARED = {"libc.so.6", "libm.so.6", "ld-linux-x86-64.so.2"}
packages = None  # The directory that they are in.


def setUpModule():
    global packages
    packages = make_packages(unittest.enterModuleContext(tempfile.TemporaryDirectory(prefix="openclaw-package-")))


def files_in(root):
    return {str(path.relative_to(root)) for path in root.rglob("*") if not path.is_dir()}


class Root:
    """A scratch directory that dpkg takes for the root of a system."""

    def __init__(self, folder):
        self.folder = folder
        state = folder / "var/lib/dpkg"
        for name in ("info", "updates", "triggers"):
            (state / name).mkdir(parents=True)
        (state / "status").touch()

    def dpkg(self, *words):
        # Its libraries are those of the system around it, so the dependencies are not there to be found.
        return command("dpkg", f"--root={self.folder}", f"--log={self.folder}/dpkg.log", "--force-not-root", "--force-depends",
                       "--force-script-chrootless", *words, env={**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"})

    def version(self):
        return command("dpkg-query", f"--admindir={self.folder}/var/lib/dpkg", "-W", "-f", "${Version}", "openclaw-native")


class PackageCase(FunctionalCase):
    def setUp(self):
        super().setUp()
        self.deb, = packages.glob("openclaw-native_*.deb")
        self.archive, = packages.glob("openclaw-native-*.tar.gz")

    def folder(self, name):
        path = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="openclaw-package-"))) / name
        path.mkdir()
        return path

    def unpacked(self, name="root"):
        root = self.folder(name)
        command("dpkg-deb", "--extract", self.deb, root)
        return root

    def archive_unpacked(self, name):
        root = self.folder(name)
        command("tar", "-xzf", self.archive, "-C", root)
        top, = root.iterdir()
        return top

    def serves(self, program):
        running = self.gateway(default_config(), program=program)
        self.assertTrue(running.cli_json("health", "--json")["ok"])
        return running


class ContentTest(PackageCase):
    def test_the_package_names_the_version_of_the_program(self):
        version = command(self.unpacked() / "usr/bin/openclaw", "--version").strip()
        self.assertRegex(version, r"^\d+\.\d+\.\d+$")
        self.assertEqual(field(self.deb, "Version"), version)
        self.assertEqual(self.deb.name, f"openclaw-native_{version}_{field(self.deb, 'Architecture')}.deb")
        self.assertRegex(self.archive.name, rf"^openclaw-native-{version}-linux-\w+\.tar\.gz$")

    def test_it_depends_on_the_c_library_and_on_libcurl_alone(self):
        names = [one.split()[0] for one in field(self.deb, "Depends").split(", ")]
        self.assertEqual(sorted(names), ["libc6", "libcurl4"])

    def test_both_programs_are_stripped_and_link_three_shared_libraries(self):
        root = self.unpacked()
        for program in ("usr/bin/openclaw", "usr/libexec/openclaw-gateway"):
            with self.subTest(program):
                needed = re.findall(r"NEEDED.*\[(.*)\]", command("readelf", "-d", root / program))
                self.assertLessEqual(set(needed), SHARED)
                self.assertNotIn(".symtab", command("readelf", "-SW", root / program))

    def test_nobody_but_the_owner_may_change_a_file(self):
        root = self.unpacked()
        for path in root.rglob("*"):
            mode = stat.S_IMODE(path.lstat().st_mode)
            is_program = path.parent in (root / "usr/bin", root / "usr/libexec")
            self.assertEqual(mode, 0o755 if path.is_dir() or is_program else 0o644, path)
        self.assertNotRegex(command("dpkg-deb", "--contents", self.deb), r"(?m)^\S+ (?!root/root )")

    def test_package_archive_and_cmake_install_have_the_same_files(self):
        in_package = files_in(self.unpacked() / "usr")
        self.assertLess({"bin/openclaw", "libexec/openclaw-gateway", "share/doc/openclaw-native/copyright",
                         "share/doc/openclaw-native/docs/install.md"}, in_package)
        for page in [name for name in in_package if name.endswith(".1.gz")]:
            in_package.remove(page)
            in_package.add(page.removesuffix(".gz"))
        in_package -= {"lib/systemd/system/openclaw-gateway@.service", "share/doc/openclaw-native/changelog.gz"}
        in_package.remove("share/zsh/vendor-completions/_openclaw")  # Where Debian's zsh looks.
        in_package.add("share/zsh/site-functions/_openclaw")
        self.assertEqual(files_in(self.archive_unpacked("archive")), in_package)
        if not os.environ.get("GW_PACKAGES"):
            prefix = self.folder("prefix")
            command("cmake", "--install", BUILD, "--prefix", prefix, "--strip")
            self.assertEqual(files_in(prefix), in_package)

    def test_it_has_the_manual_and_the_completions_of_its_own_commands(self):
        share = self.unpacked() / "usr/share"
        program = self.unpacked() / "usr/bin/openclaw"
        for shell, name in (("bash", "bash-completion/completions/openclaw"), ("zsh", "zsh/vendor-completions/_openclaw"),
                            ("fish", "fish/vendor_completions.d/openclaw.fish")):
            self.assertEqual((share / name).read_text(), command(program, "completion", shell))
        manual = share / "man/man1"
        self.assertIn(command(program, "--version").strip(), gzip.decompress((manual / "openclaw.1.gz").read_bytes()).decode())
        self.assertTrue((manual / "openclaw-gateway-restart.1.gz").exists())

    def test_its_unit_is_one_for_systemd(self):
        root = self.unpacked()
        unit = root / "usr/lib/systemd/system/openclaw-gateway@.service"
        self.assertIn("ExecStart=/usr/bin/openclaw gateway\n", unit.read_text())
        if not shutil.which("systemd-analyze"):
            self.skipTest("systemd-analyze is not installed")
        named = self.folder("units") / "openclaw-gateway@nobody.service"
        named.write_text(unit.read_text().replace("/usr/bin/openclaw", str(root / "usr/bin/openclaw")))
        self.assertEqual(command("systemd-analyze", "verify", "--man=no", "--recursive-errors=no", named), "")


class PlaceTest(PackageCase):
    def test_the_package_runs(self):
        self.serves(self.unpacked() / "usr/bin/openclaw")

    def test_the_archive_runs_from_anywhere_and_after_a_move(self):
        top = self.archive_unpacked("a folder with spaces")
        self.serves(top / "bin/openclaw").stop()
        moved = top.rename(top.parent / "moved")
        self.serves(moved / "bin/openclaw")

    def test_a_link_to_the_program_is_enough(self):
        link = self.folder("links") / "openclaw"
        link.symlink_to(self.archive_unpacked("archive") / "bin/openclaw")
        self.serves(link)


class UpgradeTest(PackageCase):
    def test_an_upgrade_lets_the_running_turn_end_and_goes_on_with_the_new_program(self):
        following, deb = next_version(self.deb, self.folder("next"))
        root = Root(self.folder("system"))
        root.dpkg("--install", self.deb)
        config = default_config(echo={"chunkDelayMs": 50, "chunkChars": 1})
        running = self.gateway(config, program=root.folder / "usr/bin/openclaw")
        first = running.serving()
        with running.connect() as client:
            run = client.chat_send("s", LONG)["runId"]
            client.wait_event("chat", lambda payload: payload["runId"] == run)
            root.dpkg("--install", deb)
            self.assertEqual(root.version(), following)
            end = client.wait_chat_end(run)
        self.assertEqual(end["state"], "final")
        second = running.wait_new_generation(first)
        self.assertEqual(pathlib.Path(os.readlink(f"/proc/{second}/exe")), root.folder / "usr/libexec/openclaw-gateway")
        self.assertEqual(running.cli("--version").stdout.strip(), following)
        with running.connect() as client:
            self.assertEqual(client.hello["server"]["version"], following)
            status = wait_until(lambda: (lambda s: s["recent"] and s)(client.request("gateway.restart.status", {})), 10, "on record")
            last = status["recent"][0]
            self.assertEqual((last["reason"], last["outcome"], last["toVersion"]), ("program changed", "restarted", following))
            texts = json.dumps(client.history("s"))
        self.assertEqual(texts.count(LONG), 2, "the message and its echo, each once")
        self.assertEqual(running.stop(), 0)

    def test_a_removal_leaves_the_running_gateway_and_its_state_alone(self):
        root = Root(self.folder("system"))
        root.dpkg("--install", self.deb)
        running = self.gateway(default_config(), program=root.folder / "usr/bin/openclaw")
        root.dpkg("--purge", "openclaw-native")
        self.assertEqual(files_in(root.folder / "usr") if (root.folder / "usr").exists() else set(), set())
        with running.connect() as client:
            self.assertTrue(client.request("health")["ok"])
        self.assertEqual(running.stop(), 0)
        self.assertTrue((running.state / "openclaw.json").exists())


if __name__ == "__main__":
    unittest.main(verbosity=2)
