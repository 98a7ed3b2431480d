#!/bin/sh
# Prints the briefs of all candidates below PROGRAMS, whose subfolders are scanned one by one so that programs in different ones cannot mix.
# Use: briefs.sh ANCHORITE PROGRAMS
set -eu
for folder in "$2"/*/; do
    "$1" brief "$folder" --profile compact
done
