#!/bin/sh
# Writes the messages and stubs of the agent's .proto to the folder given (default: generated, beside this file).
# Needs Debian's protobuf-compiler and protobuf-compiler-grpc; elsewhere `python3 -m grpc_tools.protoc` of
# `pip install grpcio-tools` takes the same words without --plugin.
set -eu
here=$(dirname "$(readlink -f "$0")")
out=${1:-$here/generated}
mkdir -p "$out"
exec protoc -I "$here/../../proto" --python_out="$out" --grpc_python_out="$out" \
  --plugin=protoc-gen-grpc_python="$(command -v grpc_python_plugin)" ksmpilot/v1/ksmpilot.proto
