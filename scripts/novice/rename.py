"""Gives the code of a brief other names: what the file declares itself, and what only a test suite has.

In: a brief in compact form and the names that its files declare. Out: the same text with those names replaced, each one
everywhere alike. Library names, keywords and line numbers stay. Start at `renamed`.
"""
import os
import re

from names import ADJECTIVES, ENTITIES, FOLDERS, MODULES, NOUNS, VERBS, camel, pascal, snake

WORD = re.compile(r"[A-Za-z_]\w*")
# A type, then a name, then what may follow a declared name; and the declarations of Go.
DECLARED = re.compile(r"\b(?!(?:new|return|throw|else|case|instanceof|import|package|goto|delete|define|in|of|and|or|not)\b)(?:[A-Za-z_][\w.]*(?:<[^<>;(){}]*>)?(?:\s*\[\s*\])?[\s*&]+)(?:\*\s*)*([A-Za-z_]\w*)\s*(?=[=;,()\[:]|$)", re.M)
GO = re.compile(r"\b(?:func|var|const|type)\s+(?:\([^)]*\)\s*)?([A-Za-z_]\w*)|([A-Za-z_]\w*)(?:\s*,\s*([A-Za-z_]\w*))?\s*:=")
SCRIPT = re.compile(r"\bdef\s+(\w+)|^\s*(\w+)\s*=(?!=)|\bfor\s+(\w+)\s+in|\b(?:const|let|var|function)\s+(\w+)", re.M)
CLASS = re.compile(r"\b(?:class|interface|struct|enum)\s+([A-Za-z_]\w*)")
KEEP = set("""if else for while do switch case return new throw throws try catch finally public private protected static final void int long short char byte
float double boolean bool const unsigned signed struct enum class package import func var type interface range defer go select map chan string error true
false null nil this super main init String args size_t sizeof NULL extern goto break continue default volatile extends implements instanceof abstract delete
using namespace std include define synchronized http sql os fmt exec request response w r err ctx Exception Throwable doGet doPost toString equals hashCode""".split())
# Helpers and switches that stand in every file of a suite: other words for them, chosen once per text.
SUITE = {"printLine": ["puts", "log_line", "emit", "show"], "printIntLine": ["log_int", "show_number", "emit_count"], "printHexCharLine": ["log_hex", "show_byte"],
         "printWLine": ["log_wide", "show_wide"], "printLongLongLine": ["log_long", "show_long"], "printStructLine": ["log_pair", "show_pair"],
         "printDoubleLine": ["log_double", "show_ratio"], "IO": ["Log", "Out", "Console", "Trace"], "writeLine": ["info", "println", "debug", "write"],
         "writeString": ["print", "append"], "AbstractTestCase": ["BaseTask", "Handler", "Worker"], "AbstractTestCaseServlet": ["HttpServlet", "BaseServlet"],
         "twoIntsStruct": ["struct pair", "Point", "Range"], "RAND32": ["next_random", "dice"], "URAND31": ["next_random", "any_number"]}
# Names that say what a value is, on which verdicts about secrets and cryptography hang.
TELLING = re.compile(r"(?i)pass|pwd|secret|token|cred|salt|auth|hash|crypt|cipher|digest|random|cookie|session|key")
SWITCH = re.compile(r"(?i)(global|static|private|IO_?)*(returns?)?_?(const)?_?(returns?)?_?(true|false|five|t|f)(orfalse)?$")


def declared(root, path):
    """The names that a file declares."""
    try:
        with open(os.path.join(root, path), encoding="utf-8", errors="replace") as file:
            text = file.read()
    except OSError:
        return frozenset()
    found = set(CLASS.findall(text))
    if path.endswith((".py", ".rb", ".js", ".jsx", ".mjs", ".ts", ".tsx")):
        found |= {name for groups in SCRIPT.findall(text) for name in groups if name}
    elif path.endswith(".go"):
        found |= {name for groups in GO.findall(text) for name in groups if name}
    else:
        found |= set(DECLARED.findall(text))
    return frozenset(n for n in found if n not in KEEP and len(n) > 1 and not TELLING.search(n))


def word(old, rng):
    """A name of the same casing."""
    if old.isupper() and len(old) > 2:
        return "_".join([rng.choice(ADJECTIVES), rng.choice(NOUNS)]).upper()
    make = pascal if old[0].isupper() else snake if "_" in old or rng.random() < 0.2 else camel
    shape = rng.random()
    if "_" in old and len(old) > 14 or "unit" in old.lower():
        return make([rng.choice(VERBS), rng.choice(ENTITIES)] + ([rng.choice(NOUNS)] if shape < 0.4 else []))
    if shape < 0.45:
        return make([rng.choice(NOUNS)])
    if shape < 0.5:
        return make([rng.choice(["buf", "tmp", "val", "src", "dst", "ptr", "item", "res", "in", "p2"])])
    return make([rng.choice(ADJECTIVES if shape < 0.75 else ENTITIES), rng.choice(NOUNS)])


def renamed(text, own, language, rng):
    """The text with other names and another place in the tree."""
    new, taken = {}, set(WORD.findall(text))
    for old in sorted(taken):
        if old in SUITE:
            new[old] = rng.choice(SUITE[old])
        elif old in own or old.startswith(("unit_", "variant", "alpha", "beta", "Alpha", "Beta")) or re.fullmatch(r"[a-zA-Z]\w*_(alpha|beta)\w*", old):
            flag = SWITCH.fullmatch(old)
            if flag and flag.group(5).lower() in ("true", "false", "five", "t", "f"):
                tail = {"t": "True", "f": "False"}.get(flag.group(5).lower(), flag.group(5).capitalize() + (flag.group(6) or ""))
                fresh = rng.choice(["always", "flag", "mode", "is", "cfg", "debug"]) + tail
            else:
                for _ in range(20):
                    fresh = word(old, rng)
                    if fresh not in taken:
                        break
            new[old] = fresh
            taken.add(fresh)
    place = f"{rng.choice(FOLDERS)}/{rng.choice(MODULES)}"
    out = []
    for line in text.split("\n"):
        if line.startswith("@ "):
            line = re.sub(r"^@ \S+?(\.\w+):", lambda m: f"@ {place}{m.group(1)}:", line)
            head, _, function = line.rpartition(":")
            line = f"{head}:" + WORD.sub(lambda m: new.get(m.group(0), m.group(0)), function)
        else:
            line = WORD.sub(lambda m: new.get(m.group(0), m.group(0)), line)
        out.append(line)
    return "\n".join(out)
