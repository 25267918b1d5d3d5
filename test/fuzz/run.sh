#!/usr/bin/env bash
# Fuzzes a server of its own with Schemathesis, from the OpenAPI document: no 5xx, no undocumented status, answers of the
# documented form, valid requests accepted and invalid ones refused.
#
#   npm run fuzz                       the fixed seed, about five minutes on one core
#   npm run fuzz -- --seed 7           any other option of "schemathesis run" too; the last one counts
#
# Ends with 0 when all cases passed, or there is no Python to run it; else with 1. Needs Python 3.11 or newer, as
# Schemathesis does, and PyPI; what is installed lies in the user's cache folder.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

seed=20261121
max_examples=150
# Fewer than these would prove little, whatever they said.
least_cases=4000

. test/support/python.sh

if ! python=$(find_python); then
  printf '\n%s\n%s\n\n' '=== SKIPPED: nothing was fuzzed ===' \
    'Schemathesis needs Python 3.11 or newer with its venv module, and none was found.' >&2
  exit 0
fi

# An environment for each Python and list of packages; the mark says that it is complete.
requirements=test/fuzz/requirements.txt
key=$("$python" -c 'import hashlib, sys; print(hashlib.sha256((sys.version + open(sys.argv[1]).read()).encode()).hexdigest()[:16])' "$requirements")
venv=${XDG_CACHE_HOME:-$HOME/.cache}/kite/fuzz/$key
if [ ! -e "$venv/complete" ]; then
  printf 'Installing Schemathesis with %s into %s\n' "$("$python" --version)" "$venv"
  "$python" -m venv --clear "$venv"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$requirements"
  touch "$venv/complete"
fi

scratch=$(mktemp -d)
started=()
# shellcheck disable=SC2317 # called by the trap
clean_up() {
  local process
  for process in ${started[@]+"${started[@]}"}; do
    kill "$process" 2>/dev/null || true
    wait "$process" 2>/dev/null || true
  done
  rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

node --import tsx test/fuzz/server.ts >"$scratch/url" </dev/null &
server=$!
started+=("$server")
for _ in {1..600}; do
  [ ! -s "$scratch/url" ] || break
  kill -0 "$server" 2>/dev/null || break
  sleep 0.1
done
url=$(cat "$scratch/url")
if [ -z "$url" ]; then
  printf 'The server did not start.\n' >&2
  exit 1
fi

# Schemathesis itself leaves out the operation that it has read the document from.
# One worker, and nothing remembered from earlier runs: the same seed then sends the same cases in the same order.
status=0
fuzz=$PWD/test/fuzz
(
  cd "$scratch"
  export PYTHONDONTWRITEBYTECODE=1 SCHEMATHESIS_HOOKS=$fuzz/hooks.py KITE_FUZZ_ANSWERS=$scratch/answers
  exec "$venv/bin/schemathesis" --config-file "$fuzz/schemathesis.toml" run "$url/api/v1/openapi.json" \
    --checks all --seed "$seed" --max-examples "$max_examples" --workers 1 --continue-on-failure \
    --generation-database none --request-timeout 30 "$@"
) </dev/null &
started=("$!" "$server")
wait "$!" || status=$?

cases=0
printf '\n'
while read -r count kind answer; do
  printf '%6d %s requests were answered with %s\n' "$count" "$kind" "$answer"
  cases=$((cases + count))
done < <(cat "$scratch/answers" 2>/dev/null)
printf '%6d cases in all\n' "$cases"
if [ "$status" -eq 0 ] && [ "$cases" -lt "$least_cases" ]; then
  printf 'At least %d were expected.\n' "$least_cases" >&2
  status=1
fi
[ "$status" -eq 0 ] || exit 1
