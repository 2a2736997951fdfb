#!/usr/bin/env python3
"""Reads a ksmpilot agent over gRPC: its status, its guests, and frames as they come; sets the mode where asked to.

    ksmpilot_watch.py [--generated FOLDER] [--agent HOST:PORT | --agent unix:/run/ksmpilot/agent.sock]
                      [--frames N] [--mode observe|advise|auto] [--token-file FILE] [--ca FILE]

Exit code 0 where the agent answered, 1 where it refused or is not there; then stderr has its code and cure.
"""

import argparse
import pathlib
import sys

import grpc

HERE = pathlib.Path(__file__).resolve().parent


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--generated", type=pathlib.Path, default=HERE / "generated", help="what generate.sh wrote")
    parser.add_argument("--agent", default="127.0.0.1:50576")
    parser.add_argument("--frames", type=int, default=3, help="how many frames to print")
    parser.add_argument("--mode", choices=["observe", "advise", "auto"], help="enter this mode; needs a token")
    parser.add_argument("--token-file", type=pathlib.Path)
    parser.add_argument("--ca", type=pathlib.Path, help="PEM: who signed the agent's certificate; speaks TLS")
    return parser.parse_args()


def channel_to(args):
    if args.ca is None:
        return grpc.insecure_channel(args.agent)
    return grpc.secure_channel(args.agent, grpc.ssl_channel_credentials(args.ca.read_bytes()))


def figure(message, field, scale=1.0):
    """Absent means that the host cannot say, or not yet: never 0."""
    return f"{getattr(message, field) / scale:.1f}" if message.HasField(field) else "-"


def main():
    args = arguments()
    sys.path.insert(0, str(args.generated))
    from ksmpilot.v1 import ksmpilot_pb2 as pb  # written by generate.sh
    from ksmpilot.v1 import ksmpilot_pb2_grpc as rpc

    token = [] if args.token_file is None else [("authorization", f"Bearer {args.token_file.read_text().strip()}")]
    with channel_to(args) as channel:
        agent = rpc.KsmpilotStub(channel)
        try:
            host = agent.GetHost(pb.GetHostRequest(), metadata=token, timeout=10)
            print(f"host {host.hostname}, ksmpilot {host.ksmpilot_version}, Linux {host.kernel_release}")
            if args.mode is not None:
                mode = pb.Mode.Value(f"MODE_{args.mode.upper()}")
                tuner = agent.SetMode(pb.SetModeRequest(mode=mode), metadata=token, timeout=10)
                print(f"mode {pb.Mode.Name(tuner.mode)}")
            for guest in agent.ListGuests(pb.ListGuestsRequest(), metadata=token, timeout=10).guests:
                print(f"guest {guest.name or guest.key}: saves {figure(guest, 'saved_bytes', 2**20)} MiB")
            frames = agent.StreamSamples(pb.StreamSamplesRequest(look_back_sec=0), metadata=token)
            for _, frame in zip(range(args.frames), frames):
                print(
                    f"frame {frame.seq}: {figure(frame, 'saved_bytes', 2**20)} MiB saved, "
                    f"ksmd {figure(frame, 'ksmd_cpu_pct')} % of a core, {frame.dropped} frames lost"
                )
            frames.cancel()
        except grpc.RpcError as error:
            trailers = dict(error.trailing_metadata() or ())
            print(f"{trailers.get('ksmpilot-code', error.code().name)}: {error.details()}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
