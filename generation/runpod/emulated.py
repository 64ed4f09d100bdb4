"""`python -m generation.runpod.emulated`: the emulator as a process without Django. Its key is RUNPOD_API_KEY."""

import argparse
import os

if __name__ == "__main__":  # painting processes read this file, too, and need none of that
    from generation.runpod.emulator import add_arguments, serve

    parser = argparse.ArgumentParser(prog="python -m generation.runpod.emulated", description="Emulates RunPod.")
    add_arguments(parser)
    serve(api_key=os.environ.get("RUNPOD_API_KEY") or None, **vars(parser.parse_args()))
