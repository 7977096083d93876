"""`vox bench live` on a private PulseAudio and a private PipeWire, one after the other: `make bench`.

    python bench/live.py [--soak MINUTES] [--out FOLDER] [pulseaudio|pipewire ...]

Writes FOLDER/live-SERVER.json, FOLDER/live-SERVER.md, and both tables in FOLDER/live.md.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests"))

from sound_server import private_server  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("servers", nargs="*", default=["pulseaudio", "pipewire"])
    parser.add_argument("--soak", metavar="MINUTES", help="also speak for so long, beside a busy core")
    parser.add_argument("--out", type=Path, default=Path("out/bench"))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    soak = ["--soak", options.soak] if options.soak else []
    tables = []
    for kind in options.servers:
        table, json = options.out / f"live-{kind}.md", options.out / f"live-{kind}.json"
        command = [sys.executable, "-m", "voxhumana.cli", "bench", "live", *soak]
        with tempfile.TemporaryDirectory() as folder, private_server(kind, Path(folder)) as server:
            subprocess.run([*command, "--table", table, "--json", json], env=server.env, check=True)
        tables.append(table.read_text())
    (options.out / "live.md").write_text("\n".join(tables))
    print(options.out / "live.md")


if __name__ == "__main__":
    main()
