"""How Ruby and C# write the small things that `kits.py` lists.

In: names and expressions of `weave.py`. Out: lines, with one leading tab per level and `@@tag` marks at the end.
Deliberately absent: any knowledge of weaknesses.
"""
import re

from kits_base import Kit
from names import pascal, snake

MARKS = re.compile(r"^(.*?)((?:@@\w+)*)$", re.S)


def unmark(line):
    """The line and the marks at its end."""
    return MARKS.match(line).groups()


def chunks(lines):
    """The parts of `lines` that blank lines at the outermost level set apart."""
    out, part = [], []
    for line in lines + [""]:
        if line:
            part.append(line)
        elif part and part[-1].startswith("\t"):
            part.append(line)
        elif part:
            out.append(part)
            part = []
    return out


class Ruby(Kit):
    end, null, slashes, case, indent, suffix = "", "nil", "#", staticmethod(snake), "  ", ".rb"
    reserved = {"alias", "p", "raw", "sort", "order", "format", "status", "mode", "input"}

    def block(self, head, body):
        return [head] + ["\t" + line for line in body] + ["end"]

    def branch(self, cond, body, other=None):
        word = "if"
        if cond.startswith("!") and not other and " || " not in cond and " && " not in cond and self.r.random() < 0.7:
            word, cond = "unless", cond[1:]
        if len(body) == 1 and not other and not body[0].startswith("#") and " if " not in body[0] and " unless " not in body[0] and self.r.random() < 0.5:
            text, marks = unmark(body[0])
            return [f"{text} {word} {cond}{marks}"]
        lines = self.block(f"{word} {cond}", body)
        return lines[:-1] + self.block("else", other) if other else lines

    def assign(self, v, e):
        return [f"{v} = {e}"]

    reassign = number = assign

    def declare(self, v):
        return [self.r.choice([f"{v} = ''", f"{v} = nil"])]

    def log(self, e):
        return [f"{self.r.choice(['puts', 'puts', 'warn'])} {e}"]

    def text(self, s):
        if "'" not in s and "\\" not in s and (self.quote == "'" or self.r.random() < 0.5):
            return f"'{s}'"
        return super().text(s)

    quote = "'"

    def expr(self, parts):
        flat = [p for p in parts if p != ""]
        style = self.r.randint(0, 9)
        joined = "".join(p if isinstance(p, str) else "%s" for p in flat)
        values = ", ".join(p[0] for p in flat if not isinstance(p, str))
        if style < 6:
            return '"' + "".join(p.replace("\\", "\\\\").replace('"', '\\"') if isinstance(p, str) else f"#{{{p[0]}}}" for p in flat) + '"'
        if style < 8 and joined.count("%") == joined.count("%s"):
            return f"format({self.text(joined)}, {values})" if style == 6 else f"{self.text(joined)} % [{values}]"
        return " + ".join(self.text(p) if isinstance(p, str) else p[0] for p in flat)

    def build(self, v, parts):
        flat = [p for p in parts if p != ""]
        if self.r.random() < 0.15 and isinstance(flat[0], str):
            return [f"{v} = +{self.text(flat[0])}"] + [f"{v} << {self.text(p) if isinstance(p, str) else p[0]}" for p in flat[1:]]
        return super().build(v, parts)

    def define(self, f, params, body):
        if body[-1].startswith("return ") and " if " not in body[-1] and self.r.random() < 0.6:
            body = body[:-1] + [body[-1].removeprefix("return ")]
        return self.block(f"def {f}({', '.join(params)})", body)

    def throw(self):
        text = self.text(self.r.choice(["invalid value", "bad input", "not allowed"]))
        return [self.r.choice([f"raise ArgumentError, {text}", f"raise ArgumentError, {text}", f"raise {text}"])]

    def dictionary(self, d, key, value):
        if self.r.random() < 0.5:
            return [f"{d} = {{ {key}: {value} }}"], f"{d}[:{key}]"
        return [f"{d} = {{ '{key}' => {value} }}"], self.r.choice([f"{d}['{key}']", f"{d}.fetch('{key}')"])

    def holder(self, cls, field, method, body):
        return self.block(f"class {cls}", self.block(f"def initialize({field})", [f"@{field} = {field}@@step"]) + [""] + self.block(f"def {method}", body))

    def field(self, name):
        return f"@{name}"

    def use_holder(self, v, cls, method, arg, result):
        if self.r.random() < 0.4:
            return [f"{cls}.new({arg}).{method}@@step"]
        return [f"{v} = {cls}.new({arg})@@step", f"{v}.{method}"]

    def constant_set(self, name, words):
        items = ", ".join(self.text(w) for w in words)
        value = self.r.choice([f"%w[{' '.join(words)}].freeze", f"[{items}].freeze", f"[{items}]"])
        return [f"{name} = {value}"], f"{name}.include?($x)", f"!{name}.include?($x)"

    def constant_map(self, name, pairs):
        inner = ", ".join(f"{self.text(a)} => {self.text(b)}" for a, b in pairs)
        return [f"{name} = {{ {inner} }}.freeze"], self.r.choice([f"{name}.fetch($x, {self.text(pairs[0][1])})", f"{name}[$x] || {self.text(pairs[0][1])}"])

    def borrow(self, module, names):
        return [f"require_relative '{module}'"]

    def module(self, module, lines, imports, exports):
        return f"{module}.rb", imports + [""] + lines

    def whole(self, imports, head, helpers, main):
        """A file whose code stands in a class: constants and classes first, methods that only the class calls last."""
        parts = chunks(helpers)
        first = [p for p in parts if not p[0].startswith(("def ", "#"))]
        last = [p for p in parts if p not in first]
        inside = [line for part in first for line in part + [""]] + main + ([""] + ["private"] if last else [])
        inside += [line for part in last for line in [""] + part]
        return imports + ([""] if imports else []) + head + ["\t" + line if line else "" for line in inside] + ["end"]

    def path(self, cls):
        """Rails finds classes by their files' names."""
        folder = "app/controllers/" if cls.endswith("Controller") else ""
        return folder + re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cls).lower() + ".rb"


class CSharp(Kit):
    error, suffix = "ArgumentException", ".cs"
    # How functions of these kinds are opened.
    truthy, void = "private static bool", "private static void"
    reserved = {"ref", "out", "in", "base", "params", "value", "file", "record", "field", "source", "input", "status", "path", "host", "title", "query"}

    def __init__(self, rng, names):
        super().__init__(rng, names)
        self.allman, self.spaced = rng.random() < 0.75, rng.choice(["file", "file", "block", "none"])

    def call(self, f, *args):
        return super().call(f[0].upper() + f[1:], *args)

    def branch(self, cond, body, other=None):
        if len(body) == 1 and not other and not body[0].startswith(("//", "var ", "string ", "int ", "using ")) and self.r.random() < 0.35:
            text, marks = unmark(body[0])
            return [f"if ({cond}) {text}{marks}"]
        return super().branch(cond, body, other)

    def assign(self, v, e):
        return [f"{self.r.choice(['var', 'var', 'string'])} {v} = {e};"]

    def reassign(self, v, e):
        return [f"{v} = {e};"]

    def number(self, v, e):
        return [f"{self.r.choice(['int', 'var'])} {v} = {e};"]

    def declare(self, v):
        return [f"string {v} = {self.r.choice(['string.Empty', chr(34) * 2])};"]

    def log(self, e):
        return [f"{self.r.choice(['Console', 'Console', 'Debug'])}.WriteLine({e});"]

    def expr(self, parts):
        flat = [p for p in parts if p != ""]
        literal = "".join(p for p in flat if isinstance(p, str))
        values = [p[0] for p in flat if not isinstance(p, str)]
        style = self.r.randint(0, 9)
        if style < 5 and "{" not in literal and not any(c in v for v in values for c in '":?'):
            return '$$"' + "".join(self.text(p)[1:-1] if isinstance(p, str) else f"{{{p[0]}}}" for p in flat) + '"'
        if style < 7 and "{" not in literal:
            numbers = iter(range(len(values)))
            pattern = "".join(p if isinstance(p, str) else f"{{{next(numbers)}}}" for p in flat)
            return f"{'string' if style == 5 else 'String'}.Format({self.text(pattern)}, {', '.join(values)})"
        return super().expr(flat)

    def build(self, v, parts):
        if self.r.random() < 0.15:
            sb = self.n.fresh(lambda: self.r.choice(["sb", "builder", "buffer"]))
            add = [f"{sb}.Append({self.text(p) if isinstance(p, str) else p[0]});" for p in parts if p != ""]
            return [f"var {sb} = new StringBuilder();"] + add + [f"var {v} = {sb}.ToString();"]
        return super().build(v, parts)

    def define(self, f, params, body, kind="private static string"):
        head = f"{kind} {f[0].upper() + f[1:]}({', '.join('string ' + p for p in params)})"
        if len(body) == 1 and body[0].startswith("return ") and self.r.random() < 0.4:
            return [f"{head} => {body[0].removeprefix('return ')}"]
        return self.block(head, body)

    def dictionary(self, d, key, value):
        return [f'var {d} = new Dictionary<string, string> {{ ["{key}"] = {value} }};'], f'{d}["{key}"]'

    def holder(self, cls, field, method, body):
        inner = [f"private readonly string _{field};", ""] + self.block(f"public {cls}(string {field})", [f"_{field} = {field};@@step"]) + [""]
        return self.block(f"private sealed class {cls}", inner + self.block(f"public void {method[0].upper() + method[1:]}()", body))

    def field(self, name):
        return f"_{name}"

    def use_holder(self, v, cls, method, arg, result):
        method = method[0].upper() + method[1:]
        if self.r.random() < 0.3:
            return [f"new {cls}({arg}).{method}();@@step"]
        return [f"var {v} = new {cls}({arg});@@step", f"{v}.{method}();"]

    def constant(self, name):
        return pascal(name.lower().split("_"))

    def constant_set(self, name, words):
        name, items = self.constant(name), ", ".join(self.text(w) for w in words)
        value = self.r.choice([f"string[] {name} = {{ {items} }}", f"HashSet<string> {name} = new HashSet<string> {{ {items} }}",
                               f"HashSet<string> {name} = new() {{ {items} }}", f"List<string> {name} = new List<string> {{ {items} }}"])
        return [f"private static readonly {value};"], f"{name}.Contains($x)", f"!{name}.Contains($x)"

    def constant_map(self, name, pairs):
        name, inner = self.constant(name), ", ".join(f"[{self.text(a)}] = {self.text(b)}" for a, b in pairs)
        made = self.r.choice(["new Dictionary<string, string>", "new()"])
        return [f"private static readonly Dictionary<string, string> {name} = {made} {{ {inner} }};"], f"{name}.GetValueOrDefault($x, {self.text(pairs[0][1])})"

    def braces(self, lines):
        """Opening braces on lines of their own, if this program writes them so."""
        out = []
        for line in lines:
            text, marks = unmark(line)
            bare = text.lstrip("\t")
            depth = text[:len(text) - len(bare)]
            if not self.allman or not bare.endswith(" {"):
                out.append(line)
                continue
            bare = bare.removesuffix(" {")
            if bare.startswith("} "):
                out.append(depth + "}")
                bare = bare[2:]
            out += [depth + bare + marks, depth + "{"]
        return out

    def whole(self, imports, head, helpers, main):
        """A file with one class."""
        words = "\n".join(head + helpers + main)
        for use, name in [("StringBuilder", "System.Text"), ("Debug.", "System.Diagnostics"), ("Dictionary<", "System.Collections.Generic"), ("List<", "System.Collections.Generic"),
                          ("HashSet<", "System.Collections.Generic"), (".Contains(", "System.Linq"), (".Any(", "System.Linq"), (".All(", "System.Linq"), (".Where(", "System.Linq"), (".FirstOrDefault(", "System.Linq"), (".ToList(", "System.Linq"),
                          ("SqlDbType", "System.Data"), ("CancellationToken", "System.Threading"), ("Task<", "System.Threading.Tasks"), ("", "System")]:
            imports = imports + ([f"using {name};"] if use in words and f"using {name};" not in imports else [])
        inside = helpers + main if self.r.random() < 0.5 or not helpers else main + [""] + helpers
        while inside and not inside[-1]:
            inside = inside[:-1]
        body = head + ["\t" + line if line else "" for line in inside] + ["}"]
        name = "$Ent90.{{Web¦Api¦Core¦Services¦App}}"
        if self.spaced == "block":
            body = [f"namespace {name} {{"] + ["\t" + line if line else "" for line in body] + ["}"]
        elif self.spaced == "file":
            body = [f"namespace {name};", ""] + body
        system = sorted((line for line in imports if line.startswith("using System")), key=lambda line: line.rstrip(";"))
        return system + sorted(line for line in imports if line not in system) + [""] + self.braces(body)

    def path(self, cls):
        return ("Controllers/" if cls.endswith("Controller") else "Pages/" if cls.endswith("Model") else "") + cls + ".cs"
