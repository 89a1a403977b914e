"""The completion script of bash in a real bash; the others where their shell is installed."""

import shlex
import shutil
import subprocess
import unittest

from support.case import FunctionalCase


class CompletionTest(FunctionalCase):
    def setUp(self):
        super().setUp()
        self.here = self.gateway(start=False)

    def script(self, shell):
        return self.here.cli("completion", shell, check=True).stdout

    def candidates(self, *words):
        """What bash offers for the last of `words`."""
        ask = (f"COMP_WORDS=({shlex.join(['openclaw', *words])}); COMP_CWORD={len(words)}; _openclaw;"
               'printf "%s\\n" "${COMPREPLY[@]}"')
        done = subprocess.run(["bash", "-c", self.script("bash") + ask], env=self.here.environment, text=True,
                              capture_output=True, check=True)
        self.assertEqual(done.stderr, "")
        return done.stdout.split()

    def test_commands_and_options_are_offered(self):
        self.assertIn("gateway", self.candidates("g"))
        self.assertEqual(self.candidates("gateway", "restart", "--saf"), ["--safe"])
        self.assertEqual(self.candidates("completion", ""), ["bash", "zsh", "fish"])
        self.assertEqual(self.candidates("gateway", "restart", "h"), ["history"])

    def test_options_before_a_word_are_skipped_with_their_values(self):
        self.assertEqual(self.candidates("--profile", "gateway", "conf"), ["config"])
        self.assertEqual(self.candidates("gateway", "--port", "1", "--json", "restart", "--fol"), ["--follow"])

    def test_the_value_of_an_option_is_left_to_the_shell(self):
        self.assertEqual(self.candidates("gateway", "run", "--password-file", "g"), [])

    def test_every_installed_shell_reads_its_script(self):
        for shell in ("bash", "zsh", "fish"):
            with self.subTest(shell=shell):
                script = self.script(shell)
                if not shutil.which(shell):
                    self.skipTest(f"{shell} is not installed")
                subprocess.run([shell, "-n"], input=script, text=True, check=True, capture_output=True)

    def test_another_shell_is_refused(self):
        done = self.here.cli("completion", "powershell")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("bash, zsh or fish", done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
