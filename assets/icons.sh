#!/bin/sh
# Draws assets/img/icons.svg from the icons named in assets/icons.txt.
# Usage: assets/icons.sh DIR, where DIR is the unpacked package lucide-static.
set -eu
here=$(dirname "$0")
out=$here/img/icons.svg
{
	printf '<!-- Icons of lucide-static 1.62.0, licence ISC: see vendor/LICENSE.lucide -->\n'
	printf '<svg xmlns="http://www.w3.org/2000/svg">\n'
	while read -r name; do
		# shellcheck disable=SC2016
		tr '\n' ' ' <"$1/icons/$name.svg" | sed -E \
			-e 's/<!--[^>]*-->//' \
			-e 's/<svg[^>]*>/<symbol id="'"$name"'" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">/' \
			-e 's/<\/svg>/<\/symbol>/' -e 's/> +</></g' -e 's/^ +//' -e 's/ +$//'
		printf '\n'
	done <"$here/icons.txt"
	printf '</svg>\n'
} >"$out"
