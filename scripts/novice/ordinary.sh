#!/bin/sh
# Fetches the projects of ordinary.txt, lays each out below WORK/ordinary and writes WORK/ordinary/NAME.briefs.jsonl beside it.
# What is there already stays. A project that cannot be fetched is named and left out.
# Use: ordinary.sh ANCHORITE WORK
set -eu
here=$(cd "$(dirname "$0")" && pwd)
anchorite=$1 work=$2/ordinary
mkdir -p "$work/dist"
python3 "$here/ordinary.py" list "$here/ordinary.txt" | while read -r requirement kind part; do
    name=${requirement%%==*}
    [ -s "$work/$name.briefs.jsonl" ] && continue
    at=$work/dist/$name
    case $kind in
    crate) set -- "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*/"$name"-[0-9]* ;;
    *)
        form=--only-binary
        [ "$kind" = wheel ] || form=--no-binary
        ls "$at"/* >/dev/null 2>&1 || pip download -q --no-deps "$form" "$name" -d "$at" "$requirement" </dev/null >"$work/$name.log" 2>&1 ||
            { echo "$requirement: not fetched, left out (see $work/$name.log)" >&2; continue; }
        set -- "$at"
        ;;
    esac
    [ -d "$work/$name" ] || python3 "$here/ordinary.py" lay "$work/$name" "$@"
    [ -d "$work/$name" ] || { echo "$requirement: no sources" >&2; continue; }
    "$anchorite" brief "$work/$name" --profile compact >"$work/$name.part" </dev/null && mv "$work/$name.part" "$work/$name.briefs.jsonl"
done
