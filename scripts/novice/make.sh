#!/bin/sh
# Makes the novice from nothing, in one piece: programs, ordinary code, tokenizer, briefs, training, export, scaling, measurements, card.
# Needs Python 3.11 with torch, tokenizers, gguf and numpy, a C++ compiler, a package index that pip can reach, and a built scanner.
# Under two hours on two cores. What a stopped run has finished is kept: the same command goes on from there, training included.
# Use: [CORPORA=DIR] make.sh ANCHORITE WORK [minutes of training] [further settings of train.py]
#   CORPORA: where the labelled development corpora are laid out (juliet-c, juliet-java, gosec; securityeval only measures).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
anchorite=$1 work=$2 minutes=${3:-65}
[ $# -lt 3 ] && shift 2 || shift 3
model=${MODEL:-$here/../../models/novice}
pairs=${PAIRS:-12000}
mkdir -p "$work"
export OMP_WAIT_POLICY=passive

# Ordinary code; what it looks like dresses our own programs.
sh "$here/ordinary.sh" "$anchorite" "$work"
[ -s "$work/ordinary.jsonl" ] || python3 "$here/ordinary.py" join "$work/ordinary" "$here/ordinary.txt" "$work/ordinary.jsonl"
[ -s "$work/vocabulary.json" ] || python3 "$here/dress.py" harvest "$work/ordinary" "$here/ordinary.txt" "$work/vocabulary.json"

# Our own programs, two sets: mostly flows, and mostly text templates, which are fewer and so need more programs each.
[ -s "$work/flows/labels.jsonl" ] || python3 "$here/generate.py" "$work/flows" --pairs "$pairs" --seed 31 --dress "$work/vocabulary.json"
[ -s "$work/texts/labels.jsonl" ] || python3 "$here/generate.py" "$work/texts" --pairs $((pairs * 3 / 8)) --seed 33 --twins 0.7 --dress "$work/vocabulary.json"
for set in flows texts; do
    [ -s "$work/$set.briefs.jsonl" ] || {
        sh "$here/briefs.sh" "$anchorite" "$work/$set/programs" >"$work/$set.briefs.part"
        mv "$work/$set.briefs.part" "$work/$set.briefs.jsonl"
    }
    [ -s "$work/$set.jsonl" ] || python3 "$here/label.py" "$work/$set.briefs.jsonl" "$work/$set/labels.jsonl" "$work/$set.jsonl"
done

# Programs by the authors of labelled corpora.
foreign=$work/ordinary.jsonl
if [ -n "${CORPORA:-}" ]; then
    for corpus in juliet-c juliet-java gosec securityeval; do
        [ -s "$work/$corpus.briefs.jsonl" ] || {
            "$anchorite" brief "$CORPORA/$corpus" --profile compact >"$work/$corpus.part"
            mv "$work/$corpus.part" "$work/$corpus.briefs.jsonl"
        }
        [ -s "$work/$corpus.jsonl" ] || python3 "$here/corpora.py" "$corpus" "$work/$corpus.briefs.jsonl" "$CORPORA/$corpus.jsonl" \
            "$CORPORA/$corpus" "$work/$corpus.jsonl"
        foreign="$foreign $work/$corpus.jsonl"
    done
else
    echo "CORPORA is not set: no labelled corpora take part, and the odds stay as trained" >&2
fi

if [ ! -s "$work/tokenizer.json" ]; then
    folders=$(python3 "$here/ordinary.py" list "$here/ordinary.txt" | while read -r _ _ part name; do
        [ "$part" = train ] && [ -d "$work/ordinary/$name" ] && echo "$work/ordinary/$name" || true
    done)
    # shellcheck disable=SC2086 # a list of folders without blanks
    python3 "$here/tokenizer.py" "$work/tokenizer.json" "$work/flows/programs" "$work/texts/programs" $folders --limit 1500000
fi

own="$work/flows.jsonl $work/texts.jsonl"
# shellcheck disable=SC2086
python3 "$here/train.py" "$work/tokenizer.json" $own $foreign --out "$work/novice.pt" --minutes "$minutes" "$@"
python3 "$here/export.py" "$work/tokenizer.json" "$model" --checkpoint "$work/novice.pt"
# shellcheck disable=SC2086
{
    python3 "$here/predict.py" "$work/novice.pt" "$work/tokenizer.json" "$work/replies.jsonl" $own --limit 1200
    python3 "$here/predict.py" "$work/novice.pt" "$work/tokenizer.json" "$work/foreign.jsonl" $foreign --unseen
    python3 "$here/calibrate.py" "$work/foreign.jsonl" "$model"
    python3 "$here/evaluate.py" "$work/replies.jsonl" "$work/metrics.json" --foreign "$work/foreign.jsonl" --manifest "$model/manifest.toml" \
        --examples $own $foreign --tokenizer "$work/tokenizer.json"
}
python3 "$here/card.py" "$model" "$work/metrics.json" "$work/flows/labels.jsonl" "$work/texts/labels.jsonl" --log "$work/novice.pt.log.jsonl"
