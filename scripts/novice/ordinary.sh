#!/bin/sh
# Fetches the projects of ordinary.txt, lays each out below WORK/ordinary and writes WORK/ordinary/NAME.briefs.jsonl beside it.
# What is there already stays. A project that cannot be fetched is named and left out.
# Needs pip; for the kind `npm` also npm, for the kind `debian` also apt, whose configured sources are Debian's. No root: apt keeps
# its lists of source packages below WORK/ordinary/apt.
# Use: ordinary.sh ANCHORITE WORK
set -eu
here=$(cd "$(dirname "$0")" && pwd)
anchorite=$1 work=$(mkdir -p "$2/ordinary/dist" && cd "$2/ordinary" && pwd)
apt=$work/apt

# apt and what it must read and write instead of the system's: the source packages of the releases that the system takes.
own() {
    tool=$1 && shift
    "$tool" -q -o Dir::State::Lists="$apt/lists" -o Dir::Cache="$apt/cache" -o Dir::Etc::SourceList="$apt/sources.list" \
        -o Dir::Etc::SourceParts=/dev/null "$@"
}

lists() {
    [ -e "$apt/ready" ] && return
    command -v apt-get >/dev/null || { echo "there is no apt on this machine"; return 1; }
    mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
    apt-get indextargets --format 'deb-src $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 'Origin: Debian' |
        sort -u >"$apt/sources.list"
    [ -s "$apt/sources.list" ] || { echo "apt knows no releases of Debian here: run apt-get update first"; return 1; }
    own apt-get update && touch "$apt/ready"
}

# The version named, or else one that the release still has, or else what authors published, without Debian's patches.
debian() {
    lists || return
    cd "$3"
    own apt-get source --download-only "$1=$2" && return
    for version in $(own apt-cache showsrc --only-source "$1" | sed -n 's/^Version: //p' | sort -ru); do
        own apt-get source --download-only "$1=$version" && echo "$1: $2 is gone, took $version" >&3 && return
    done
    ls ./*.orig*.tar.* && echo "$1: $2 is gone, took $(ls ./*.orig*.tar.* | head -n 1)" >&3
}

# NAME VERSION REQUIREMENT KIND FOLDER, where the archives go.
fetch() {
    case $4 in
    debian) debian "$1" "$2" "$5" ;;
    npm) npm pack --silent --ignore-scripts --pack-destination "$5" "$1@$2" ;;
    wheel) pip download -q --no-deps --only-binary "$1" -d "$5" "$3" ;;
    sdist) pip download -q --no-deps --no-binary "$1" -d "$5" "$3" ;;
    *) echo "no kind is called $4" && return 1 ;;
    esac
}

python3 "$here/ordinary.py" list "$here/ordinary.txt" | while read -r requirement kind part name; do
    [ -s "$work/$name.briefs.jsonl" ] && continue
    at=$work/dist/$name
    # Whole applications, and of languages in which the scanner says little: more of each.
    case $kind in debian | npm) most=5000000 ;; *) most=2200000 ;; esac
    case $kind in
    crate) set -- "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*/"$name"-[0-9]* ;;
    *)
        ls "$at"/* >/dev/null 2>&1 || {
            rm -rf "$at" "$at.part" && mkdir "$at.part"
            (fetch "${requirement%%==*}" "${requirement#*==}" "$requirement" "$kind" "$at.part") 3>&2 </dev/null >"$work/$name.log" 2>&1 ||
                { echo "$requirement: not fetched, left out (see $work/$name.log)" >&2; continue; }
            mv "$at.part" "$at"
        }
        set -- "$at"
        ;;
    esac
    [ -d "$work/$name" ] || python3 "$here/ordinary.py" lay "$work/$name" "$@" --most "$most"
    [ -d "$work/$name" ] || { echo "$requirement: no sources" >&2; continue; }
    "$anchorite" brief "$work/$name" --profile compact >"$work/$name.part" </dev/null && mv "$work/$name.part" "$work/$name.briefs.jsonl"
done
