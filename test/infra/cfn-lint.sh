#!/usr/bin/env bash
# Holds the templates of infra/ to CloudFormation's own schemas, with cfn-lint.
#
#   npm run check:templates
#
# Ends with 0 when they are right, or when there is no Python or no PyPI, which it says; else with 1. What is installed lies
# in the user's cache folder.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

skip() {
  printf '\n=== SKIPPED: no template was checked ===\n%s\n\n' "$1" >&2
  exit 0
}

. test/support/python.sh

python=$(find_python) || skip 'cfn-lint, as it is pinned, needs Python 3.11 or newer with its venv module, and none was found.'

# An environment for each Python and list of packages; the mark says that it is complete.
requirements=test/infra/requirements.txt
key=$("$python" -c 'import hashlib, sys; print(hashlib.sha256((sys.version + open(sys.argv[1]).read()).encode()).hexdigest()[:16])' "$requirements")
venv=${XDG_CACHE_HOME:-$HOME/.cache}/kite/cfn-lint/$key
if [ ! -e "$venv/complete" ]; then
  printf 'Installing cfn-lint with %s into %s\n' "$("$python" --version)" "$venv"
  "$python" -m venv --clear "$venv"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$requirements" ||
    skip 'cfn-lint could not be installed from PyPI.'
  touch "$venv/complete"
fi

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
node --import tsx test/infra/templates-main.ts "$scratch"

# W3005: the CDK names dependencies that a reference holds already.
"$venv/bin/cfn-lint" --regions us-east-1 eu-west-1 --ignore-checks W3005 --template "$scratch"/*/*.template.json
printf 'cfn-lint: %d templates, no faults\n' "$(find "$scratch" -name '*.template.json' | wc -l)"
