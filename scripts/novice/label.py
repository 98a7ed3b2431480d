"""Joins the scanner's briefs with the generator's labels: training and test examples.

In: JSONL of `anchorite brief PROGRAMS --profile compact` and `labels.jsonl`. Out: examples, one JSON object a line, and
on standard error how many candidates matched, were dropped, and which vulnerable programs had none.
Start at `join`.
"""
import argparse
import collections
import json
import random
import re
import sys

# Cards that may answer for a label of another number.
SAME = [{"120", "121", "122", "787", "119", "124", "131", "242", "676", "680"}, {"125", "126", "127", "129", "787"}, {"22", "23", "36", "73", "98"}, {"94", "95", "470", "96"},
        {"327", "328", "916", "326", "1240"}, {"330", "338", "331"}, {"190", "191", "680"}, {"639", "862", "863", "566", "284", "285", "306"}, {"643", "91", "652"},
        {"78", "77", "88"}, {"79", "80", "81", "83", "116"}, {"113", "93", "117"}, {"798", "259", "321", "547"}, {"352", "1275"}, {"614", "1004", "315"},
        {"732", "276", "276"}, {"415", "416", "825", "590"}, {"400", "770", "789", "1333"}, {"377", "379", "378"}, {"502", "915"}, {"943", "89"}, {"1336", "94", "95"},
        {"476", "690", "252"}, {"401", "772", "775"}, {"295", "297", "296", "322"}, {"942", "346"}, {"362", "367"}, {"489", "215"}]

# Weaknesses that no flow program has unless it is about them.
NEVER = {"770", "134", "918", "330", "338"}


def compatible(card, cwe):
    a, b = card.removeprefix("CWE-"), cwe.removeprefix("CWE-")
    return a == b or any(a in group and b in group for group in SAME)


def numbers(row):
    """`(file, line)` below the program's folder to the label in the brief."""
    return {(line["path"].split("/", 1)[1], line["line"]): line["number"] for line in row["lines"] if "/" in line["path"]}


def of_program(row):
    return row["candidate"]["trace"][-1]["path"].split("/", 1)[0]


def at(step):
    return step["path"].split("/", 1)[-1], step["line"]


def matches(row, label):
    """The candidate is about the labelled place."""
    sink = row["candidate"]["trace"][-1]
    file, line = at(sink)
    if file != label["file"]:
        return False
    if line <= label["sink_line"] <= max(sink["last"], line):
        return True
    # The line that builds the dangerous text may stand for the one that uses it.
    before = [n for f, n in label["step_lines"] if f == file and n < label["sink_line"]]
    if before and line == max(before) and (label["guard_file"] != file or label["guard_line"] < line):
        return True
    tagged = {(label["source_file"], label["source_line"])} | {tuple(s) for s in label["step_lines"]}
    return label["family"].split("/")[2] == "twin" and ((file, line) in tagged or abs(line - label["sink_line"]) <= 3)


def answers(row, label):
    """`(detect, verify, certain)`: the two replies, and whether the brief shows what decides."""
    shown = numbers(row)
    number = lambda file, line: shown.get((file, line), 0)
    trace = row["candidate"]["trace"]
    sink = number(*at(trace[-1]))
    source = number(*at(trace[0])) or sink
    steps = [n for n in (number(*at(s)) for s in trace[1:-1]) if n and n != sink and n != source]
    step = steps[0] if steps else sink
    fact = label.get("fact_line", 0)
    if label["vulnerable"]:
        certain = not fact or number(label["fact_file"], fact) > 0
        return f"yes {source} {sink}", f"stands {source} {step} {sink}" if certain else "unsure", certain
    guard = number(label["guard_file"], label["guard_line"]) if label["guard_line"] else 0
    certain = guard > 0 or not label["guard_line"]
    return f"no {guard}", f"falls {label['reason']} {guard}" if certain else "unsure", certain


def moved(text, rng):
    """The brief with its sink mark on another line, and that line's number: a story that does not hold together."""
    lines = text.split("\n")
    sinks = [i for i, line in enumerate(lines) if re.match(r"\d+!", line)]
    others = [i for i, line in enumerate(lines) if re.match(r"\d+\|", line) and len(line) < 30 and not re.search(r"\w\(", line)]
    if not sinks or not others:
        return None
    at_line = rng.choice(others)
    for i in sinks:
        lines[i] = re.sub(r"^(\d+)!", r"\1|", lines[i])
    number = re.match(r"\d+", lines[at_line]).group(0)
    lines[at_line] = re.sub(r"^(\d+)\|", r"\1!", lines[at_line])
    return "\n".join(lines), number


def examples(row, label, rng):
    base = {k: label[k] for k in ("id", "pair", "family", "split", "language", "cwe", "vulnerable")}
    base.update(key=row["candidate"]["id"], card=row["candidate"]["card"], head=f"{row['candidate']['card']} {row['candidate']['language']} {row['name']}\n")
    detect, verify, certain = answers(row, label)
    base["certain"] = certain
    yield {**base, "task": "detect", "text": row["text"], "answer": detect, "weight": 1.0 if certain else 0.4}
    if rng.random() < 0.7:
        yield {**base, "task": "verify", "text": row["text"], "answer": verify}
    # Both judges also look at the brief with comments and names blinded.
    if row.get("blind") and row["blind"] != row["text"]:
        if rng.random() < 0.3:
            yield {**base, "task": "detect", "text": row["blind"], "answer": detect, "blind": True, "weight": 1.0 if certain else 0.4}
        if rng.random() < 0.3:
            yield {**base, "task": "verify", "text": row["blind"], "answer": verify, "blind": True}
    if label["vulnerable"] and certain and rng.random() < 0.06:
        other = moved(row["text"], rng)
        if other:
            yield {**base, "task": "verify", "text": other[0], "answer": f"falls inconsistent {other[1]}", "moved": True}


def aside(row, label):
    """`(vulnerable, label number)` of a candidate about something else in the program, where the generator knows the
    answer: functions that nothing calls and no framework enters, values written to a log, weaknesses that no flow
    program has. None where it does not."""
    card, sink = row["candidate"]["card"].removeprefix("CWE-"), at(row["candidate"]["trace"][-1])
    shown, first = numbers(row), at(row["candidate"]["trace"][0])
    if list(sink) in label["free"]:
        return (False, shown.get(first, 0)) if list(first) in label["free"] else None
    if card == "117" and list(sink) in label["logged"]:
        return True, shown.get(sink, 0)
    flow = label["family"].split("/")[2] != "twin"
    if flow and card in NEVER and label["cwe"].removeprefix("CWE-") not in ("918", "22") or card == "798":
        return False, shown.get(sink, 0)
    return None


def others(row, label, verdict, rng):
    """The two examples of such a candidate."""
    vulnerable, line = verdict
    base = {k: label[k] for k in ("id", "family", "split", "language")}
    card = row["candidate"]["card"]
    base.update(pair=f"{label['id']}-{row['candidate']['id']}", cwe=card, card=card, vulnerable=vulnerable, key=row["candidate"]["id"], certain=True, other=True,
                head=f"{card} {row['candidate']['language']} {row['name']}\n", text=row["text"])
    shown = numbers(row)
    source = shown.get(at(row["candidate"]["trace"][0]), 0) or line
    yield {**base, "task": "detect", "answer": f"yes {source} {line}" if vulnerable else f"no {line}"}
    if rng.random() < 0.5:
        yield {**base, "task": "verify", "answer": f"stands {source} {source} {line}" if vulnerable else f"falls harmless {line}"}


def join(rows, labels, rng):
    """All examples; and counts for the log."""
    out, count, found = [], collections.Counter(), set()
    for row in rows:
        label = labels.get(of_program(row))
        if label is None:
            count["of no program"] += 1
        elif any(of_program({"candidate": {"trace": [step]}}) != label["id"] for step in row["candidate"]["trace"]):
            count["across programs"] += 1
        elif (verdict := aside(row, label)) and not (compatible(row["candidate"]["card"], label["cwe"]) and matches(row, label)):
            count["beside: " + ("vulnerable" if verdict[0] else "safe")] += 1
            out += list(others(row, label, verdict, rng))
        elif not compatible(row["candidate"]["card"], label["cwe"]):
            count["other weakness " + row["candidate"]["card"]] += 1
        elif not matches(row, label):
            count["other place"] += 1
        else:
            count["matched"] += 1
            found.add(label["id"])
            out += list(examples(row, label, rng))
    return out, count, found


def level(rows):
    """Weights that give safe and vulnerable examples of a card and language equal say, within a factor of three."""
    count = collections.Counter((r["card"], r["language"], r["vulnerable"]) for r in rows if r["split"] == "train")
    for row in rows:
        own, other = count[row["card"], row["language"], row["vulnerable"]], count[row["card"], row["language"], not row["vulnerable"]]
        if other > own > 0:
            row["weight"] = round(row.get("weight", 1.0) * min(3.0, other / own), 3)


def report(labels, found, count):
    """Recall of candidates among vulnerable programs, per weakness and per language, and what was dropped."""
    print("candidates:", dict(count.most_common()), file=sys.stderr)
    for key in ("language", "cwe"):
        total, hit, safe, kept = (collections.Counter() for _ in range(4))
        for label in labels.values():
            (total if label["vulnerable"] else safe)[label[key]] += 1
            if label["id"] in found:
                (hit if label["vulnerable"] else kept)[label[key]] += 1
        print(f"{key}: vulnerable programs with a candidate (safe ones with one)", file=sys.stderr)
        for name in sorted(total, key=lambda n: hit[n] / total[n]):
            print(f"  {name:12} {hit[name]:5}/{total[name]:5} {hit[name] / total[name]:.2f}   {kept[name] / max(safe[name], 1):.2f}", file=sys.stderr)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("briefs")
    parser.add_argument("labels")
    parser.add_argument("out")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    with open(args.labels, encoding="utf-8") as file:
        labels = {row["id"]: row for row in map(json.loads, file)}
    with open(args.briefs, encoding="utf-8") as file:
        out, count, found = join(map(json.loads, file), labels, random.Random(args.seed))
    level(out)
    with open(args.out, "w", encoding="utf-8") as file:
        for row in out:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    report(labels, found, count)
    print(f"{len(out)} examples", file=sys.stderr)


if __name__ == "__main__":
    main()
