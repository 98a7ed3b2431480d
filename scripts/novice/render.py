"""Temporary stand-in for the scanner's compact briefs, made from the generator's labels."""
import json, os, random, re, sys

NAMES = {"22": "Path traversal", "78": "OS command injection", "89": "SQL injection"}


def units(lines, language):
    """Unit number per line: blocks that start at column 0 (or one level for java)."""
    base = 4 if language == "java" else 0
    out, unit = [], 0
    for i, line in enumerate(lines):
        width = len(line) - len(line.lstrip())
        if line.strip() and width == base and line.strip()[0] not in "})]" and re.search(r"[({:]\s*$|\)\s*$", line) and not line.startswith(("import", "#", "from", "@", "package")):
            unit = i + 1
        elif line.strip() and width < base or (width == base and line.strip() and line.strip()[0] not in "{})]" and out and unit):
            unit = 0 if width <= base and not line.strip().startswith(("}", "{")) else unit
        out.append(unit)
    return out


def render(row, root, rng):
    files = {}
    for top, _, names in os.walk(os.path.join(root, "programs", f"c{int(row['id'][1:-1]) // 250:03d}", row["id"])):
        for n in names:
            p = os.path.join(top, n)
            files[os.path.relpath(p, os.path.join(root, "programs", f"c{int(row['id'][1:-1]) // 250:03d}", row["id"]))] = open(p).read().rstrip("\n").split("\n")
    us = {p: units(l, row["language"]) for p, l in files.items()}
    marks = {}
    for f, n in row["step_lines"]:
        marks[(f, n)] = "~"
    marks[(row["source_file"], row["source_line"])] = ">"
    if row["guard_line"]:
        marks.setdefault((row["guard_file"], row["guard_line"]), "?" if rng.random() < 0.6 else "|")
    marks[(row["file"], row["sink_line"])] = "!"
    shown = {}
    order = sorted(marks, key=lambda k: "!>?~|".index(marks[k]))
    wanted_units = []
    for k in order:
        u = (k[0], us[k[0]][k[1] - 1])
        if u not in wanted_units:
            wanted_units.append(u)
    left = 832
    def show(k, m):
        nonlocal left
        t = files[k[0]][k[1] - 1].strip()
        if not t or k in shown: return
        if left < len(t) + 7 and m == "|": return
        left -= len(t) + 7
        shown[k] = m
    for k in order: show(k, marks[k])
    for f, u in wanted_units:
        idx = [i for i, x in enumerate(us[f]) if x == u] if u else []
        near = [k[1] - 1 for k in marks if k[0] == f]
        for i in sorted(idx, key=lambda i: min(abs(i - n) for n in near)):
            m = "|"
            if re.match(r"\s*(if|} else if)\b", files[f][i]) and rng.random() < 0.5: m = "?"
            show((f, i + 1), m)
    filesorder = []
    for k in order:
        if k[0] not in filesorder: filesorder.append(k[0])
    text, number, where = "", 0, {}
    for f in filesorder:
        prev, last, stack = None, None, []
        for n in sorted(n for (g, n) in shown if g == f):
            u = us[f][n - 1]
            if u != prev:
                head = files[f][u - 1] if u else "<module>"
                m = re.search(r"(\w+)\s*\(", head) if u else None
                text += f"@ {'/'.join(f.split('/')[-2:])}:{m.group(1) if m else '<module>'}\n"
                stack, last = [], None
            if last and u == prev and any(files[f][j].strip() for j in range(last, n - 1)): text += "…\n"
            raw = files[f][n - 1]; code = raw.lstrip()
            w = sum(4 if c == "\t" else 1 for c in raw[:len(raw) - len(code)])
            while len(stack) > 1 and stack[-1] > w: stack.pop()
            if not stack or stack[-1] < w: stack.append(w)
            number += 1; where[(f, n)] = number
            text += f"{number}{shown[(f, n)]}{' ' * (len(stack) - 1)}{code.rstrip()[:160]}\n"
            prev, last = u, n
    at = lambda f, n: where.get((f, n), 0)
    sink, src, guard = at(row["file"], row["sink_line"]), at(row["source_file"], row["source_line"]), at(row["guard_file"], row["guard_line"])
    step = next((at(f, n) for f, n in row["step_lines"] if at(f, n)), sink)
    return text, src, step, sink, guard


if __name__ == "__main__":
    root, out = sys.argv[1], sys.argv[2]
    rng = random.Random(1)
    names = json.load(open(os.path.join(os.path.dirname(__file__), "/work/scratch/nov/cwenames.json")))
    with open(out, "w") as o:
        for line in open(os.path.join(root, "labels.jsonl")):
            row = json.loads(line)
            text, src, step, sink, guard = render(row, root, rng)
            head = f"{row['cwe']} {row['language']} {names.get(row['cwe'], 'Weakness')}\n"
            if row["vulnerable"]:
                d, v = f"yes {src} {sink}", f"stands {src} {step} {sink}"
            else:
                d, v = f"no {guard}", (f"falls {row['reason']} {guard}" if guard or row["reason"] == "harmless" else "unsure")
            base = {k: row[k] for k in ("id", "pair", "family", "split", "language", "cwe", "vulnerable")}
            o.write(json.dumps({**base, "task": "detect", "head": head, "text": text, "answer": d}) + "\n")
            o.write(json.dumps({**base, "task": "verify", "head": head, "text": text, "answer": v}) + "\n")
