#!/bin/sh
# Makes the novice from nothing: programs, tokenizer, briefs, training, export, measurements, card. Under two hours on two cores.
# Needs Python 3.11 with torch, tokenizers, gguf and numpy, with flask, requests, jinja2, werkzeug, sympy and cryptography (whose
# sources feed the tokenizer), and a built scanner.
# Use: make.sh ANCHORITE WORK [minutes of training]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
anchorite=$1 work=$2 minutes=${3:-75}
model=$here/../../models/novice
mkdir -p "$work"
export OMP_WAIT_POLICY=passive

# Two sets: mostly flows, and mostly text templates, which are fewer and so need more programs each.
python3 "$here/generate.py" "$work/flows" --pairs 24000 --seed 21
python3 "$here/generate.py" "$work/texts" --pairs 7000 --seed 23 --twins 0.65
lib=$(python3 -c 'import sysconfig; print(sysconfig.get_paths()["stdlib"])')
site=$(python3 -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')
[ -f "$work/tokenizer.json" ] || python3 "$here/tokenizer.py" "$work/tokenizer.json" "$work/flows/programs" \
    "$lib/asyncio" "$lib/http" "$lib/json" "$lib/email" "$lib/logging" "$lib/xml" "$lib/urllib" "$lib/unittest" "$lib/concurrent" \
    "$lib/importlib" "$site/flask" "$site/requests" "$site/torch/include/c10" "$site/torch/include/ATen/native" "$site/jinja2" \
    "$site/werkzeug" "$site/sympy/core" "$site/cryptography" "$site/numpy/_core/include"
for set in flows texts; do
    sh "$here/briefs.sh" "$anchorite" "$work/$set/programs" >"$work/$set.briefs.jsonl"
    python3 "$here/label.py" "$work/$set.briefs.jsonl" "$work/$set/labels.jsonl" "$work/$set.jsonl"
done
python3 "$here/train.py" "$work/tokenizer.json" "$work/flows.jsonl" "$work/texts.jsonl" --held "$work/texts.jsonl" \
    --out "$work/novice.pt" --minutes "$minutes"
python3 "$here/export.py" "$work/tokenizer.json" "$model" --checkpoint "$work/novice.pt"
python3 "$here/predict.py" "$work/novice.pt" "$work/tokenizer.json" "$work/replies.jsonl" "$work/flows.jsonl" "$work/texts.jsonl" --limit 3000
python3 "$here/evaluate.py" "$work/replies.jsonl" "$work/metrics.json" --examples "$work/flows.jsonl" "$work/texts.jsonl" --tokenizer "$work/tokenizer.json"
python3 "$here/card.py" "$model" "$work/metrics.json" "$work/flows/labels.jsonl" "$work/texts/labels.jsonl" \
    --recipe "These weights: $minutes minutes of training on two cores."
