"""Our engine against llama.cpp on the same files, in turn, in one run.

In: nothing; random weights are made where FOLDER lacks them. Out: a table of tokens per second, medians over rounds in
which the two take turns, and the ratio of the medians. What counts on a busy machine is the ratio.

    pip install gguf numpy llama-cpp-python
    cargo bench --bench peers --no-run
    python scripts/bench-peers/run.py --ours target/release/deps/peers-XXXX --folder /somewhere/large

The peer is llama.cpp as llama-cpp-python builds it, through its C interface: a batch of 512 tokens for prompts, one token
of each sequence per step, sequences that share a prompt through its memory (`llama_memory_seq_cp`, unified), both on the
same number of threads. Each side is its own process and idle while the other works.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

import make

#: What is measured: prompt, sequences, steps, and how often per round.
CASES = [
    ("prefill 512", 512, 1, 0),
    ("prefill 2048", 2048, 1, 0),
    ("decode 128", 8, 1, 128),
    ("decode, 1 over 1024", 1024, 1, 32),
    ("decode, 4 over 1024", 1024, 4, 32),
    ("decode, 8 over 1024", 1024, 8, 32),
    ("decode, 16 over 1024", 1024, 16, 32),
]


def most_memory():
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


class Peer:
    """llama.cpp in this process."""

    def __init__(self, path, threads, context):
        import llama_cpp as ll
        self.ll = ll
        ll.llama_backend_init()
        silent = ll.llama_log_callback(lambda level, text, data: None)
        ll.llama_log_set(silent, None)
        self.silent = silent
        parameters = ll.llama_model_default_params()
        self.model = ll.llama_model_load_from_file(str(path).encode(), parameters)
        parameters = ll.llama_context_default_params()
        parameters.n_ctx = context
        parameters.n_batch = parameters.n_ubatch = 512
        parameters.n_seq_max = 17
        parameters.kv_unified = True
        parameters.n_threads = parameters.n_threads_batch = threads
        self.context = ll.llama_init_from_model(self.model, parameters)
        self.words = ll.llama_vocab_n_tokens(ll.llama_model_get_vocab(self.model))
        self.batch = ll.llama_batch_init(512, 0, 1)

    def step(self, rows):
        """`rows`: token, position, sequence, whether its logits are wanted."""
        batch = self.batch
        batch.n_tokens = len(rows)
        for i, (token, position, sequence, wanted) in enumerate(rows):
            batch.token[i], batch.pos[i], batch.n_seq_id[i] = token, position, 1
            batch.seq_id[i][0], batch.logits[i] = sequence, wanted
        if self.ll.llama_decode(self.context, batch) != 0:
            raise RuntimeError("llama_decode failed")
        self.ll.llama_synchronize(self.context)

    def likeliest(self, row):
        import numpy as np
        logits = self.ll.llama_get_logits_ith(self.context, row)
        return int(np.ctypeslib.as_array(logits, shape=(self.words,)).argmax())

    def measure(self, prompt, sequences, steps):
        memory = self.ll.llama_get_memory(self.context)
        self.ll.llama_memory_clear(memory, True)
        tokens = [i * 7919 % 100_000 for i in range(prompt)]
        started = time.perf_counter()
        for start in range(0, prompt, 512):
            part = tokens[start:start + 512]
            self.step([(t, start + i, 0, start + i + 1 == prompt) for i, t in enumerate(part)])
        prefill = time.perf_counter() - started
        for sequence in range(1, sequences):
            self.ll.llama_memory_seq_cp(memory, 0, sequence, -1, -1)
        last = list(range(sequences))
        started = time.perf_counter()
        for step in range(steps):
            self.step([(t, prompt + step, s, True) for s, t in enumerate(last)])
            last = [self.likeliest(row) for row in range(sequences)]
        return prefill, time.perf_counter() - started, most_memory()


def serve(path, threads, context):
    """The peer's process: as benches/peers.rs."""
    started = time.perf_counter()
    peer = Peer(path, threads, context)
    print(f"ready {time.perf_counter() - started:.3f}", flush=True)
    for line in sys.stdin:
        prefill, decode, memory = peer.measure(*map(int, line.split()))
        print(f"{prefill:.6f} {decode:.6f} {memory}", flush=True)


class Side:
    """A process that measures when it is told to."""

    def __init__(self, command, clock):
        self.clock = clock
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.load = float(self.process.stdout.readline().split()[1])
        self.memory = 0

    def tell(self, prompt, sequences, steps):
        """Seconds for the prompt, for the steps, and of processor time for both."""
        before = self.processor()
        print(prompt, sequences, steps, file=self.process.stdin, flush=True)
        prefill, decode, memory = self.process.stdout.readline().split()
        self.memory = int(memory)
        return float(prefill), float(decode), self.processor() - before

    def measure(self, prompt, sequences, steps):
        if self.clock == "wall":
            prefill, decode, _ = self.tell(prompt, sequences, steps)
            return prefill, decode
        *_, prefill = self.tell(prompt, 1, 0)
        *_, both = self.tell(prompt, sequences, steps) if steps else (prefill,)
        return prefill, max(both - prefill, 1e-9)

    def processor(self):
        """Seconds for which the threads of the process have run."""
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def compare(path, arguments, cases):
    """Medians per case: ours, theirs."""
    rest = [str(path), str(arguments.threads), "4096"]
    sides = {
        "ours": Side([arguments.ours, *rest], arguments.clock),
        "llama.cpp": Side([sys.executable, __file__, "--peer", *rest], arguments.clock),
    }
    rates = {}
    for _ in range(arguments.rounds):
        for name, prompt, sequences, steps in cases:
            for side, process in sides.items():
                prefill, decode = process.measure(prompt, sequences, steps)
                rate = sequences * steps / decode if steps else prompt / prefill
                rates.setdefault((name, side), []).append(rate)
    rows = []
    for name, *_ in cases:
        ours, theirs = (statistics.median(rates[name, side]) for side in ("ours", "llama.cpp"))
        rows.append({"file": path.stem, "case": name, "ours": ours, "llama.cpp": theirs, "ratio": ours / theirs})
        print(f"{path.stem:22} {name:22} {ours:9.1f} {theirs:9.1f} {ours / theirs:6.2f}", flush=True)
    for side, process in sides.items():
        rows.append({"file": path.stem, "side": side, "memory": process.memory, "load": process.load})
        share = process.memory / path.stat().st_size
        print(f"{path.stem:22} {side}: most memory {process.memory / 1e9:.2f} GB, {share:.2f} of the file; "
              f"loaded in {process.load:.1f} s", flush=True)
        process.close()
    return rows


def main():
    if sys.argv[1:2] == ["--peer"]:
        return serve(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ours", required=True, help="the binary of benches/peers.rs")
    parser.add_argument("--folder", type=Path, required=True, help="where the random models lie, 4 GB")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--clock", choices=["wall", "cpu"], default="wall",
                        help="cpu counts processor time: with one thread, the only fair clock on a busy machine")
    parser.add_argument("--only", default="", help="part of a file's name")
    parser.add_argument("--cases", default="", help="part of a case's name")
    parser.add_argument("--json", type=Path, help="where to write all numbers")
    arguments = parser.parse_args()
    print(f"{'file':22} {'case':22} {'ours':>9} {'llama.cpp':>9} {'ratio':>6}   tokens/s, "
          f"medians of {arguments.rounds} rounds, {arguments.threads} threads, {arguments.clock} clock, load {Path('/proc/loadavg').read_text()[:14]}")
    rows = []
    cases = [case for case in CASES if arguments.cases in case[0]]
    for path in make.all_files(arguments.folder):
        if arguments.only in path.stem:
            rows += compare(path, arguments, cases)
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
