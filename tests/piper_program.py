"""A program with Piper's command line that hums instead of speaking; run as a process of its own.

Like piper1-gpl 1.8.0: a line in, a WAV file out, "INFO:__main__:Wrote PATH" on standard error. A line with
"die" in it ends it with a traceback, one with "mute" makes it wait for ever.
"""

import argparse
import sys
import time
import wave
from pathlib import Path

RATE_HZ = 22_050


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("-m", "--model", required=True)
    parser.add_argument("-d", "--output-dir", required=True)
    told = parser.parse_args()
    print("INFO:root:a line that means nothing", file=sys.stderr, flush=True)
    if Path(told.model).read_bytes() != b"a voice":
        raise ValueError("Load model failed: Protobuf parsing failed.")
    for number, line in enumerate(sys.stdin):
        if "die" in line:
            raise RuntimeError("out of breath")
        if "mute" in line:
            time.sleep(3600)
        path = Path(told.output_dir) / f"{number}.wav"
        with wave.open(str(path), "wb") as file:
            file.setframerate(RATE_HZ)
            file.setsampwidth(2)
            file.setnchannels(1)
            file.writeframes(b"\0\x20" * (100 * len(line.strip())))
        print(f"INFO:__main__:Wrote {path}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
