// The browser's ends of a conversion, on its audio thread: `vox-ear` sends what is heard, `vox-mouth` plays.
// Both count samples on the context's one clock, so the round trip can be told to the sample.
const BLOCK_S = 0.01; // what the server's path works in
const TELL_S = 1 / 60;

class Ear extends AudioWorkletProcessor {
  constructor() {
    super();
    this.block = new Int16Array(Math.round(sampleRate * BLOCK_S));
    this.filled = 0;
    this.peak = 0;
    this.open = false; // nothing is sent, or counted, before the session is there
    this.port.onmessage = () => (this.open = true);
  }

  process([[heard]]) {
    if (!heard) return true;
    for (const sample of heard) {
      this.peak = Math.max(this.peak, Math.abs(sample));
      if (!this.open) continue;
      if (this.first === undefined) this.first = currentFrame;
      this.block[this.filled++] = Math.max(-32768, Math.min(32767, Math.round(sample * 32768)));
      if (this.filled === this.block.length) this.send();
    }
    if (!this.open) this.meter();
    return true;
  }

  send() {
    const sound = this.block.slice().buffer;
    this.port.postMessage({ sound, first: this.first, peak: this.peak }, [sound]);
    this.filled = this.peak = 0;
  }

  meter() {
    if (currentTime - (this.told ?? 0) < TELL_S) return;
    this.told = currentTime;
    this.port.postMessage({ peak: this.peak });
    this.peak = 0;
  }
}

// A jitter buffer: it begins to play when `target` samples wait, and never holds more than twice that and a block.
class Mouth extends AudioWorkletProcessor {
  constructor({ processorOptions: { target } }) {
    super();
    this.target = target;
    this.blocks = [];
    this.held = this.at = this.taken = this.underruns = this.dropped = this.peak = 0;
    this.playing = false;
    this.port.onmessage = ({ data }) => this.take(data);
  }

  take(data) {
    if (data.target) this.target = data.target;
    if (!data.sound) return;
    this.blocks.push(new Int16Array(data.sound));
    this.held += data.sound.byteLength / 2;
    const most = 2 * this.target + sampleRate * BLOCK_S;
    if (this.held <= most) return;
    const surplus = this.held - this.target;
    this.dropped += surplus;
    for (let i = 0; i < surplus; i++) this.next();
  }

  next() {
    const sample = this.blocks[0][this.at++] / 32768;
    if (this.at === this.blocks[0].length) {
      this.blocks.shift();
      this.at = 0;
    }
    this.held--;
    this.taken++; // samples of the stream that are behind us, played or dropped
    return sample;
  }

  process(_, [[out]]) {
    if (!this.playing && this.held >= this.target) this.playing = true;
    for (let i = 0; i < out.length; i++) {
      if (this.playing && !this.held) {
        this.playing = false;
        this.underruns++;
      }
      out[i] = this.playing ? this.next() : 0;
      this.peak = Math.max(this.peak, Math.abs(out[i]));
    }
    if (currentTime - (this.told ?? 0) >= TELL_S) this.tell(out.length);
    return true;
  }

  tell(frames) {
    this.told = currentTime;
    const { peak, held, underruns, dropped, playing } = this;
    // The stream's sample number `taken` sounds at this frame; the ear knows at which frame it was heard.
    this.port.postMessage({ peak, held, underruns, dropped, playing, taken: this.taken, frame: currentFrame + frames });
    this.peak = 0;
  }
}
registerProcessor("vox-ear", Ear);
registerProcessor("vox-mouth", Mouth);
