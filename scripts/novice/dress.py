"""Dresses generated twins in ordinary code, so that how code looks says nothing about whether it is weak.

`harvest`: ordinary projects laid out by `ordinary.sh` (those that train) to a vocabulary: of each file its path, names and
small chunks of statements. `Dresser`: gives a pair of twins another place in the tree and a few chunks of one file, the
same at the same places of both, so that dressing carries no label. It works while the `@@tag` marks are on the lines.
Names are `names.py`'s: the generator hands it one harvested file's. Nothing is inserted where a chunk could change what
decides: chunks share no word with the program, leave no function, and have none of the words of sources and sinks.
"""
import argparse
import ast
import builtins
import difflib
import glob
import json
import keyword
import os
import random
import re
import sys

from ordinary import projects
from rename import CLASS, DECLARED, GO, KEEP, SCRIPT, TELLING

HERE = os.path.dirname(os.path.abspath(__file__))
LANGUAGE = {".py": "python", ".js": "javascript", ".mjs": "javascript", ".jsx": "javascript", ".ts": "typescript", ".tsx": "typescript", ".java": "java",
            ".go": "go", ".c": "c", ".cc": "cpp", ".cpp": "cpp", ".cxx": "cpp", ".hpp": "cpp", ".php": "php", ".rs": "rust", ".cs": "csharp", ".kt": "kotlin", ".rb": "ruby"}
# Files of these places are no application's own code, or a scanner passes over them.
ASIDE = re.compile(r"(?i)(^|[/_.-])(tests?|testing|unittests?|specs?|fixtures?|examples?|samples?|demos?|benchmarks?|benches|docs?|vendor|third[_-]?party|external|deps|"
                   r"setup|bootstrap|conftest|index|__init__|__main__|migrations?|routes|mocks?|stubs?|build|target|generated)([/_.-]|$)")
SERVED = {"static", "public", "assets", "dist", "www", "htdocs", "media"}  # Folders of browsers' code.
# Words of sources, sinks, checks and what else a weakness may hang on; a chunk has none.
TELLTALE = re.compile(
    r"(?i)request|\breq\b|response|\bres\b|param|argv|environ|getenv|input|stdin|cookie|header|query|sql|cursor|exec|eval|system|popen|process|spawn|shell|command|\bcmd|socket|recv|"
    r"\bopen|close|read|write|file|path|unlink|remove|mkdir|rename|chmod|stat\(|html|render|templat|redirect|url|uri|fetch|http|pickle|yaml|xml|parse|serial|load|md5|sha\d|rand|"
    r"crypt|cipher|hash|digest|passw|secret|token|verify|ssl|tls|cert|\block|mutex|thread|alloc|free|delete|memcpy|memmove|memset|str[nl]?c(py|at)|sprintf|scanf|gets|"
    r"auth|login|perm|admin|owner|role|csrf|session|user|sanit|escap|\bnew\b.*\[|@@|\$\{|\$\$|regex|\bre\.|pattern|import|include|require|assert|await|yield|(super|this)\(|exit|abort|panic|fatal")
LEAVES = re.compile(r"^\W*(return|throw|raise|break|continue|goto|case|default|else|elif|catch|except|finally|yield|await|use|package|namespace|using|func|fn|fun|function|class|struct|enum|"
                    r"typedef|template|static|public|private|protected|extern|global|nonlocal|del|pass|next|halt|head|is|in|get|post|put|patch|resources|scope|try|do|while|switch|match|when)\b")
# The text before a `{` that opens a block of statements; and what looks like one and is none.
CODE = re.compile(r"(\)|=>|->|\b(else|try|do|finally|loop|unsafe)|\)\s*(const|noexcept|override|throws\s[\w.,\s]+|(:|->)\s*[^=;]+))$|^(\w+\s+)*(func|fn|fun|if|for|while)\b[^=]*$|^(\W*else )?(if|while) let\b|\bfunc\s*\(", re.S)
OTHER = re.compile(r"^\W*(\w+\s+)*(switch|match|select|when|class|interface|namespace|record|impl|trait|object)\b|\bnew\s+[\w.<>]+\s*\([^()]*\)$")
TEXT = re.compile(r"""/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`""", re.S)
CALLABLE = re.compile(r"\b(?:def|function|func|fn|fun)\s+(\w+)|\b([A-Za-z_]\w*)\([^;{}()]*\)\s*(?:const\s*)?(?:throws [\w, .]+)?\{")
WORD = re.compile(r"[A-Za-z_]\w*")
BARE = {"go", "kotlin"}  # Statements end with their line.
MARK = re.compile(r"@@(?:src|step|sink|guard|fact|free|log)")
COMMON = KEEP | set(keyword.kwlist) | set("""let var const function of in typeof string self this int auto std mut pub fn val fun echo array foreach len range operator explicit
friend inline register mutable typename virtual union template xor constexpr nullptr noexcept override typeid asm base object out ref params event checked decimal fixed internal is
sbyte sealed uint ulong ushort where crate dyn impl loop match mod move trait unsafe box companion lateinit when by begin end elsif ensure module next redo rescue retry then undef
unless until nil with debugger arguments export async window document global""".split())


def masked(text):
    """Texts and comments blanked, every line where it was."""
    return TEXT.sub(lambda m: re.sub(r"[^\n]", " " if m.group(0)[0] == "/" else "_", m.group(0)), text)


def spots(lines, language):
    """Numbers of the lines before which a statement may stand, in a function."""
    if language == "python":
        return python_spots(lines)
    if language == "ruby":
        return ruby_spots(lines)
    text = masked("\n".join(lines))
    rows = text.split("\n")
    starts, stack, since, at, inside = [], [], 0, 0, []
    for row in rows:
        starts.append(at)
        inside.append(bool(stack) and stack[-1] == "code")
        for match in re.finditer(r"[;{}()\[\]]", row):
            sign, where = match.group(0), at + match.start()
            if sign in "{([":
                header = text[since:where].strip()[-300:]
                stack.append("code" if sign == "{" and CODE.search(header) and not OTHER.search(header) else sign)
            elif sign != ";" and stack:
                stack.pop()
            if sign in ";{}":
                since = where + 1
        at += len(row) + 1
    out, before, above = set(), "", ""
    for number, row in enumerate(rows):
        bare = row.strip()
        ends = before.endswith((";", "{", "}")) or language in BARE and re.search(r"[\w)\]]$", before)
        deeper = language in BARE and len(indent(row)) > len(indent(above)) and not before.endswith(("{", "->"))
        if bare and inside[number] and ends and not deeper and not re.match(r"(\W*(else|catch|finally|while|case|default)\b|[{.?:+|&#@,)\]])", bare) and not leaves(before):
            out.add(number)
        before, above = bare or before, row if bare else above
    return out


def leaves(line):
    return re.match(r"(return|throw|raise|break|continue|next|goto|exit|panic|die|abort|halt)\b|System\.exit|process\.exit|std::exit|os\.Exit", line)


def ruby_spots(lines):
    """Below a `def` or `do`, where no expression goes on; nowhere in files with texts over several lines."""
    out, opened, depth, before = set(), [], 0, ""
    if any(re.search(r"<<[~-]?['\"A-Z]|^=begin", line) for line in lines):
        return out
    for number, row in enumerate(masked("\n".join(lines)).split("\n")):
        bare = row.strip()
        while bare and opened and len(indent(row)) <= opened[-1]:
            opened.pop()
        goes_on = re.search(r"([,\\(\[{=+&.?:]|[^|]\|\|)$|^case\b", before) or leaves(before)
        if bare and opened and depth == 0 and not goes_on and not re.match(r"(end|else|elsif|when|in|rescue|ensure|then)\b|[.&|)}\]]", bare):
            out.add(number)
        depth += sum(bare.count(c) for c in "([{") - sum(bare.count(c) for c in ")]}")
        if re.match(r"def\b|.*\bdo(\s*\|[^|]*\|)?$", bare):
            opened.append(len(indent(row)))
        before = bare or before
    return out


def python_spots(lines):
    out = set()
    try:
        tree = ast.parse("\n".join(lines))
    except (SyntaxError, ValueError):
        return out
    for function in ast.walk(tree):
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            for node in ast.walk(function):
                for body in (getattr(node, field, None) for field in ("body", "orelse", "finalbody")):
                    out |= set(in_body(lines, body)) if isinstance(body, list) and not isinstance(node, ast.ClassDef) else set()
    return out


def in_body(lines, body):
    for before, node in zip([None] + body, body):
        first = min([node.lineno] + [d.lineno for d in getattr(node, "decorator_list", [])]) - 1
        documented = before is None and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        elif_or_inline = lines[first][:node.col_offset].strip() or lines[first].lstrip().startswith("elif")
        if not documented and not elif_or_inline and not isinstance(before, (ast.Return, ast.Raise, ast.Break, ast.Continue)):
            yield first


def indent(line):
    return line[:len(line) - len(line.lstrip())]


def units(lines, language):
    """`(first, last + 1)` of short whole statements, in order."""
    rows, can = masked("\n".join(lines)).split("\n"), sorted(spots(lines, language))
    allowed, taken = set(can), 0
    for first in can:
        if first < taken or not lines[first].strip() or lines[first].strip() in ("}", "});"):
            continue
        for last in range(first + 1, min(first + 7, len(lines) + 1)):
            part = "\n".join(rows[first:last])
            balanced = all(part.count(a) == part.count(b) for a, b in ("()", "[]", "{}"))
            if language == "ruby":
                balanced = balanced and len(re.findall(r"(?m)^\s*(?:if|unless|case|while|until|begin|for)\b|=\s*(?:if|case|begin)\b|\bdo\b(?:\s*\|[^|\n]*\|)?\s*$", part)) == len(re.findall(r"(?m)^\s*end\b", part))
            follows = last < len(lines) and (last in allowed or lines[last].strip() in ("", "}", "end") or language == "python" and len(indent(lines[last])) < len(indent(lines[first])))
            goes_on = language in BARE and last < len(lines) and len(indent(lines[last])) > len(indent(lines[first]))
            if balanced and follows and not goes_on and (language in BARE | {"python", "ruby"} or rows[last - 1].rstrip().endswith((";", "}"))):
                taken = last
                yield first, last
                break


def fit(part, language):
    """The chunk without its indentation, or None where it must not stand in other code."""
    base = len(indent(part[0]))
    if any(line.strip() and len(indent(line)) < base or len(line) - base > 110 for line in part) or not all(line.strip() for line in part):
        return None
    part = [line[base:].rstrip() for line in part]
    text = "\n".join(part)
    if TELLTALE.search(text) or LEAVES.match(text) or '"""' in text or "'''" in text or "</" in text or not WORD.search(text) or not text.isascii():
        return None
    code = masked(text)
    if any(line.startswith(("#", "@", "}", "//", "*", "/*", "(", "[")) for line in part) or re.search(r"\b(break|continue|goto)\b", code) or language in ("c", "cpp") and "return" in code:
        return None
    if language != "python" and any(LEAVES.match(line) for line in part if indent(line) == "" and line[0] != "}"):
        return None
    if language == "python":
        try:
            body = ast.parse(text).body
        except SyntaxError:
            return None
        return part if all(isinstance(n, (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.If, ast.For, ast.With)) or isinstance(n, ast.Expr) and isinstance(n.value, ast.Call) for n in body) else None
    return part if re.search(r"[=({]", code) else None


def chunks(lines, language, rng):
    """Single statements and neighbours, at most six lines."""
    found = list(units(lines, language))
    for at, (first, last) in enumerate(found):
        for other in found[at + 1:at + 1 + rng.choice([0, 0, 1, 2])]:
            if other[0] != last or other[1] - first > 6 or indent(lines[other[0]]) != indent(lines[first]):
                break
            last = other[1]
        part = fit([line.expandtabs(4) for line in lines[first:last]], language)
        if part:
            yield part


def vocabulary(text, language, reserved):
    """`{kind: names}` that the file declares."""
    classes = set(CLASS.findall(text))
    functions = {name for groups in CALLABLE.findall(text) for name in groups if name}
    regex = SCRIPT if language in ("python", "ruby", "javascript", "typescript") else GO if language == "go" else re.compile(r"\$(\w+)\s*=") if language == "php" else DECLARED
    found = {name for groups in regex.findall(text) for name in (groups if isinstance(groups, tuple) else (groups,)) if name} - functions - classes
    good = lambda names, shape: sorted(n for n in names if re.fullmatch(shape, n) and n not in reserved and not TELLING.search(n))[:60]
    return {"vars": good(found, r"[a-z](?!\w*_t$)[a-zA-Z0-9_]{1,19}"), "functions": good(functions, r"[A-Z][a-z][a-zA-Z0-9]{3,27}" if language == "csharp" else r"_?[a-z][a-zA-Z0-9_]{3,27}"), "classes": good(classes, r"[A-Z][a-z][A-Za-z0-9]{3,23}")}


def reserved():
    """Words that the generator's own tables use, and those of languages."""
    out = set(COMMON) | set(dir(builtins))
    for path in sorted(glob.glob(os.path.join(HERE, "flows_*.py")) + glob.glob(os.path.join(HERE, "kits*.py")) + glob.glob(os.path.join(HERE, "twins", "*.txt")) + [os.path.join(HERE, "weave.py")]):
        with open(path, encoding="utf-8") as file:
            out |= set(WORD.findall(file.read()))
    return out


def harvest(root, listed, files=900, size=2_400_000, seed=7):
    """`{language: [file]}` of the projects that train."""
    found, kept, out = {}, reserved(), {}
    for name, _, _, part in projects(listed):
        for top, folders, names in os.walk(os.path.join(root, name)) if part == "train" else ():
            folders.sort()
            for path in (os.path.join(top, n) for n in sorted(names)):
                inner = os.path.relpath(path, os.path.join(root, name))
                language = LANGUAGE.get(os.path.splitext(path)[1])
                if language and not ASIDE.search(os.path.dirname(inner) + "/") and not ASIDE.search(os.path.basename(inner)) and 900 < os.path.getsize(path) < 80_000:
                    found.setdefault(language, []).append((path, inner))
    for language, paths in sorted(found.items()):
        rng, rows, total = random.Random(f"{seed} {language}"), [], 0
        rng.shuffle(paths)
        for path, inner in paths:
            with open(path, encoding="utf-8", errors="replace") as file:
                text = file.read()
            parts = list(chunks(text.split("\n"), language, rng))
            row = {"path": re.sub(r"[^\w./-]", "_", re.sub(r"^[^/]*-\d[^/]*/", "", inner)), **vocabulary(text, language, kept), "chunks": rng.sample(parts, min(len(parts), 40))}
            if len(parts) >= 4 and total < size and len(rows) < files:
                rows.append(row)
                total += len(json.dumps(row))
        if len(rows) >= 3:
            out[language] = rows
        print(f"{language:12} {len(paths):5} files, {len(rows):4} kept, {sum(len(r['chunks']) for r in rows):6} chunks, {total:9,} bytes", file=sys.stderr)
    return out


class Dresser:
    """Dresses pairs of one vocabulary: `names` before a pair is made, `dress` after."""

    def __init__(self, path, seed):
        with open(path, encoding="utf-8") as file:
            self.files = json.load(file)
        self.rng = random.Random(f"dress {seed}")

    def names(self, language):
        """Names of an ordinary file of the language; None where there is none."""
        rows = [row for row in self.files.get(language, []) if len(row["vars"]) >= 8]
        return self.rng.choice(rows) if rows else None

    def dress(self, both):
        """Both twins with another path and the same chunks at the same places."""
        rows = self.files.get(both[0].language)
        if not rows:
            return
        row = self.rng.choice(rows)
        words = {w for program in both for _, lines in program.files for line in lines for w in WORD.findall(MARK.sub("", line))} - COMMON
        fitting = [c for c in row["chunks"] if not words & set(WORD.findall("\n".join(c)))]
        if len(both[0].files) == len(both[1].files):
            self.insert(both, fitting)
        self.move(both, row["path"])

    def insert(self, both, fitting):
        places = [(number, *place) for number in range(len(both[0].files)) for place in self.places(*(p.files[number][1] for p in both), both[0].language)]
        count, picked, said = self.rng.choice([2, 2, 3, 3, 4]), [], set()
        while places and fitting and len(picked) < count:
            place = self.rng.choices(places, [p[3] for p in places])[0]
            chunk = self.rng.choices(fitting, [{1: 3, 2: 3, 3: 3, 4: 1}.get(len(c), 0.4) for c in fitting])[0]
            places.remove(place)
            fitting = [c for c in fitting if c[0] != chunk[0] and not said & set(re.findall(r"(\w+) :?= ", "\n".join(c)))]
            said |= set(re.findall(r"(\w+) :?= ", "\n".join(chunk)))
            picked.append((place[:3], chunk))
        for side, program in enumerate(both):
            for place, chunk in sorted(picked, reverse=True):
                lines, at = program.files[place[0]][1], place[1 + side]
                depth = indent(lines[at]) if lines[at].strip() not in ("}", "});", "})") else indent(lines[at - 1]) if not lines[at - 1].rstrip().endswith("{") else indent(lines[at]) + "    "
                added = [depth + (line.replace("    ", "\t") if "\t" in depth else line) for line in chunk]
                lines[at:at] = added

    def places(self, first, second, language):
        """`(line of the one, line of the other, weight)` of the places that both twins share."""
        plain = [[MARK.sub("", line).rstrip() for line in lines] for lines in (first, second)]
        can = [spots(lines, language) for lines in plain]
        match = difflib.SequenceMatcher(None, *([line.strip() for line in lines] for lines in plain), autojunk=False)
        shared = sorted({(b.a + k + d, b.b + k + d) for b in match.get_matching_blocks() for k in range(b.size) for d in (0, 1)})
        tagged = [[i for i, line in enumerate(lines) if re.search(r"@@(src|step|sink|guard|fact)", line)] for lines in (first, second)]
        last = -1
        for i, j in shared:
            if i in can[0] and j in can[1] and j >= last:
                last = j
                near = min([abs(x - y) for x, t in ((i, tagged[0]), (j, tagged[1])) for y in t] or [99])
                between = bool(tagged[0]) and min(tagged[0]) < i <= max(tagged[0])
                yield i, j, (4 if near <= 1 else 2 if near <= 3 else 0.15) * (2 if between else 1)

    def move(self, both, path):
        """The files stand where the ordinary one stood; one that is alone takes its name too."""
        folder = "/".join([f for f in path.split("/")[:-1] if f not in SERVED][-3:]) or "src"
        stem = os.path.splitext(os.path.basename(path))[0]
        for program in both:
            alone = len(program.files) == 1 and program.language != "java" and "/" not in program.files[0][0]
            program.files = [(f"{folder}/{stem + os.path.splitext(p)[1] if alone else os.path.basename(p)}", lines) for p, lines in program.files]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["harvest"])
    parser.add_argument("paths", nargs=3, help="FOLDER LIST OUT")
    args = parser.parse_args()
    folder, listed, out = args.paths
    found = harvest(folder, listed)
    with open(out, "w", encoding="utf-8") as file:
        json.dump(found, file, ensure_ascii=False, separators=(",", ":"))


if __name__ == "__main__":
    main()
