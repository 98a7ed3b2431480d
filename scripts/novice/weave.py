"""Weaves programs in which outside data may or may not reach a dangerous place.

In: the tables of one language (`flows_*.py`), a weakness, a sink, a pair of mechanisms, a seed.
Out: a `Program` (files with `@@tag` marks still on their lines, and the verdict).
Start at `weave`. A pair is two mechanisms that look alike, of which only the second one helps.
"""
import random
from dataclasses import dataclass, field

from kits import KITS
from names import Names, fill, finish

# (name, vulnerable twin, safe twin). Twins differ in as little as possible, so that single words do not tell them apart.
PAIRS = [("context", "fake_enc", "enc"), ("ignored", "ignored", "enc"), ("late", "late_check", "check"),
         ("wrongvar", "wrong_var", "right_var"), ("noexit", "no_exit", "log_exit"), ("half", "half", "both"),
         ("unused", "unused", "enc"), ("helper", "fake_fn", "enc_fn"), ("weak", "fake_check", "check"),
         ("inverted", "inverted", "positive"), ("predicate", "fake_pred", "pred"), ("decided", "live", "dead"),
         ("overwrite", "other_const", "const"), ("restored", "restored", "enc"), ("deadguard", "dead_guard", "live_guard"),
         ("plain", "plain", "good"), ("lookup", "unused_map", "map"), ("cast", "unused_cast", "cast"), ("bare", "plain", "check"),
         ("reach", "reached", "unreached"), ("wrapwrong", "wrap_wrong", "wrap_right"),
         ("elsewhere", "this_value", "other_value"), ("outer", "outer_fake", "outer_check")]
REASONS = {"dead": "unreachable", "unreached": "unreachable", "const": "harmless", "other_value": "harmless"}
VULNERABLE = {pair[1] for pair in PAIRS}


@dataclass
class Program:
    language: str
    cwe: str
    family: str
    vulnerable: bool
    reason: str
    files: list = field(default_factory=list)


class Impossible(Exception):
    """The tables have nothing for this combination."""


class Weaver:
    def __init__(self, language, data, cwe, sink, mechanism, seed):
        self.language, self.data, self.cwe, self.sink, self.mechanism = language, data, cwe, sink, mechanism
        self.seed = seed
        self.r = random.Random(seed)
        kit = KITS[language]
        self.n = Names(random.Random(seed + 1), kit.case, kit.sigil)
        self.n.used.update(kit.reserved)
        self.k = kit(random.Random(seed + 2), self.n)
        self.k.quote = self.r.choice("'\"")
        self.k.esm = False
        self.imports, self.top, self.tops_after = [], [], []
        entries = [e for e in data["entries"] if (not e.get("cwes") or cwe in e["cwes"]) and
                   (not sink.get("entries") or e["id"] in sink["entries"])]
        if not entries:
            raise Impossible
        self.entry = self.r.choice(entries)
        self.need(self.entry.get("imports", []))
        self.in_entry = True

    def need(self, imports):
        for line in imports:
            if line not in self.imports:
                self.imports.append(line)

    def fill(self, line):
        return fill(line, self.n)

    def put(self, lines, x):
        return [self.fill(line.replace("$x", x)) for line in lines]

    def level(self):
        """Fresh randomness that does not depend on how much the mechanism drew."""
        self.seed += 1000003
        self.r.seed(self.seed)
        self.k.r.seed(self.seed + 2)
        self.n.rng.seed(self.seed + 1)

    def fail(self):
        return self.put(self.r.choice(self.entry["fail"]), "") if self.in_entry else self.k.throw()

    def source(self, v):
        options = self.entry["sources"]
        chosen = self.r.choice(options)
        param = self.r.choice([v.lower().strip("$"), self.n.hole("noun", self.r.randint(0, 9))])
        if isinstance(chosen, list):
            return [line.replace("$x", v).replace("$p", param) for line in chosen]
        lines = self.k.assign(v, chosen.replace("$p", param))
        lines[0] += "@@src"
        return lines

    # --- what stands between the value and the sink -------------------------------------------------------------------
    def encoder(self, good):
        rows = [e for e in self.data["encoders"] if (self.cwe in e[3] if good else self.cwe not in e[3] and self.cwe not in e[4])]
        if not rows:
            raise Impossible
        return self.r.choice(rows)

    def check(self, good):
        rows = []
        for c in self.data["checks"]:
            fits = c[3] == "*" or self.cwe in c[3]
            if (fits and self.cwe not in c[4]) if good else (not fits and self.cwe not in c[4]):
                rows.append(c)
        if good and self.r.random() < 0.45 or good and not rows:
            words = self.r.sample(["alpha", "beta", "north", "south", "daily", "weekly", "full", "brief", "name", "date", "price", "size", "list", "status"], self.r.randint(2, 4))
            if self.cwe in ("601", "918"):
                words = [f"https://{self.n.hole('host', i)}/{w}" for i, w in enumerate(words)]
            lines, yes, no = self.k.constant_set(self.n.constant(), words)
            self.top += lines + [""]
            return yes, no
        if not rows:
            raise Impossible
        row = self.r.choice(rows)
        self.need(row[1])
        self.top += self.put(row[5], "") + [""] if len(row) > 5 and row[5] else []
        reject = self.fill(row[2])
        accept = self.fill(row[6]) if len(row) > 6 else (reject[1:] if reject.startswith("!") else reject[4:] if reject.startswith("not ") and " or " not in reject else None)
        return accept, reject

    def rejecting(self, x, good=True, tag="@@guard", body=None):
        _, reject = self.check(good)
        lines = self.k.branch(reject.replace("$x", x), body or self.fail())
        lines[0] += tag
        return lines

    def enc_lines(self, v, x, good=True, tag=""):
        row = self.encoder(good)
        self.need(row[1])
        lines = self.k.assign(v, self.fill(row[2].replace("$x", x)))
        lines[-1] += tag
        return lines

    def second(self):
        other = self.n.var()
        self.entry_sources = True
        if not self.in_entry or self.entry.get("split"):
            return other, self.k.assign(other, self.k.text(self.n.hole("word", 7)))
        return other, [line.replace("@@src", "") for line in self.source(other)]

    def mechanics(self, x):
        """(lines before, value used by the sink, wrapper of the sink's lines, lines after)"""
        k, m, n = self.k, self.mechanism, self.n
        method = getattr(self, "m_" + m)
        out = method(x, n.var())
        return out + (None,) * (4 - len(out))

    def m_plain(self, x, v):
        return [], x

    m_good = m_outer_fake = m_outer_check = m_plain

    def m_enc(self, x, v):
        return self.enc_lines(v, x, True, "@@guard"), v

    def m_fake_enc(self, x, v):
        return self.enc_lines(v, x, False, "@@step"), v

    def m_ignored(self, x, v):
        row = self.encoder(True)
        self.need(row[1])
        e = self.fill(row[2].replace("$x", x))
        return ([f"_ = {e}"] if self.language == "go" else self.k.statement(e)), x

    def m_unused(self, x, v):
        return self.enc_lines(v, x), x

    def m_restored(self, x, v):
        row = self.encoder(True)
        self.need(row[1])
        e = self.fill(row[2].replace("$x", x))
        first = self.k.loose(v, e) if hasattr(self.k, "loose") else [line.replace("const ", "let ", 1) if self.language in ("javascript", "typescript") else line for line in self.k.assign(v, e)]
        first = [line.replace("final ", "").replace("const std::string ", "std::string ").replace("const auto ", "auto ") for line in first]
        return first + self.k.filler() + [line + "@@step" for line in self.k.reassign(v, x)], v

    def m_check(self, x, v):
        return self.rejecting(x), x

    def m_late_check(self, x, v):
        return [], x, None, self.rejecting(x, tag="")

    def m_no_exit(self, x, v):
        return self.rejecting(x, tag="", body=self.k.log(self.k.text(self.r.choice(["suspicious value", "unexpected input", "rejected"])))), x

    def m_log_exit(self, x, v):
        body = self.k.log(self.k.text(self.r.choice(["suspicious value", "unexpected input", "rejected"])))
        return self.rejecting(x, body=body + self.fail()), x

    def m_fake_check(self, x, v):
        return self.rejecting(x, good=False, tag=""), x

    def m_wrong_var(self, x, v):
        other, lines = self.second()
        return lines + self.rejecting(other, tag=""), x

    def m_right_var(self, x, v):
        other, lines = self.second()
        return lines + self.rejecting(x), x

    def m_inverted(self, x, v):
        accept, reject = self.check(True)
        if not accept:
            raise Impossible
        return self.k.branch(accept.replace("$x", x), self.fail()), x

    def wrap(self, x, tag):
        accept, reject = self.check(True)
        if not accept:
            raise Impossible
        def around(lines):
            out = self.k.branch(accept.replace("$x", x), lines)
            out[0] += tag
            return out
        return around

    def m_positive(self, x, v):
        return [], x, self.wrap(x, "@@guard")

    def m_wrap_wrong(self, x, v):
        other, lines = self.second()
        return lines, x, self.wrap(other, "")

    def m_wrap_right(self, x, v):
        other, lines = self.second()
        return lines, x, self.wrap(x, "@@guard")

    def m_half(self, x, v):
        other, lines = self.second()
        row = self.encoder(True)
        self.need(row[1])
        e = self.fill(row[2].replace("$x", x))
        flag = {"python": f'{other} == "1"', "java": f'"1".equals({other})', "c": f"{other}[0] == '1'"}.get(self.language, f'{other} {self.k.eq} "1"')
        return lines + self.loose(v, x) + self.k.branch(flag, self.k.reassign(v, e)), v

    def m_both(self, x, v):
        other, lines = self.second()
        row = self.encoder(True)
        self.need(row[1])
        e = self.fill(row[2].replace("$x", x))
        return lines + self.loose(v, x) + [line + "@@guard" for line in self.k.reassign(v, e)], v

    def loose(self, v, x):
        """A variable that may be assigned again."""
        if hasattr(self.k, "loose"):
            return self.k.loose(v, x)
        if self.language in ("javascript", "typescript"):
            return [f"let {v} = {x};"]
        if self.language == "java":
            return [f"String {v} = {x};"]
        if self.language == "cpp":
            return [f"std::string {v} = {x};"]
        return self.k.assign(v, x)

    def m_fake_fn(self, x, v):
        return self.through(x, v, False)

    def m_enc_fn(self, x, v):
        return self.through(x, v, True)

    def through(self, x, v, good):
        f, p, q = self.n.passing(), self.n.var(), self.n.var()
        row = self.encoder(good)
        self.need(row[1])
        e = self.fill(row[2].replace("$x", p))
        tag = "@@guard" if good else "@@step@@fact"
        if self.r.random() < 0.5:
            body = [line + tag for line in self.k.ret(e)]
        else:
            body = self.k.assign(q, e)
            body[-1] += tag
            body += self.k.ret(q)
        self.top += self.k.define(f, [p], body) + [""]
        return [line + "@@step" for line in self.k.assign(v, self.k.call(f, x))], v

    def predicate(self, x, good):
        f, p = self.n.fresh(lambda: self.k.case([self.r.choice(["is", "check"]), self.r.choice(["valid", "safe", "ok", "allowed", "clean", "acceptable"]), self.r.choice(["value", "input", "name", "it"])])), self.n.var()
        accept, reject = self.check(good)
        true, false = ("True", "False") if self.language == "python" else ("true", "false") if self.language not in ("c",) else ("1", "0")
        body = self.k.branch(reject.replace("$x", p), self.k.ret(false)) + self.k.ret(true)
        body[0] += "@@guard" if good else "@@fact"
        kinds = {"java": "private static boolean", "c": "static int ", "cpp": "static bool "}
        if self.language in kinds or hasattr(self.k, "truthy"):
            lines = self.k.define(f, [p], body, kinds.get(self.language) or self.k.truthy)
        else:
            lines = [line.replace(") string {", ") bool {").replace("): string", "): boolean") for line in self.k.define(f, [p], body)]
        self.top += lines + [""]
        call = self.k.call(f, x)
        return self.k.branch(f"not {call}" if self.language == "python" else f"!{call}", self.fail()), x

    def m_pred(self, x, v):
        return self.predicate(x, True)

    def m_fake_pred(self, x, v):
        return self.predicate(x, False)

    def literal(self):
        word = self.n.hole("word", self.r.randint(20, 90))
        if self.cwe in ("601", "918"):
            word = f"https://{self.n.hole('host', 8)}/{word}"
        return self.k.text(word)

    def decide(self, x, v, live):
        cond = self.k.truth() if self.r.random() < 0.5 else None
        lines = self.k.declare(v)
        good, bad = self.k.reassign(v, self.literal()), [line + "@@step" for line in self.k.reassign(v, x)]
        if cond is None:
            cond, first, other = self.k.falsity(), (good if live else bad), (bad if live else good)
        else:
            first, other = (bad if live else good), (good if live else bad)
        out = self.k.branch(cond, first, other)
        if not live:
            out[0] += "@@guard"
        return lines + out, v

    def m_live(self, x, v):
        return self.decide(x, v, True)

    def m_dead(self, x, v):
        return self.decide(x, v, False)

    def m_const(self, x, v):
        return self.loose(v, x) + self.k.filler() + [line + "@@guard" for line in self.k.reassign(v, self.literal())], v

    def m_other_const(self, x, v):
        return self.loose(v, x) + self.k.filler() + self.k.reassign(v, self.literal()), x

    def m_other_value(self, x, v):
        lines = self.k.assign(v, self.literal())
        lines[-1] += "@@guard"
        return lines + [line + "@@log" for line in self.k.log(x)], v

    def m_dead_guard(self, x, v):
        return self.k.branch(self.k.falsity(), self.rejecting(x, tag="")), x

    def m_live_guard(self, x, v):
        return self.k.branch(self.k.truth(), self.rejecting(x)), x

    def m_this_value(self, x, v):
        return self.k.assign(v, self.literal()) + self.k.log(v), x

    def m_reached(self, x, v):
        return [], x, lambda lines: self.k.branch(self.k.truth(), lines)

    def m_unreached(self, x, v):
        def around(lines):
            out = self.k.branch(self.k.falsity(), lines)
            out[0] += "@@guard"
            return out
        return [], x, around

    def m_unused_map(self, x, v):
        lines, value = self.m_map(x, v)
        return [line.replace("@@guard", "") for line in lines], x

    def m_map(self, x, v):
        pairs = [(a, b) for a, b in zip(self.r.sample(["a", "b", "one", "two", "new", "old", "top"], 3), self.r.sample(["alpha", "daily", "price", "north", "summary", "small"], 3))]
        if self.cwe in ("601", "918"):
            pairs = [(a, f"https://{self.n.hole('host', i)}/{b}") for i, (a, b) in enumerate(pairs)]
        if not hasattr(self.k, "constant_map"):
            raise Impossible
        lines, use = self.k.constant_map(self.n.constant().replace("ALLOWED", "MAP").replace("KNOWN", "MAP"), pairs)
        self.top += lines + [""]
        return [line + "@@guard" for line in self.k.assign(v, use.replace("$x", x))], v

    def cast(self, x, v, tag):
        if self.cwe in self.data["nocast"]:
            raise Impossible
        imports, lines, e = self.r.choice(self.data["casts"])
        self.need(imports)
        out = [self.fill(line.replace("$x", x).replace("$y", v)) for line in lines]
        out[0] += tag
        return out, e.replace("$y", v)

    def m_cast(self, x, v):
        return self.cast(x, v, "@@guard")

    def m_unused_cast(self, x, v):
        return self.cast(x, v, "")[0], x

    # --- the way from the handler to the sink -----------------------------------------------------------------------------
    def hops(self, x, count):
        lines = []
        for _ in range(count):
            v, kind = self.n.var(), self.r.randint(0, 5)
            pair = self.k.dictionary(self.n.var(), self.r.choice(["value", "name", "q", "key", "item"]), x) if kind == 1 else None
            if kind == 0 and self.language != "c":
                f, p = self.n.passing(), self.n.var()
                self.top += self.k.define(f, [p], [line + "@@step" for line in self.k.ret(self.fill(self.r.choice(self.data["noop"]).replace("$x", p)))]) + [""]
                lines += [line + "@@step" for line in self.k.assign(v, self.k.call(f, x))]
            elif pair:
                lines += [pair[0][0]] + pair[0][1:] if len(pair[0]) > 1 else [pair[0][0] + "@@step"]
                lines += [line + "@@step" for line in self.k.assign(v, pair[1])]
            elif kind in (2, 3):
                lines += [line + "@@step" for line in self.k.assign(v, self.r.choice(self.data["noop"]).replace("$x", x))]
            else:
                lines += [line + "@@step" for line in self.k.assign(v, x)]
            x = v
            if self.r.random() < 0.3:
                lines += self.k.filler()
        return lines, x

    def last(self, x):
        """Builds the dangerous text if the sink wants one, then uses it."""
        k, sink = self.k, self.sink
        if self.mechanism == "good":
            if not sink.get("good"):
                raise Impossible
            imports, use = self.r.choice(sink["good"])
            self.need(imports)
            return self.put(use, x)
        self.need(sink.get("imports", []))
        lines = []
        if sink.get("parts"):
            parts = self.r.choice(sink["parts"])
            filled = [(x,) if p == "$x" else self.fill(p) for p in parts]
            if self.r.random() < 0.3 and sink.get("oneline", True) and self.language not in ("c",):
                x = k.expr(filled)
            else:
                v = self.n.var()
                built = k.build(v, filled)
                built[-1] += "@@step"
                lines, x = built, v
        return lines + self.put(self.r.choice(sink["use"]), x)

    def core(self, x, hops):
        """Everything from the value to the sink in one function."""
        lines, x = self.hops(x, hops)
        before, x, around, after = self.mechanics(x)
        self.level()
        end = self.last(x)
        if self.k.long or self.r.random() < 0.3:
            end = self.k.filler() + end
        self.level()
        if (around or after) and hasattr(self.k, "leaving") and self.sink.get("ends"):
            end = self.k.leaving(end)
        return lines + before + (around(end) if around else end) + (after or [])

    def handler(self):
        k, sink = self.k, self.sink
        v = self.n.var()
        lines = self.source(v)
        if k.long or self.r.random() < 0.35:
            lines += k.filler()
        layout = self.r.choice(["inline", "inline", "sinkfn", "sinkfn", "holder", "deep"]) if sink.get("fn", True) else "inline"
        first = self.r.choice([0, 0, 1, 1, 2])
        if layout == "inline":
            return lines + self.core(v, first)
        hop, x = self.hops(v, first)
        lines += hop
        lines += self.outer(x)
        self.in_entry = False
        return lines + getattr(self, "l_" + layout)(x)

    def outer(self, x):
        """A check in the handler while the sink stands in a function."""
        if self.mechanism == "outer_check":
            return self.rejecting(x)
        if self.mechanism == "outer_fake":
            return self.rejecting(x, good=False, tag="")
        return []

    def l_sinkfn(self, x):
        f, p = self.n.function(), self.n.var()
        body = self.core(p, self.r.choice([0, 0, 1]))
        self.away(self.void(f, p, body), [f])
        return [self.k.call(f, x) + self.k.end + "@@step"]

    def l_deep(self, x):
        f, g, p, q = self.n.function(), self.n.function(), self.n.var(), self.n.var()
        inner = self.void(g, q, self.core(q, 0))
        outer = self.void(f, p, [self.k.call(g, p) + self.k.end + "@@step"])
        self.away(inner + [""] + outer, [f])
        return [self.k.call(f, x) + self.k.end + "@@step"]

    def l_holder(self, x):
        cls, fld, method, v = self.n.klass(), self.n.var(), self.n.function(), self.n.var()
        name = self.n.var()
        got = [line + "@@step" for line in self.k.assign(name, self.k.field(fld))]
        body = got + self.core(name, 0)
        self.away(self.k.holder(cls, fld, method, body), [cls])
        return self.k.use_holder(v, cls, method, x, False)

    def void(self, f, p, body):
        if self.language == "java" or hasattr(self.k, "void"):
            return self.k.define(f, [p], body, getattr(self.k, "void", "static void"))
        if self.language in ("c", "cpp"):
            return self.k.define(f, [p], body, "static void " if self.language == "c" or not self.elsewhere() else "void ")
        lines = self.k.define(f, [p], body)
        return [line.replace(") string {", ") {").replace("): string {", ") {") for line in lines]

    def elsewhere(self):
        return self.sink.get("file", True) and self.language in self.alone() and self.far

    def alone(self):
        """Languages whose functions may stand in a second file that the first one asks for."""
        return ("python", "javascript", "typescript") + (("ruby",) if "class" not in self.entry else ())

    def away(self, lines, names):
        """Puts a function into this file, or with what it needs into a second one."""
        if not self.elsewhere():
            self.top += lines + [""]
            return
        module = self.n.hole("mod", 0)
        keep = [line for line in self.imports if line in self.entry.get("imports", [])]
        own = [line for line in self.imports if line not in keep] + self.sink.get("shared", [])
        self.imports = keep + self.k.borrow(module, names)
        name, content = self.k.module(module, self.put(self.sink.get("top", []), "") + self.top + lines, list(dict.fromkeys(own)), names)
        self.second_file, self.top = (name, content), []

    def program(self):
        self.far = self.r.random() < 0.5
        self.second_file = None
        if self.mechanism.startswith("outer_") and not self.sink.get("fn", True):
            raise Impossible
        body = self.handler()
        if self.mechanism.startswith("outer_") and not any("@@guard" in line for line in body) and self.mechanism == "outer_check":
            raise Impossible
        self.in_entry = True
        self.level()
        entry = self.entry
        done = self.put(self.r.choice(entry["done"]), "") if not self.sink.get("ends") or body[-1].startswith(("}", "end")) else []
        tail = self.sink.get("tail", [])
        inner = body + self.put(tail, "") + done
        if self.r.random() < 0.25:
            at = self.r.randint(int(entry.get("split", 0)), max(len(inner) - 2, int(entry.get("split", 1))))
            if at < len(inner) and not inner[at].startswith(("}", "else", "\t")) and not inner[at].endswith("{"):
                text = self.n.hole("lie" if self.r.random() < 0.5 else "note", self.r.randint(0, 99))
                inner = inner[:at] + self.k.comment(text) + inner[at:]
        opening = self.put(self.r.choice(entry["open"]) if isinstance(entry["open"][0], list) else entry["open"], "")
        depth = "\t" * entry.get("level", 1)
        if entry.get("split"):
            head = int(entry["split"])
            opening, inner = opening + inner[:head], inner[head:]
        main = opening + [depth + line if line else "" for line in inner] + self.put(entry.get("close", []), "")
        tops = self.put(self.sink.get("top", []), "") if self.second_file is None or self.sink.get("top_both") else []
        extra = []
        for _ in range(self.r.choice([0, 0, 1, 1, 2])):
            extra += [line + "@@free" if line else line for line in self.k.distractor()] + [""]
        return self.lay(tops, self.top, extra, main)

    def lay(self, tops, helpers, extra, main):
        entry = self.entry
        pad = [""] if tops else []
        before = self.put(entry.get("top", []), "")
        if self.language == "java":
            cls = self.n.hole("T", 0)
            nested = entry.get("nested", 1)
            inner = tops + pad + helpers + extra
            body = ["\t" + line if line else "" for line in inner]
            head = [self.fill(line) for line in entry["class"]]
            lines = ["package app;", ""] + sorted(self.imports) + [""] + head + body + ["\t" * nested + line if line else "" for line in main] + ["}"]
            name = f"src/{self.fill('$T0')}.java"
        elif "class" in entry:
            head = self.put(entry["class"], "")
            lines = before + self.k.whole(self.imports, head, tops + pad + helpers + extra, main)
            name = self.k.path(next(line for line in head if "class " in line).split("class ")[1].split()[0])
        else:
            first = self.data.get("first", [])
            lines = first + self.arrange(self.imports) + [""] + before + tops + pad + helpers + (extra if self.r.random() < 0.5 else []) + main
            if "main" in entry:
                lines += [""] + self.put(entry["main"], "")
            name = self.fill(self.r.choice(["app", "main", "server", "routes", "views", "api", "$mod8", "$ent5"])) + self.k.suffix
        files = [(name, lines)]
        if self.second_file:
            other, content = self.second_file
            if other == name:
                other = "lib_" + other
                files[0] = (name, [line.replace(f"{self.n.hole('mod', 0)}", f"lib_{self.n.hole('mod', 0)}") if "import" in line or "require" in line else line for line in lines])
            files.append((other, content))
        return files

    def arrange(self, imports):
        if self.language == "go":
            return ["import ("] + ["\t" + line for line in sorted(set(imports))] + [")"]
        return imports


def weave(language, data, cwe, sink, pair, safe, seed):
    """One twin of a pair; raises `Impossible` where the tables have nothing."""
    name, bad, good = pair
    mechanism = good if safe else bad
    weaver = Weaver(language, data, cwe, sink, mechanism, seed)
    files = weaver.program()
    family = f"{language}/{cwe}/{sink['id']}/{name}"
    out = Program(language, "CWE-" + cwe, family, not safe, "" if not safe else REASONS.get(mechanism, "guarded"))
    out.files = [(path, [finish(line, weaver.n).replace("\t", weaver.k.indent) for line in lines]) for path, lines in files]
    return out
