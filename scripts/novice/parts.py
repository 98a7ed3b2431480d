"""Which part of the data a thing belongs to, for good: a fixed hash of its name decides, so that nothing that tests trains."""
import hashlib


def hashed(text):
    """A number in [0, 1) that depends on the text alone."""
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) / 2 ** 32


def split(family):
    """`train`, or why a family is set aside: an unseen combination, an unseen API (sink), an unseen template."""
    language, cwe, sink, last = family.split("/")
    if sink == "twin":
        return "template" if hashed("template " + cwe + last) < 0.2 else "train"
    if hashed(f"sink {language} {cwe} {sink}") < 0.11:
        return "api"
    return "combination" if hashed(f"family {family}") < 0.11 else "train"
