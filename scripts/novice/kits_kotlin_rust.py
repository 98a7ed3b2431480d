"""How Kotlin and Rust write the small things that `kits.py` lists.

In: names and expressions of `weave.py`. Out: lines, with one leading tab per level and `@@tag` marks at the end.
Functions whose body waits (Rust `await`, Kotlin's suspending client) are marked as such, and so are their callers.
"""
import re

from kits_base import Kit
from names import camel, snake

RETURN = re.compile(r"^return (.*?);?((?:@@\w+)*)$")


class Kotlin(Kit):
    end, error, suffix, case = "", "IllegalArgumentException", ".kt", staticmethod(camel)
    void, truthy = "", "Boolean"
    reserved = {"val", "var", "fun", "in", "is", "as", "object", "when", "interface", "package", "typeof"}

    def __init__(self, rng, names):
        super().__init__(rng, names)
        self.waiting = {"client.get", "client.post", "client.request"}

    def assign(self, v, e):
        return [f"{self.r.choice(['val', 'val', 'val', 'var'])} {v}{': String' if self.r.random() < 0.12 else ''} = {e}"]

    def number(self, v, e):
        return [f"val {v} = {e}"]

    def reassign(self, v, e):
        return [f"{v} = {e}"]

    def loose(self, v, e):
        return [f"var {v} = {e}"]

    def declare(self, v):
        return [f'var {v} = ""' if self.r.random() < 0.7 else f"var {v}: String"]

    def log(self, e):
        return [f"println({e})"]

    def throw(self):
        words = self.text(self.r.choice(["invalid value", "bad input", "not allowed"]))
        return [self.r.choice([f"throw IllegalArgumentException({words})", f"throw IllegalStateException({words})", f"error({words})"])]

    def template(self, flat):
        out = ""
        for i, p in enumerate(flat):
            if isinstance(p, str):
                out += self.text(p)[1:-1]
                continue
            after = flat[i + 1] if i + 1 < len(flat) else ""
            bare = p[0].isidentifier() and not (isinstance(after, str) and re.match(r"\w", after))
            out += f"$${p[0]}" if bare and self.r.random() < 0.8 else "$${" + p[0] + "}"
        return out

    def expr(self, parts):
        flat = [p for p in parts if p != ""]
        style = self.r.randint(0, 5)
        if style < 3 and not any('"' in p[0] for p in flat if not isinstance(p, str)):
            return f'"{self.template(flat)}"'
        if style == 3 and not any('"' in p for p in flat if isinstance(p, str)):
            return f'"""{self.template(flat)}"""'
        if style == 4 and not any("%" in p for p in flat if isinstance(p, str)):
            pattern = self.text("".join(p if isinstance(p, str) else "%s" for p in flat))
            values = ", ".join(p[0] for p in flat if not isinstance(p, str))
            return f"{pattern}.format({values})" if self.r.random() < 0.5 else f"String.format({pattern}, {values})"
        if not isinstance(flat[0], str) and len(flat) == 1:
            return f'"$${{{flat[0][0]}}}"'
        return super().expr(parts)

    def build(self, v, parts):
        flat = [p for p in parts if p != ""]
        style = self.r.randint(0, 6)
        pieces = [self.text(p) if isinstance(p, str) else p[0] for p in flat]
        if style == 0:
            sb = self.n.fresh(lambda: self.r.choice(["sb", "builder", "out", "text", "buffer"]))
            return [f"val {sb} = StringBuilder()"] + [f"{sb}.append({p})" for p in pieces] + [f"val {v} = {sb}.toString()"]
        if style == 1:
            return [f"val {v} = buildString {{"] + [f"\tappend({p})" for p in pieces] + ["}"]
        return self.assign(v, self.expr(parts))

    def define(self, f, params, body, kind="String"):
        args = ", ".join(f"{p}: String" for p in params)
        waits = any(f"{name}(" in line for line in body for name in self.waiting)
        if waits:
            self.waiting.add(f)
        head = self.r.choice(["", "", "private "]) + ("suspend " if waits else "") + f"fun {f}({args})"
        one = RETURN.match(body[0]) if len(body) == 1 else None
        if one and kind == "String" and self.r.random() < 0.5:
            return [f"{head}{': String' if self.r.random() < 0.6 else ''} = {one.group(1)}{one.group(2)}"]
        return self.block(head + (f": {kind}" if kind else ""), body)

    def dictionary(self, d, key, value):
        return [f'val {d} = mapOf("{key}" to {value})'], self.r.choice([f'{d}["{key}"]!!', f'{d}.getValue("{key}")', f'{d}["{key}"] ?: ""'])

    def holder(self, cls, field, method, body):
        waits = any(f"{name}(" in line for line in body for name in self.waiting)
        inner = self.block(f"{'suspend ' if waits else ''}fun {method}()", body)
        lines = self.block(f"class {cls}(private val {field}: String)", inner)
        lines[0] += "@@step"
        return lines

    def field(self, name):
        return self.r.choice([f"this.{name}", name])

    def use_holder(self, v, cls, method, arg, result):
        if self.r.random() < 0.4:
            return [f"{cls}({arg}).{method}()@@step"]
        return [f"val {v} = {cls}({arg})@@step", f"{v}.{method}()"]

    def constant_set(self, name, words):
        items = ", ".join(self.text(w) for w in words)
        make = self.r.choice(["setOf", "listOf", "arrayOf"])
        low = name if self.r.random() < 0.6 else camel(name.lower().split("_"))
        return [f"private val {low} = {make}({items})"], f"$x in {low}", f"$x !in {low}"

    def constant_map(self, name, pairs):
        inner = ", ".join(f"{self.text(a)} to {self.text(b)}" for a, b in pairs)
        if self.r.random() < 0.5:
            arms = [f"\t{self.text(a)} -> {self.text(b)}" for a, b in pairs[1:]] + [f"\telse -> {self.text(pairs[0][1])}"]
            low = camel(name.lower().split("_"))
            return [f"fun {low}(key: String): String = when (key) {{"] + arms + ["}"], f"{low}($x)"
        return [f"private val {name} = mapOf({inner})"], f"{name}[$x] ?: {self.text(pairs[0][1])}"


class Rust(Kit):
    null, suffix, case = "None", ".rs", staticmethod(snake)
    void, truthy = "", "bool"
    reserved = {"ref", "type", "match", "mod", "move", "use", "where", "loop", "impl", "trait", "box", "final", "yield", "self", "dyn", "in", "as", "fn", "let", "mut", "pub"}

    def __init__(self, rng, names):
        super().__init__(rng, names)
        self.waiting, self.kept = set(), {}

    def branch(self, cond, body, other=None):
        lines = self.block(f"if {cond}", body)
        return lines if not other else lines[:-1] + ["} else {"] + ["\t" + line for line in other] + ["}"]

    def owned(self, e):
        if e.startswith('"') or e.isidentifier() or re.fullmatch(r"self\.\w+", e):
            return e + self.r.choice([".to_string()", ".to_string()", ".to_owned()"])
        return e

    def assign(self, v, e):
        if e.isidentifier():
            e += self.r.choice(["", ".clone()", ".to_string()", ".to_owned()"])
        elif e.startswith("self."):
            e = self.r.choice([f"{e}.clone()", f"&{e}", f"{e}.as_str()"])
        elif e.startswith('"') and self.r.random() < 0.4:
            e = f"String::from({e})"
        return [f"let {v}{': String' if 'to_string()' in e and self.r.random() < 0.1 else ''} = {e};"]

    def number(self, v, e):
        return [f"let {v} = {e};"]

    def reassign(self, v, e):
        return [f"{v} = {self.owned(e)};"]

    def loose(self, v, e):
        return [f"let mut {v} = {self.owned(e)};"]

    def declare(self, v):
        return [f"let mut {v} = String::new();" if self.r.random() < 0.7 else f"let {v}: String;"]

    def log(self, e):
        how = self.r.choice(["println!", "eprintln!", "println!"])
        return [f"{how}({e});" if e.startswith('"') else self.r.choice([f'{how}("{{}}", {e});', f'{how}("value: {{}}", {e});'])]

    def ret(self, e):
        return [f"return {e if e in ('true', 'false') else self.owned(e)};"]

    def leaving(self, lines):
        """The value that a function ends with, in the middle of it."""
        match = re.fullmatch(r"([^@]*\))((?:@@\w+)+)", lines[-1])
        return lines[:-1] + [f"return {match.group(1)};{match.group(2)}"] if match else lines

    def throw(self):
        return [f"panic!({self.text(self.r.choice(['invalid value', 'bad input', 'not allowed']))});"]

    def call(self, f, *args):
        lent = [a if a.startswith(("&", '"')) else f"&{a}" for a in args]
        return f"{f}({', '.join(lent)})" + (".await" if f in self.waiting else "")

    def expr(self, parts):
        flat = [p for p in parts if p != ""]
        style = self.r.randint(0, 6)
        values = [p[0] for p in flat if not isinstance(p, str)]
        if style < 2 and all(v.isidentifier() for v in values):
            return "format!(" + self.text("".join(p if isinstance(p, str) else "{" + p[0] + "}" for p in flat)) + ")"
        if style == 5 and isinstance(flat[0], str):
            rest = " + ".join(self.text(p) if isinstance(p, str) else f"&{p[0]}" for p in flat[1:])
            return self.r.choice(["String::from({0})", "{0}.to_string()", "{0}.to_owned()"]).format(self.text(flat[0])) + " + " + rest
        if style == 6:
            return "[" + ", ".join(self.text(p) if isinstance(p, str) else f"&{p[0]}[..]" for p in flat) + "].concat()"
        return "format!(" + self.text("".join(p if isinstance(p, str) else "{}" for p in flat)) + "".join(f", {v}" for v in values) + ")"

    def build(self, v, parts):
        flat = [p for p in parts if p != ""]
        if self.r.random() < 0.2:
            first = f"String::from({self.text(flat[0])})" if isinstance(flat[0], str) else f"{flat[0][0]}.to_string()"
            return [f"let mut {v} = {first};"] + [f"{v}.push_str({self.text(p) if isinstance(p, str) else '&' + p[0]});" for p in flat[1:]]
        return [f"let {v} = {self.expr(parts)};"]

    def define(self, f, params, body, kind="String"):
        args = ", ".join(f"{p}: &str" for p in params)
        if any(".await" in line for line in body):
            self.waiting.add(f)
        head = self.r.choice(["", "", "pub "]) + ("async " if f in self.waiting else "") + f"fn {f}({args})"
        last = RETURN.match(body[-1])
        if last and self.r.random() < 0.75:
            body = body[:-1] + [last.group(1) + last.group(2)]
        return self.block(head + (f" -> {kind}" if kind else ""), body)

    def dictionary(self, d, key, value):
        return None

    def holder(self, cls, field, method, body):
        if any(".await" in line for line in body):
            self.waiting.add(method)
        made = self.r.random() < 0.6
        self.kept[cls] = (field, made)
        new = self.block(f"fn new({field}: &str) -> Self", [f"{cls} {{ {field}: {field}.to_string() }}@@step"]) + [""] if made else []
        inner = self.block(f"{'async ' if method in self.waiting else ''}fn {method}(&self)", body)
        return self.block(f"struct {cls}", [f"{field}: String,"]) + [""] + self.block(f"impl {cls}", new + inner)

    def field(self, name):
        return f"self.{name}"

    def use_holder(self, v, cls, method, arg, result):
        field, made = self.kept[cls]
        first = f"{cls}::new(&{arg})" if made else f"{cls} {{ {field}: {arg}.to_string() }}"
        return [f"let {v} = {first};@@step", f"{v}.{method}()" + (".await;" if method in self.waiting else ";")]

    def distractor(self):
        n, r = self.n, self.r
        f, a = n.function(), n.var()
        return r.choice([
            self.block(f"fn {f}({a}: usize) -> usize", [f"{a} * {r.randint(2, 9)}"]),
            self.block(f"pub fn {f}({a}: &str) -> Option<usize>", [f"{a}.find('{r.choice(':=,/')}')"]),
            super().distractor(),
            self.block(f"fn {f}({a}: &[u8]) -> u32", [f"{a}.iter().map(|b| *b as u32).sum()"])])

    def constant_set(self, name, words):
        items = ", ".join(self.text(w) for w in words)
        if self.r.random() < 0.35:
            arms = " | ".join(self.text(w) for w in words)
            return [], f"matches!(&$x[..], {arms})", f"!matches!(&$x[..], {arms})"
        use = self.r.choice([f"{name}.contains(&&$x[..])", f"{name}.iter().any(|known| *known == $x)"])
        return [self.r.choice([f"const {name}: &[&str] = &[{items}];", f"static {name}: [&str; {len(words)}] = [{items}];"])], use, "!" + use

    def constant_map(self, name, pairs):
        low = name.lower()
        arms = [f"\t\t{self.text(a)} => {self.text(b)}," for a, b in pairs[1:]] + [f"\t\t_ => {self.text(pairs[0][1])},"]
        return [f"fn {low}(key: &str) -> &'static str {{", "\tmatch key {"] + arms + ["\t}", "}"], f"{low}(&$x)"
