#!/usr/bin/env bash
# Makes the virtual environment named by $1 from the hashed lock. A plain Debian 12 has no ensurepip: get it once.
set -euo pipefail
venv=$1
python=${PYTHON:-python3}

if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
  echo "需要 Python 3.11 或更新的版本（现在是 $("$python" --version)）；可以用 make PYTHON=/路径/python3.11 指定。" >&2
  exit 1
fi
if ! "$python" -c 'import ensurepip' 2>/dev/null; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq && apt-get install -y -qq python3-venv
  else
    echo "缺少 Python 的 venv 组件，请先执行：sudo apt install python3-venv" >&2
    exit 1
  fi
fi
"$python" -m venv "$venv"
# The pip of Python 3.11.7 cannot resolve lxml's extras; --no-deps with a full lock needs no resolving at all.
"$venv/bin/python" -m pip install --quiet --no-deps --require-hashes -r requirements.lock
"$venv/bin/python" -m pip install --quiet --no-deps --editable .
