"""Makes Debian packages of the build under test."""

import os
import pathlib
import re
import subprocess

from .gateway import PROGRAM

BUILD = PROGRAM.parent.parent


def command(*words, **options):
    done = subprocess.run([str(word) for word in words], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=120, **options)
    if done.returncode != 0:
        raise AssertionError(f"{words} exited {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def field(deb, name):
    return command("dpkg-deb", "--field", deb, name).strip()


def make_packages(folder):
    """The package and the archive in `folder`; those that GW_PACKAGES names (script/release --check) where it is set."""
    if "GW_PACKAGES" in os.environ:
        return pathlib.Path(os.environ["GW_PACKAGES"])
    command("cpack", "--config", BUILD / "CPackConfig.cmake", "-B", folder)
    return pathlib.Path(folder)


def next_version(deb, folder):
    """The package with another number, in the programs too: `(version, file)`."""
    version = field(deb, "Version")
    following = re.sub(r"\d$", lambda last: str((int(last[0]) + 1) % 10), version)
    root = folder / "package"
    command("dpkg-deb", "--raw-extract", deb, root)
    for program in (root / "usr/bin/openclaw", root / "usr/libexec/openclaw-gateway"):
        code = program.read_bytes()
        if code.count(version.encode() + b"\0") != 1:
            raise AssertionError("the version stands in one place")
        program.write_bytes(code.replace(version.encode() + b"\0", following.encode() + b"\0"))
    control = root / "DEBIAN/control"
    control.write_text(control.read_text().replace(f"Version: {version}\n", f"Version: {following}\n"))
    file = folder / "next.deb"
    command("dpkg-deb", "--root-owner-group", "--build", root, file)
    return following, file
