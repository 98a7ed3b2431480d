"""What each stage of judging adds and takes away, on labelled code: a table in Markdown.

    python3 scripts/stages/table.py --anchorite target/release/anchorite --labels LABELS.jsonl TREE [--model NAME] [--any] [-- MORE]

In: a built scanner, a tree and its labels, one JSON object a line: `path` in the tree, `cwe`, `vulnerable`, and where it is not about
the whole file `start_line` and `end_line` or `ranges`; `accept` may name further CWEs, `group` joins lines to one unit. Out: on stdout a
row per stage with units found and missed, precision, recall, F1, false alarms among safe units; calibration errors; tokens and
seconds per candidate. A unit counts at a stage when at least one candidate on it has come so far; a candidate is on a unit when its sink
lies there and its CWE is the unit's (with --any: whatever its CWE). What follows `--` goes to the scan.
The controls are computed from the same candidates: one judge that agrees with everything, one with nothing, one that tosses a coin.
Nothing is kept: runs go to a folder that is deleted. Start at `main`.
"""
import argparse
import collections
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time

STAGES = ("candidates", "detector: vulnerable", "verifier: not refuted", "verifier: stands", "ruling: confirmed or open", "ruling: confirmed")
CONTROLS = ("control: always yes", "control: always no", "control: a coin")
BINS = 10


def number(cwe):
    return int(re.sub(r"\D", "", cwe) or 0)


def read_labels(path):
    """Units by name: whether they are vulnerable, and their places with the CWEs that count there."""
    units = {}
    for at, line in enumerate(open(path, encoding="utf-8"), 1):
        if not line.strip():
            continue
        row = json.loads(line)
        name = str(row.get("group") or row.get("id") or at)
        ranges = row.get("ranges") or [[row.get("start_line", 1), row.get("end_line", row.get("start_line", 10**9))]]
        cwes = {number(cwe) for cwe in [row["cwe"], *row.get("accept", [])]}
        unit = units.setdefault(name, {"vulnerable": bool(row["vulnerable"]), "places": []})
        unit["places"].append((row["path"], ranges, cwes))
    return units


def run(words):
    began = time.monotonic()
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode not in (0, 1, 3):
        sys.exit(f"{' '.join(words)}\nended with {done.returncode}: {done.stderr.decode(errors='replace')}")
    return done.stdout, time.monotonic() - began


def on(unit, candidate, any_cwe):
    sink = candidate["trace"][-1]
    for path, ranges, cwes in unit["places"]:
        inside = any(sink["line"] <= last and first <= sink["last"] for first, last in ranges)
        if path == sink["path"] and inside and (any_cwe or number(candidate["card"]) in cwes):
            return True
    return False


def stance(exchange):
    """`stands`, `falls` or `unsure`, in either form of reply."""
    reply = exchange["reply"].strip()
    try:
        return json.loads(reply)["stance"]
    except (ValueError, KeyError, TypeError):
        return reply.split(" ")[0] if reply else ""


def reached(unit):
    """The stages that a judged candidate has come through."""
    asked, outcome = unit["asked"], unit["outcome"]["is"]
    verified = [exchange for exchange in asked if exchange["stage"] in ("verify", "verify-blind")]
    by_text = not asked and outcome == "confirmed"
    stages = {"candidates"}
    if verified or by_text:
        stages.add("detector: vulnerable")
        if by_text or any(stance(exchange) != "falls" for exchange in verified):
            stages.add("verifier: not refuted")
        if by_text or stance(verified[0]) == "stands":
            stages.add("verifier: stands")
    if outcome in ("confirmed", "inconclusive"):
        stages.add("ruling: confirmed or open")
    if outcome == "confirmed":
        stages.add("ruling: confirmed")
    return stages


def chance(exchange):
    """The probability of the first word of the pair at the verdict, or none."""
    pairs = (("stands", "falls"),) if exchange["stage"].startswith("verify") else (("yes", "no"), ("vulnerable", "safe"))
    mass = collections.Counter()
    for text, p in exchange["verdict"]:
        piece = text.strip('"{: ')
        for pair in pairs:
            for word in pair:
                if piece and (word.startswith(piece) or piece.startswith(word)):
                    mass[word] += p
    for yes, no in pairs:
        if mass[yes] + mass[no] > 0:
            return mass[yes] / (mass[yes] + mass[no])
    return None


def calibration(pairs):
    """Expected calibration error over ten bins of equal width, in percentage points; none without pairs."""
    if not pairs:
        return None
    bins = collections.defaultdict(list)
    for p, true in pairs:
        bins[min(int(p * BINS), BINS - 1)].append((p, true))
    gaps = (abs(sum(p for p, _ in held) - sum(true for _, true in held)) for held in bins.values())
    return 100 * sum(gaps) / len(pairs)


def row(name, units, flagged, candidates):
    tp = sum(1 for unit in flagged if units[unit]["vulnerable"])
    fp = len(flagged) - tp
    bad = sum(1 for unit in units.values() if unit["vulnerable"])
    good = len(units) - bad
    precision, recall = tp / (tp + fp) if tp + fp else None, tp / bad if bad else None
    f1 = 2 * precision * recall / (precision + recall) if precision and recall else None
    percent = lambda part: "" if part is None else f"{100 * part:.1f}"
    cells = (name, candidates, tp, bad - tp, fp, percent(precision), percent(recall), percent(f1), percent(fp / good if good else None))
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def table(record, units, any_cwe):
    candidates = {candidate["id"]: candidate for candidate in record["plan"]["candidates"]}
    flagged, counts = collections.defaultdict(set), collections.Counter()
    sure = {"detect": [], "verify": []}
    tokens = collections.Counter()
    for unit in record["units"]:
        candidate = candidates[unit["id"]]
        here = [name for name, labelled in units.items() if on(labelled, candidate, any_cwe)]
        stages = reached(unit) | {"control: always yes"}
        if hashlib.sha256(unit["id"].encode()).digest()[0] & 1:
            stages.add("control: a coin")
        for stage in stages:
            counts[stage] += 1
            flagged[stage].update(here)
        true = [units[name]["vulnerable"] for name in here]
        for exchange in unit["asked"]:
            kind = exchange["stage"].split("-")[0]
            tokens[kind] += exchange["prompt_tokens"] - exchange["shared_tokens"] + exchange["reply_tokens"]
            p = chance(exchange)
            if p is not None and true and exchange["stage"] == kind:
                sure[kind].append((p, any(true)))
    lines = ["| stage | candidates | found | missed | false alarms | precision % | recall % | F1 % | safe units flagged % |", "|---|" + "---:|" * 8]
    lines += [row(stage, units, flagged[stage], counts[stage]) for stage in STAGES + CONTROLS]
    return lines, {kind: calibration(pairs) for kind, pairs in sure.items()}, tokens


def main():
    words, more = sys.argv[1:], []
    if "--" in words:
        words, more = words[: words.index("--")], words[words.index("--") + 1 :]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--anchorite", required=True)
    parser.add_argument("--labels", required=True)
    parser.add_argument("--model", default="novice")
    parser.add_argument("--any", action="store_true", help="count a candidate on a unit whatever its CWE")
    parser.add_argument("tree")
    args = parser.parse_args(words)
    units = read_labels(args.labels)
    with tempfile.TemporaryDirectory() as state:
        scan = [os.path.abspath(args.anchorite), "scan", args.tree, "--format", "json", "--quiet", "--state", state, "--model", args.model]
        out, whole = run(scan + more)
        _, reading = run([os.path.abspath(args.anchorite), "brief", args.tree])
    record = json.loads(out)
    lines, errors, tokens = table(record, units, args.any)
    judged = max(len(record["units"]), 1)
    bad = sum(1 for unit in units.values() if unit["vulnerable"])
    print(f"{len(units)} units, {bad} of them vulnerable; model {record['run']['detector']['name']}, {len(record['units'])} candidates judged, "
          f"{record['tally']['failed']} failed, {record['tally']['skipped'] + record['beyond_budget']} not judged\n")
    print("\n".join(lines))
    told = ", ".join(f"{kind} {error:.1f}" for kind, error in errors.items() if error is not None)
    print(f"\nCalibration error, percentage points: {told or 'no candidate lies on a unit'}.")
    print("New tokens per candidate: " + ", ".join(f"{kind} {count / judged:.0f}" for kind, count in sorted(tokens.items())) + ".")
    print(f"Seconds: {whole:.1f} in all, {reading:.1f} of a run that only reads, {max(whole - reading, 0) / judged:.3f} per candidate judged.")


if __name__ == "__main__":
    main()
