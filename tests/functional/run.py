#!/usr/bin/python3
"""Run the functional tests: every area_behaviour.py beside this file, each in a process of its own.

  tests/functional/run.py [--bin build/release/bin/openclaw] [--jobs N] [--slow FACTOR] [PATTERN...]

PATTERN selects the files whose name contains it. GW_SEED repeats a run with the seed that a failure printed.
GW_SLOW, or --slow, multiplies every deadline. The output of a file is shown when it fails, or with --verbose.
"""

import argparse
import concurrent.futures
import os
import pathlib
import random
import re
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
FILE_LIMIT_S = 900  # For one file, so that a hanging test ends the run with its output.


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", default=str(HERE.parents[1] / "build/release/bin/openclaw"))
    parser.add_argument("-j", "--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--slow", default=os.environ.get("GW_SLOW", "1"))
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("patterns", nargs="*")
    return parser.parse_args()


def run_file(path, environment):
    begin = time.monotonic()
    command = [sys.executable, "-B", "-m", "unittest", "-v", path.stem]
    process = subprocess.Popen(command, cwd=HERE, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True, errors="replace")
    try:
        output, _ = process.communicate(timeout=FILE_LIMIT_S * float(environment["GW_SLOW"]))
        code = process.returncode
    except subprocess.TimeoutExpired:
        process.kill()
        output, code = process.communicate()[0] + "\nended: the time limit of one file was over\n", 1
    ran = re.search(r"^Ran (\d+) tests? in", output, re.M)
    skipped = re.findall(r"\.\.\. skipped '?(.*?)'?$", output, re.M)
    return path, code, output, int(ran.group(1)) if ran else 0, skipped, time.monotonic() - begin


def main():
    options = arguments()
    program = pathlib.Path(options.bin).resolve()
    if not os.access(program, os.X_OK):
        sys.exit(f"run.py: {program} is not there: script/build makes it")
    files = [path for path in sorted(HERE.glob("*_*.py"))
             if not options.patterns or any(pattern in path.stem for pattern in options.patterns)]
    if not files:
        sys.exit(f"run.py: no file matches {options.patterns}")
    seed = os.environ.get("GW_SEED") or str(random.randrange(1, 2**31))
    environment = dict(os.environ, GW_BIN=str(program), GW_SEED=seed, GW_SLOW=options.slow, PYTHONUNBUFFERED="1")

    total = skipped_total = 0
    failed = []
    # The longest first, so that it does not run alone at the end.
    files.sort(key=lambda path: (path.stem != "restart_nothing_lost", path.stem))
    with concurrent.futures.ThreadPoolExecutor(max(1, options.jobs)) as pool:
        for done in concurrent.futures.as_completed([pool.submit(run_file, path, environment) for path in files]):
            path, code, output, ran, skipped, took = done.result()
            total += ran
            skipped_total += len(skipped)
            good = code == 0 and (ran > 0 or bool(skipped))  # A file that runs nothing and says no reason is a mistake.
            print(f"{'ok    ' if good else 'FAILED'} {path.stem:24} {ran:3} tests {took:6.1f} s"
                  + "".join(f"\n       skipped: {reason}" for reason in sorted(set(skipped))), flush=True)
            if not good:
                failed.append(path.stem)
            if not good or options.verbose:
                print(output, flush=True)
            else:
                for line in re.findall(r"^(?:seed|acknowledged) .*$", output, re.M):
                    print(f"       {line}", flush=True)
    print(f"{total} functional tests in {len(files)} files, {skipped_total} skipped, "
          + (f"FAILED: {' '.join(sorted(failed))} (repeat with GW_SEED={seed})" if failed else f"all passed (seed {seed})"))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
