"""The browser's microphone -> `/v1/convert` -> the browser's speakers, in a real headless Chromium: the round trip.

    python bench/browser.py [--seconds S] [--json FILE] [identity native ...]

Each engine is opened in the studio's Live page, as people do. `share_ms` is what lies between the microphone
and the speakers but for the jitter buffer, by the page's own ledger of sample counts; `measured_ms` is the lag
between two taps in the browser's audio graph, one at its microphone and one at its speakers, found by
correlation, for engines that leave the sound as it is; `predicted_ms` is what the ledger says of it.
"""

import argparse
import base64
import json
import sys
import tempfile
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests"))

from studio_page import RATE_HZ, studio, visitor  # noqa: E402
from voxhumana.audio.file import SoundReader, SoundWriter  # noqa: E402
from voxhumana.bench.machine import machine  # noqa: E402
from voxhumana.library.shelf import SAMPLE  # noqa: E402

TAPS = """
window.voxTaps = { in: [], out: [] };
const tie = AudioNode.prototype.connect;
AudioNode.prototype.connect = function (to, ...rest) {
  const end = this instanceof MediaStreamAudioSourceNode ? "in" : to === this.context.destination ? "out" : null;
  if (end && !this.benchTap) {
    this.benchTap = this.context.createScriptProcessor(1024, 1, 1);
    this.benchTap.onaudioprocess = ({ inputBuffer, playbackTime }) =>
      window.voxTaps[end].push([playbackTime, inputBuffer.getChannelData(0).slice()]);
    tie.call(this, this.benchTap);
    tie.call(this.benchTap, this.context.destination);
  }
  return tie.call(this, to, ...rest);
};
"""
TAKEN = """(end) => {
  const blocks = window.voxTaps[end].splice(0);
  const sound = new Float32Array(blocks.length * 1024);
  blocks.forEach(([, block], i) => sound.set(block, i * 1024));
  let text = "";
  const bytes = new Uint8Array(sound.buffer);
  for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode.apply(null, bytes.subarray(at, at + 32768));
  return [blocks.length ? blocks[0][0] : 0, btoa(text)];
}"""
ENDS = {"browser's microphone", "browser's speakers"}
BUFFER = "jitter buffer"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("engines", nargs="*", default=["identity", "native"])
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rows = [measure(engine, options.seconds) for engine in options.engines]
    for row in rows:
        print(json.dumps(row))
    if options.json:
        options.json.write_text(json.dumps({"machine": machine(), "rows": rows}, indent=2))


def measure(engine: str, seconds: float) -> dict[str, object]:
    """One engine, in a studio and a browser of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        microphone = folder / "said.wav"
        with SoundReader(SAMPLE) as sample, SoundWriter(microphone, sample.rate_hz) as file:
            file.write(sample.read(sample.rate_hz * 20))
        with studio(folder, VOX_ENGINE=engine) as url, visitor(url, microphone, script=TAPS) as guest:
            page = guest.page
            page.get_by_role("radio", name="This browser").check(force=True)
            page.locator("[data-part=echo]").uncheck()
            page.get_by_role("button", name="Go live").click()
            page.get_by_text("You speak as").wait_for()
            page.wait_for_timeout(2_000)  # it settles
            for end in ("in", "out"):
                page.evaluate(TAKEN, end)
            ledgers = []
            for _ in range(round(seconds * 5)):
                page.wait_for_timeout(200)
                ledgers.append(page.evaluate("document.querySelector('vox-live').browser.ledger()"))
            taps = [page.evaluate(TAKEN, end) for end in ("in", "out")]
            figures = page.evaluate("document.querySelector('vox-live [data-part=figures]').innerText")
            page.locator("[data-part=go]").click()
    stages = [{row["stage"]: row["latency_ms"] for row in ledger} for ledger in ledgers]
    buffers = np.array([each.get(BUFFER, np.nan) for each in stages])
    shares = np.array(
        [sum(ms for stage, ms in each.items() if stage not in {*ENDS, BUFFER}) for each in stages]
    )
    row: dict[str, object] = {
        "engine": engine,
        "share_p50_ms": float(np.percentile(shares, 50)),
        "share_p95_ms": float(np.percentile(shares, 95)),
        "share_max_ms": float(shares.max()),
        "buffer_p50_ms": float(np.nanmedian(buffers)),
        "stages_ms": {
            stage: float(np.median([each[stage] for each in stages if stage in each])) for stage in stages[-1]
        },
        "figures": " ".join(figures.split()),
    }
    if engine == "identity":
        row["measured_ms"] = lag_ms(*taps)
        row["predicted_ms"] = float(np.nanmedian(shares + buffers))
    return row


def lag_ms(heard: tuple[float, str], played: tuple[float, str]) -> float:
    """How much later the one is than the other, each from the moment of its first block on."""
    (heard_s, before), (played_s, after) = heard, played
    one, two = (np.frombuffer(base64.b64decode(text), np.float32) for text in (before, after))
    size = 1 << (len(one) + len(two)).bit_length()
    likeness = np.fft.irfft(np.conj(np.fft.rfft(one, size)) * np.fft.rfft(two, size), size)
    return (int(np.argmax(likeness[: RATE_HZ * 2])) / RATE_HZ + played_s - heard_s) * 1e3


if __name__ == "__main__":
    main()
