#!/bin/sh
# Makes the novice from nothing: programs, tokenizer, briefs, training, export, measurements, card. Under two hours on two cores.
# Needs Python 3.11 with torch, tokenizers, gguf, numpy and flask, requests, jinja2, werkzeug, sympy, cryptography (their sources feed the tokenizer), and a built scanner.
# Use: make.sh ANCHORITE WORK [minutes of training]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
anchorite=$1 work=$2 minutes=${3:-60}
model=$here/../../models/novice
mkdir -p "$work"
export OMP_WAIT_POLICY=passive

python3 "$here/generate.py" "$work/gen" --pairs 12000 --seed 20
lib=$(python3 -c 'import sysconfig; print(sysconfig.get_paths()["stdlib"])')
site=$(python3 -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')
[ -f "$work/tok.json" ] || python3 "$here/tokenizer.py" "$work/tok.json" "$work/gen/programs" \
    "$lib/asyncio" "$lib/http" "$lib/json" "$lib/email" "$lib/logging" "$lib/xml" "$lib/urllib" "$lib/unittest" "$lib/concurrent" "$lib/importlib" \
    "$site/flask" "$site/requests" "$site/torch/include/c10" "$site/torch/include/ATen/native" "$site/jinja2" "$site/werkzeug" "$site/sympy/core" \
    "$site/cryptography" "$site/numpy/_core/include"
sh "$here/briefs.sh" "$anchorite" "$work/gen/programs" >"$work/briefs.jsonl"
python3 "$here/label.py" "$work/briefs.jsonl" "$work/gen/labels.jsonl" "$work/examples.jsonl"
python3 "$here/train.py" "$work/tok.json" "$work/examples.jsonl" --held "$work/examples.jsonl" --out "$work/novice.pt" --minutes "$minutes"
python3 "$here/export.py" "$work/tok.json" "$model" --checkpoint "$work/novice.pt"
python3 "$here/predict.py" "$work/novice.pt" "$work/tok.json" "$work/examples.jsonl" "$work/replies.jsonl" --limit 4000
python3 "$here/evaluate.py" "$work/replies.jsonl" "$work/metrics.json" --examples "$work/examples.jsonl" --tokenizer "$work/tok.json"
python3 "$here/card.py" "$model" "$work/metrics.json" "$work/gen/labels.jsonl" --recipe "$minutes minutes of training on two cores; see make.sh for the steps and train.py for the settings."
