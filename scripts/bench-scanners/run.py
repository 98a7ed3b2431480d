"""Measures the scanner side by side with semgrep and bandit: the same trees, the same processors, one run after the other.

    python3 scripts/bench-scanners/run.py --work DIR --anchorite target/release/anchorite [--runs 3] [--threads N] TREE...

In: a folder to work in (it keeps a virtual environment with the two others, at the versions pinned below), a built scanner
and trees. Out: two tables in Markdown on stdout, and in DIR what every scanner printed last and `runs.jsonl`, one line a run.
Semgrep runs with the rules beside this file, written for it and held to one find each in `samples/` before anything is
measured; nothing is taken from its registry, and neither measurements nor version checks leave the machine (its `--validate`
would fetch further rules, so the samples are the check). Anchorite runs `brief`: candidates without a judge, as semgrep has
none. Bandit reads only Python, with one thread. Nothing here asserts a time; ratios are what the tables are for. Ctrl-C ends the
turns early and still shows what was measured.
Needs Linux, Python 3.9 or newer with `venv`, and for the first run a package index that pip can reach. Start at `main`.
"""
import argparse
import json
import os
import re
import resource
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
PINS = ("semgrep==1.182.0", "bandit==1.9.4")
# What the scanner takes for code by its name.
CODE = set(
    "py pyi pyw js jsx mjs cjs ts mts cts tsx java go c h cpp cc cxx c++ hpp hh hxx h++ ipp tpp inl cs csx php phtml php3 php4 php5 php7 "
    "php8 phps inc rs kt kts rb rake ru rbw gemspec".split()
)
NOT_READ = re.compile(r"^(.+?): not read: ", re.M)


def install(work):
    """The folder of the programs of a virtual environment that holds just what is pinned."""
    programs = work / "venv" / "bin"
    stamp = work / "venv" / "pins.txt"
    if not stamp.exists() or stamp.read_text() != "\n".join(PINS):
        subprocess.run([sys.executable, "-m", "venv", "--clear", work / "venv"], check=True)
        subprocess.run([programs / "pip", "install", "--quiet", "--disable-pip-version-check", *PINS], check=True)
        stamp.write_text("\n".join(PINS))
    return programs


def surroundings(work, programs):
    """An environment in which no scanner finds settings of the user's, and semgrep sends nothing."""
    home = work / "home"
    home.mkdir(exist_ok=True)
    kept = {name: os.environ[name] for name in ("LANG", "LC_ALL", "TMPDIR") if name in os.environ}
    return kept | {
        "HOME": str(home),
        "PATH": f"{programs}:{os.environ['PATH']}",
        "SEMGREP_SEND_METRICS": "off",
        "SEMGREP_ENABLE_VERSION_CHECK": "0",
        "SEMGREP_SETTINGS_FILE": str(home / "semgrep.yml"),
    }


def commands(anchorite, programs, out, threads, tree):
    """What is run: scanner -> command line. Both others write their findings as JSON."""
    semgrep = [programs / "semgrep", "scan", "--metrics=off", "--disable-version-check", "--quiet", "--jobs", str(threads)]
    return {
        "anchorite": [anchorite, "brief", tree, "--profile", "compact"],
        "semgrep": [*semgrep, "--config", HERE / "rules", "--json", "--output", out / "semgrep.json", tree],
        "bandit": [programs / "bandit", "--quiet", "--format", "json", "--output", out / "bandit.json", "--recursive", tree],
    }


def check_rules(anchorite, programs, out, threads, env):
    """Stops unless every rule is understood and finds its line of `samples/`."""
    command = commands(anchorite, programs, out, threads, HERE / "samples")["semgrep"]
    subprocess.run(command, env=env, cwd=out, check=True)
    report = json.loads((out / "semgrep.json").read_text())
    found = {result["check_id"].rsplit(".", 1)[-1] for result in report["results"]}
    rules = {name for file in sorted((HERE / "rules").glob("*.yml")) for name in re.findall(r"^  - id: (\S+)", file.read_text(), re.M)}
    if report["errors"] or rules - found:
        sys.exit(f"rules that find nothing in samples/: {sorted(rules - found)}; errors: {report['errors']}")
    return len(rules)


def measure(command, env, out, name):
    """One run: wall and processor seconds, and the largest resident set of one process of it, in MB."""
    with open(out / f"{name}.out", "wb") as stdout, open(out / f"{name}.err", "wb") as stderr:
        start = time.monotonic()
        child = subprocess.Popen(
            command, env=env, cwd=out, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, start_new_session=True
        )
        try:
            _, status, used = os.wait4(child.pid, 0)
        except KeyboardInterrupt:
            os.killpg(child.pid, signal.SIGKILL)
            raise
        wall = time.monotonic() - start
    code = child.returncode = os.waitstatus_to_exitcode(status)
    # 1 says "findings" of bandit; anything else is no measurement.
    if code != 0 and (name, code) != ("bandit", 1):
        sys.exit(f"{name} ended with {code}; see {out / name}.err")
    return {"scanner": name, "wall": wall, "cpu": used.ru_utime + used.ru_stime, "mb": used.ru_maxrss / 1024}


def sizes(tree):
    """Lines of every code file below the tree, by absolute path. Reading them all also leaves each scanner the same warm cache."""
    lines = {}
    for folder, folders, names in os.walk(tree):
        folders[:] = sorted(name for name in folders if name not in (".git", ".hg", ".svn"))
        for name in sorted(names):
            path = os.path.join(folder, name)
            if name.rsplit(".", 1)[-1].lower() in CODE and not os.path.islink(path):
                with open(path, "rb") as file:
                    lines[path] = sum(1 for _ in file)
    return lines


def outcome(name, tree, out, lines):
    """Lines that the scanner looked at, what it found, and what it gave up."""
    if name == "anchorite":
        notes = (out / "anchorite.err").read_text()
        passed = {str(tree / path) for path in NOT_READ.findall(notes)}
        found = sum(1 for _ in open(out / "anchorite.out", "rb"))
        return sum(n for path, n in lines.items() if path not in passed), found, len(passed)
    report = json.loads((out / f"{name}.json").read_text())
    seen = report["paths"]["scanned"] if name == "semgrep" else report["metrics"]
    looked = sum(lines.get(os.path.abspath(os.path.join(out, path)), 0) for path in seen)
    return looked, len(report["results"]), len(report["errors"])


def rows(tree, runs, out, lines):
    """One row a scanner: the medians of its turns, and what it looked at and found in the first."""
    table = []
    for mine in zip(*runs):
        name = mine[0]["scanner"]
        median = {what: statistics.median(run[what] for run in mine) for what in ("wall", "cpu", "mb")}
        looked, found, gaps = outcome(name, tree, out / "0", lines)
        walls = [run["wall"] for run in mine]
        table.append(median | {"tree": tree.name, "scanner": name, "lines": looked, "found": found, "gaps": gaps, "span": (min(walls), max(walls))})
    return table


def show(tables):
    print("| tree | scanner | lines read | wall s, median (span) | processor s | lines/s of wall | memory MB | findings | not read, or errors |")
    print("|---|---|---|---|---|---|---|---|---|")
    for row in (row for table in tables for row in table):
        print(
            f"| {row['tree']} | {row['scanner']} | {row['lines']:,} | {row['wall']:.2f} ({row['span'][0]:.2f}-{row['span'][1]:.2f}) "
            f"| {row['cpu']:.2f} | {row['lines'] / row['wall']:,.0f} | {row['mb']:.0f} | {row['found']} | {row['gaps']} |"
        )
    print("\nThe other's figure by anchorite's; of lines, anchorite's by the other's:\n")
    print("| tree | other | wall time | lines per second of wall | processor time | lines per second of processor | memory |")
    print("|---|---|---|---|---|---|---|")
    for own, *others in tables:
        for row in others:
            wall, cpu, memory = (row[what] / own[what] for what in ("wall", "cpu", "mb"))
            lines = own["lines"] / row["lines"] if row["lines"] else float("nan")
            print(f"| {row['tree']} | {row['scanner']} | {wall:.1f} | {wall * lines:.1f} | {cpu:.1f} | {cpu * lines:.1f} | {memory:.1f} |")


def turn_of(plan, turn, anchorite, programs, threads, env):
    """Runs every scanner once over one tree, in an own folder, so that a turn that is stopped spoils nothing."""
    out = plan["out"] / str(turn)
    out.mkdir(parents=True, exist_ok=True)
    todo = commands(anchorite, programs, out, threads, plan["tree"])
    if not any(path.endswith(".py") for path in plan["lines"]):
        del todo["bandit"]
    runs = [measure(command, env, out, name) for name, command in todo.items()]
    plan["runs"].append(runs)
    return runs


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--anchorite", type=Path, required=True)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("trees", type=Path, nargs="+")
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    work, anchorite = args.work.resolve(), args.anchorite.resolve()
    programs = install(work)
    env = surroundings(work, programs)
    # Inherited by all that is started: no scanner has more processors than another.
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: args.threads])
    samples = work / "samples"
    samples.mkdir(exist_ok=True)
    count = check_rules(anchorite, programs, samples, args.threads, env)
    print(f"{', '.join(PINS)}; {count} rules; {args.threads} threads; medians of {args.runs} turns\n", flush=True)
    trees = [tree.resolve() for tree in args.trees]
    plans = [{"tree": tree, "out": work / "out" / tree.name, "lines": sizes(tree), "runs": []} for tree in trees]
    try:
        for turn in range(args.runs):
            for plan in plans:
                runs = turn_of(plan, turn, anchorite, programs, args.threads, env)
                with open(work / "runs.jsonl", "a") as log:
                    log.writelines(json.dumps({"tree": plan["tree"].name, "turn": turn} | run) + "\n" for run in runs)
    except KeyboardInterrupt:
        print("Stopped by hand; turns done:", {plan["tree"].name: len(plan["runs"]) for plan in plans}, "\n")
    # Reports are read only now: a process started by a large one would be measured with its parent's memory.
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    show([rows(plan["tree"], plan["runs"], plan["out"], plan["lines"]) for plan in plans if plan["runs"]])
    print(f"\nMemory is the largest resident set of one process; less than {base:.0f} MB cannot be told.")


if __name__ == "__main__":
    main()
