#!/usr/bin/env bash
# The main job, as a person would do it: the real `noetl run` deploys NATS, looks at it, uses it and removes it.
# A data directory of its own, so that nothing of yours is touched; repeatable.
set -euo pipefail
cd "$(dirname "$0")/../playbooks"
bin=$PWD/../.venv/bin
export PATH=$bin:$PATH
export XDG_DATA_HOME
unset NATS_URL NATS_CONTEXT # yours
XDG_DATA_HOME=$(mktemp -d "${TMPDIR:-/tmp}/noetl-nats-demo.XXXXXX")

bold='' plain=''
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then bold=$'\e[1m' plain=$'\e[0m'; fi

playbook=automation/infrastructure/nats.yaml
nats() {  # nats ACTION [name=value ...]
  local action=$1 setting
  local -a settings=(--set "action=$action")
  shift
  for setting in "$@"; do settings+=(--set "$setting"); done
  printf '\n%s$ noetl run %s %s%s\n' "$bold" "$playbook" "${settings[*]}" "$plain"
  noetl run "$playbook" "${settings[@]}"
}

cleanup() {
  noetl-nats undeploy --purge --yes >/dev/null 2>&1 || true # the demo has failed: leave no server behind
  rm -rf "$XDG_DATA_HOME"
}
trap cleanup EXIT

# NATS's own port when nobody has it, so that every example of the documentation fits.
port=4222
if ! "$bin/python" - <<'PY'; then port=auto; fi
import socket, sys
for port in (4222, 8222):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            sys.exit(1)
PY

if [ "$port" = auto ]; then nats deploy port=auto http_port=auto; else nats deploy; fi
nats status
nats test
orders='{"subjects": ["orders.>"]}'
printf "\n%s$ noetl-nats stream apply ORDERS --config '%s'%s\n" "$bold" "$orders" "$plain"
noetl-nats stream apply ORDERS --config "$orders"
nats streams
nats health
nats logs
nats undeploy purge=true
printf '\nThat was the whole life of a NATS server in one playbook. Next: README.md, or noetl-nats --help\n'
