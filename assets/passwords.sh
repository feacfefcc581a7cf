#!/bin/sh
# Makes app/account/passwords.txt.gz, the passwords that are used most.
# Usage: assets/passwords.sh DIR, where DIR is the unpacked package zxcvbn.
set -eu
out=$(dirname "$0")/../app/account/passwords.txt.gz
sed -n 's/^ *passwords: "\(.*\)"\.split(",").*/\1/p' "$1/lib/frequency_lists.js" | sed 's/\\\(.\)/\1/g' | tr , '\n' | LC_ALL=C sort | gzip -9n >"$out"
