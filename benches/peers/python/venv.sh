#!/bin/sh
# Makes the virtual environment that the Python subjects run in, once: venv.sh FOLDER
set -eu
cd "$(dirname "$0")"
[ -e "$1/made" ] && cmp -s requirements.txt "$1/made" && exit 0
python3 -m venv "$1"
"$1/bin/pip" install --quiet --disable-pip-version-check -r requirements.txt
cp requirements.txt "$1/made"
