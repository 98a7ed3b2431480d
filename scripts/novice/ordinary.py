"""Ordinary open-source code: lays it out for scanning, and turns what the scanner raises there into examples of safe code.

`lay`: archives that were fetched (or crates on this machine) to a folder of sources, cut to a size that scans in seconds.
`join`: briefs of such a folder to examples. Nearly all candidates in released, much-used code are false alarms, so all are
called safe; direct flows of the gravest kind, where that is least sure, are left out.
"""
import argparse
import glob
import json
import os
import random
import sys
import tarfile
import zipfile

from parts import hashed
from rename import declared, renamed

SUFFIXES = (".py", ".js", ".mjs", ".jsx", ".ts", ".tsx", ".java", ".go", ".c", ".h", ".cc", ".cpp", ".cxx", ".hpp", ".php",
            ".rb", ".rake", ".cs", ".kt", ".rs")
# Bundles, machine-written and copied code say nothing about how people write; tests are not scanned; examples leave their checks out.
SKIP = ("node_modules/", ".min.", "/dist/", "/static/js/", "/locale/", "_pb2", ".generated.", "/migrations/", "/_vendor/", "parser.c", "/bundle", ".chunk.",
        "/vendor/", "/third_party/", "/thirdparty/", ".designer.cs", ".d.ts", "/test/", "/tests/", "/testdata/", "/spec/", "_test.go", ".spec.ts", ".test.ts",
        "/examples/", "/example/", "/demo/", "/demos/", "/samples/", "/missing-sources/", "/localization/", "/lang/", "/i18n/", "/l10n/")
# How JavaScript shows that a compiler wrote it.
COMPILED = ("sourceMappingURL=", '(exports, "__esModule"', "sourcesContent")
GRAVE = {"CWE-78", "CWE-94", "CWE-95", "CWE-502", "CWE-89", "CWE-98", "CWE-917", "CWE-1336"}
# Where pages are often written by hand, text that goes into one straight from a request is as doubtful.
HAND_WRITTEN = {"php", "java", "csharp", "go", "ruby"}


def members(path):
    """`(name, read)` of the files of an archive or a folder."""
    if os.path.isdir(path):
        for top, _, names in os.walk(path):
            for name in names:
                full = os.path.join(top, name)
                yield os.path.relpath(full, path), os.path.getsize(full), lambda full=full: open(full, "rb").read()
    elif path.endswith((".whl", ".zip")):
        with zipfile.ZipFile(path) as archive:
            for item in archive.infolist():
                yield item.filename, item.file_size, lambda item=item: archive.read(item)
    elif tarfile.is_tarfile(path):
        with tarfile.open(path) as archive:
            for item in archive:
                if item.isfile():
                    yield item.name, item.size, lambda item=item: archive.extractfile(item).read()


def lay(paths, out, most):
    """Whole folders of sources, in the order of a hash, until there are `most` bytes."""
    files = {}
    for path in paths:
        for name, size, read in members(path):
            name = name.replace("\\", "/")
            bad = name.startswith("/") or ".." in name.split("/")
            if bad or not name.endswith(SUFFIXES) or not 200 < size < 150_000 or any(s in "/" + name.lower() for s in SKIP):
                continue
            text = read().decode("utf-8", "replace")
            made = name.endswith((".js", ".mjs")) and any(mark in text for mark in COMPILED)
            if len(text) / (text.count("\n") + 1) < 160 and not made:
                files[name] = text
    folders = sorted({os.path.dirname(name) for name in files}, key=lambda f: hashed("lay " + f))
    total = 0
    for folder in folders:
        inside = sorted(n for n in files if os.path.dirname(n) == folder)
        if total > most:
            break
        for name in inside[:60]:
            target = os.path.join(out, name)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(target, "w", encoding="utf-8") as file:
                file.write(files[name])
            total += len(files[name])
    return total


def examples(row, project, part, root):
    """Both tasks in turn; both where the project measures."""
    candidate = row["candidate"]
    shown = {(line["path"], line["line"]): line["number"] for line in row["lines"]}
    last = candidate["trace"][-1]
    sink = shown.get((last["path"], last["line"]), 0)
    guard = next((line.split("?")[0] for line in row["text"].split("\n") if "?" in line and line.split("?")[0].isdigit()), None)
    base = {"id": f"{project}-{candidate['id']}", "pair": f"{project}-{candidate['id']}", "family": f"ordinary/{project}", "split": part, "origin": "ordinary",
            "language": candidate["language"], "cwe": candidate["card"], "card": candidate["card"], "vulnerable": False, "key": candidate["id"], "certain": True,
            "head": f"{candidate['card']} {candidate['language']} {row['name']}\n", "text": row["text"]}
    both = [{**base, "task": "detect", "answer": f"no {guard or sink}"},
            {**base, "task": "verify", "answer": f"falls guarded {guard}" if guard else f"falls harmless {sink}"}]
    if part != "train":
        return both
    # Once as it is for each task, and once with other names.
    other = dict(random.Random(base["id"]).choice(both))
    paths = sorted({line["path"] for line in row["lines"]})
    other["text"] = renamed(row["text"], set().union(*(declared(root, path) for path in paths)), candidate["language"], random.Random(base["id"]))
    return both + [other]


def doubtful(candidate):
    """Whether it is a short direct flow of a grave kind, which may well be a true finding."""
    grave = candidate["card"] in GRAVE or candidate["card"] == "CWE-79" and candidate["language"] in HAND_WRITTEN
    return grave and len(candidate["trace"]) <= 3 and not candidate["guards"]


def join(folder, projects, cap, most):
    """Examples of all projects: at most `cap` of a project's card, at most `most` of a project."""
    out = []
    for project, part in projects:
        path = os.path.join(folder, project + ".briefs.jsonl")
        if not os.path.exists(path):
            continue
        with open(path, encoding="utf-8") as file:
            rows = [json.loads(line) for line in file]
        random.Random("ordinary " + project).shuffle(rows)
        seen, taken = {}, 0
        for row in rows:
            card = row["candidate"]["card"]
            if doubtful(row["candidate"]):
                continue
            if seen.get(card, 0) < cap and taken < most:
                seen[card] = seen.get(card, 0) + 1
                taken += 1
                out += examples(row, project, part, os.path.join(folder, project))
        print(f"ordinary {part:5} {project:28} {len(rows):5} candidates, {taken:4} taken", file=sys.stderr)
    return out


def projects(path):
    """`(name, requirement, kind, part)` of the list's lines; the name fits a folder."""
    with open(path, encoding="utf-8") as file:
        for line in file:
            words = line.split("#")[0].split()
            if words:
                yield words[0].split("==")[0].lstrip("@").replace("/", "-"), words[0], words[1], words[2]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["lay", "join", "list"])
    parser.add_argument("paths", nargs="+", help="lay: OUT ARCHIVE...; join: FOLDER LIST OUT; list: LIST")
    parser.add_argument("--most", type=int, default=2_200_000, help="lay: bytes of sources; join: candidates of a project")
    parser.add_argument("--cap", type=int, default=25, help="join: candidates of one card of a project")
    args = parser.parse_args()
    if args.what == "list":
        for name, requirement, kind, part in projects(args.paths[0]):
            print(requirement, kind, part, name)
    elif args.what == "lay":
        found = [f for p in args.paths[1:] for f in (sorted(glob.glob(os.path.join(p, "*"))) if os.path.isdir(p) and not os.path.exists(os.path.join(p, "Cargo.toml")) else [p])]
        print(f"{args.paths[0]}: {lay(found, args.paths[0], args.most):,} bytes", file=sys.stderr)
    else:
        folder, listed, out = args.paths
        rows = join(folder, [(name, part) for name, _, _, part in projects(listed)], args.cap, 250)
        with open(out, "w", encoding="utf-8") as file:
            for row in rows:
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
        print(f"{len(rows)} examples of ordinary code", file=sys.stderr)


if __name__ == "__main__":
    main()
