"""Twin templates: weaknesses that need no flow tables, written as text with one marked line per variant.

In: `twins/*.txt`. Out: `Program`s like `weave.py`'s.
A template opens with `== id | languages | CWE | v: bad variants | s: good variants`; a good variant may say
`name=harmless`. `~a,b~ text` stands only in the variants a and b; `%fill` and `%tops` become innocent lines;
`{{x¦y}}` is one of x and y, the same everywhere in the program; `@@src`, `@@step`, `@@sink`, `@@guard` mark lines.
"""
import os
import random
import re

from kits import KITS
from names import Names, finish
from weave import Program

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "twins")
ONLY = re.compile(r"^(\s*)~([\w,]+)~ ?(.*)$")
SUFFIX = {"python": ".py", "javascript": ".js", "typescript": ".ts", "java": ".java", "go": ".go", "c": ".c", "cpp": ".cpp", "rust": ".rs"}
CHOICE = re.compile(r"\{\{([^{}]*¦[^{}]*)\}\}")


class Template:
    def __init__(self, head, lines):
        parts = [p.strip() for p in head[3:].split("|")]
        self.id, self.languages, self.cwe = parts[0], parts[1].split(), parts[2]
        self.bad = parts[3][2:].split()
        self.good = dict((v.split("=") + ["guarded"])[:2] for v in parts[4][2:].split())
        self.lines = lines


def load():
    """All templates, in the order of the files."""
    out = []
    for name in sorted(os.listdir(HERE)):
        with open(os.path.join(HERE, name), encoding="utf-8") as file:
            head, lines = None, []
            for line in file.read().split("\n"):
                if line.startswith("== "):
                    if head:
                        out.append(Template(head, lines))
                    head, lines = line, []
                else:
                    lines.append(line)
            out.append(Template(head, lines))
    return out


def typed(line):
    """A JavaScript line as TypeScript would have it."""
    match = re.match(r'^const (\{?[\w ,]+\}?) = require\("([^"]+)"\);(.*)$', line)
    if match:
        what = match.group(1)
        return f'import {what if what[0] == "{" else "* as " + what} from "{match.group(2)}";{match.group(3)}'
    line = re.sub(r"\(req, res(, next)?\) =>", lambda m: f"(req: any, res: any{', next: any' if m.group(1) else ''}) =>", line)
    line = re.sub(r"^(async )?function (\$?\w+)\(([^)]*)\) \{", lambda m: f"{m.group(1) or ''}function {m.group(2)}({', '.join(p + ': any' for p in m.group(3).split(', ') if p)}) {{", line)
    return re.sub(r"^module\.exports = (\w+);", r"export default \1;", line)


def make(template, language, variant, seed):
    """One program: `variant` names a bad or a good variant of the template."""
    rng = random.Random(seed)
    kit_class = KITS[language]
    names = Names(random.Random(seed + 1), kit_class.case)
    names.used.update(kit_class.reserved)
    kit = kit_class(random.Random(seed + 2), names)
    vulnerable = variant in template.bad
    chosen, out = {}, []

    def pick(match):
        if match.group(0) not in chosen:
            chosen[match.group(0)] = rng.choice(match.group(1).split("¦"))
        return chosen[match.group(0)]

    fill_at = rng.randint(0, 2)
    for line in template.lines:
        only = ONLY.match(line)
        if only:
            if variant not in only.group(2).split(","):
                continue
            line = only.group(1) + only.group(3)
        line = CHOICE.sub(pick, line)
        bare = line.strip()
        indent = line[:len(line) - len(line.lstrip())]
        if bare == "%fill":
            for _ in range(fill_at):
                out += [indent + extra.replace("\t", "    ") for extra in kit.filler()]
            continue
        if bare == "%tops":
            for _ in range(rng.choice([0, 0, 1, 2])):
                body = [extra.replace("\t", kit.indent) + "@@free" for extra in kit.distractor()]
                out += [""] + [indent + extra for extra in body]
            out += [""]
            continue
        if vulnerable:
            line = line.replace("@@guard", "")
        if language == "typescript":
            line = typed(line)
        out.append(line)
    if rng.random() < 0.2:
        at = rng.randint(len(out) // 2, len(out) - 2)
        if out[at - 1].rstrip().endswith((";", ")", "{", ":")) and "@@" not in out[at - 1][-6:]:
            indent = out[at][:len(out[at]) - len(out[at].lstrip())]
            out.insert(at, indent + kit.comment(names.hole("lie" if rng.random() < 0.5 else "note", 77))[0])
    while out and not out[-1]:
        out.pop()
    stem = names.hole("mod", 50)
    lines = [finish(line, names) for line in out]
    if language == "java":
        stem = next(re.search(r"class (\w+)", line).group(1) for line in lines if "class " in line)
        stem = "src/" + stem
    reason = "" if vulnerable else template.good[variant]
    return Program(language, "CWE-" + template.cwe, f"{language}/{template.cwe}/twin/{template.id}", vulnerable, reason,
                   [(stem + SUFFIX[language], lines)])
