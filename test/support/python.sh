# Sourced by scripts that need a Python, 3.11 or newer with its venv module.

# find_python: the first that runs, is new enough and can make environments. A shim in PATH may exist and still fail.
find_python() {
  local python
  for python in python3 python python3.{14..11} "${PYENV_ROOT:-$HOME/.pyenv}"/versions/*/bin/python; do
    if "$python" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
      printf '%s\n' "$python"
      return
    fi
  done
  return 1
}
