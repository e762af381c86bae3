# What stands before each page's commands when a test runs them: whatever reaches beyond this machine is only looked at.
set -euo pipefail
python3() { [ "$*" = "-m venv .venv" ]; mkdir -p .venv/bin; : > .venv/bin/activate; }
pip() {
  [ "$1" = install ]; shift
  for wanted in "$@"; do
    case "$wanted" in
      ../mockserver) ;;
      *mockserver\[*\]*) "$PYTHON" -c 'import re, sys, tomllib
extras = tomllib.load(open(sys.argv[1], "rb"))["project"]["optional-dependencies"]
missing = set(re.search(r"\[(.*?)\]", sys.argv[2])[1].split(",")) - set(extras)
sys.exit(f"no such extra: {missing}" if missing else 0)' "$ROOT/pyproject.toml" "$wanted" ;;
      *) "$PYTHON" -c 'import sys; from importlib.metadata import version; version(sys.argv[1])' "$wanted" ;;
    esac
  done
}
pytest() { "$PYTHON" -m pytest -q -p no:cacheprovider -p no:randomly "$@"; }
make() { command make -C "$ROOT" --dry-run "$@" > /dev/null; }
npm() { [ "$1" = install ]; mkdir -p "node_modules/$2/dist"; }
docker() {
  case "$1" in
    build) [ -f "$ROOT/Dockerfile" ] ;;
    compose) if [ "$2" = --file ]; then [ -f "$ROOT/$3" ]; else [ -f "$ROOT/compose.yaml" ]; fi ;;
    run) ;;
    *) return 1 ;;
  esac
}
mockserver() {
  if [ "$1" = serve ] && [[ "$*" != *postgresql://* && "$*" != *--workers* ]]; then printf '%s\0' "$@" $'\n' >> "$SERVED"
  elif [ "$1" = bench ] || [ "$1" = serve ] || [[ "$*" == *https://* ]] || [[ "$*" == replay || "$* " == *"--target recordings "* ]]; then
    # minutes, other processes, or somebody else's server: are there such options?
    local known option
    local named=("$1")
    [ "$1" != contract ] || named+=("$2")
    known=$("$PYTHON" -m mockserver "${named[@]}" --help)
    for option in "${@:2}"; do
      case "$option" in --*) grep -q -- "$option" <<< "$known" ;; esac
    done
  else "$PYTHON" -m mockserver "$@"; fi
}
