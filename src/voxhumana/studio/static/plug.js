// The browser's microphone and speakers: opened, tied to the worklets, and given back.
const SENTENCES = {
  NotAllowedError: "The browser may not use the microphone; allow it beside the address, then begin again.",
  NotFoundError: "The browser finds no microphone; plug one in, then begin again.",
  NotReadableError: "Another program holds the microphone; close it, then begin again.",
  OverconstrainedError: "That microphone is gone; choose another.",
};

export class Plug {
  /** heard({sound, first, peak}) and played({peak, held, ...}) take what the worklets tell. */
  constructor({ rate_hz, target, heard, played }) {
    Object.assign(this, { rate_hz, target, heard, played });
  }

  async open({ input, output, echo }) {
    try {
      await this.tie(input, output, echo);
    } catch (error) {
      this.close();
      throw new Error(SENTENCES[error.name] ?? `The browser cannot open its sound (${error.message}); try another browser.`);
    }
  }

  async tie(input, output, echo) {
    if (!navigator.mediaDevices) throw new Error("it needs https, or this very machine");
    this.closed = false;
    this.track = await navigator.mediaDevices.getUserMedia({
      audio: {
        deviceId: input ? { exact: input } : undefined,
        echoCancellation: echo, noiseSuppression: false, autoGainControl: false, channelCount: 1,
      },
    });
    this.context = new AudioContext({ sampleRate: this.rate_hz, latencyHint: "interactive" });
    if (output && this.context.setSinkId) await this.context.setSinkId(output);
    await this.context.audioWorklet.addModule(new URL("./worklet.js", import.meta.url));
    this.ear = new AudioWorkletNode(this.context, "vox-ear", { numberOfOutputs: 0, channelCount: 1, channelCountMode: "explicit" });
    this.mouth = new AudioWorkletNode(this.context, "vox-mouth", {
      numberOfInputs: 0, outputChannelCount: [1], processorOptions: { target: this.target },
    });
    this.context.createMediaStreamSource(this.track).connect(this.ear);
    this.mouth.connect(this.context.destination);
    this.ear.port.onmessage = ({ data }) => this.heard(data);
    this.mouth.port.onmessage = ({ data }) => this.played(data);
    await this.context.resume();
    if (this.closed) this.close();
  }

  /** From now on what is heard is sent, and counted. */
  begin() {
    this.ear.port.postMessage("open");
  }

  play(sound) {
    this.mouth?.port.postMessage({ sound }, [sound]);
  }

  hold(target) {
    this.target = target;
    this.mouth?.port.postMessage({ target });
  }

  /** Delay before and behind us, ms, as far as the browser says. */
  get ends_ms() {
    const settings = this.track?.getAudioTracks()[0].getSettings() ?? {};
    return { input: (settings.latency ?? 0) * 1e3, output: (this.context?.outputLatency || this.context?.baseLatency || 0) * 1e3 };
  }

  close() {
    this.closed = true;
    this.track?.getTracks().forEach((one) => one.stop());
    if (this.context && this.context.state !== "closed") this.context.close();
    this.track = this.context = this.ear = this.mouth = null;
  }
}

/** Microphones and speakers; without permission they have no names. */
export async function offer() {
  const found = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
  const some = (kind, label) => {
    const named = found.filter((one) => one.kind === kind && one.label).map((one) => ({ word: one.deviceId, label: one.label }));
    return named.length ? named : [{ word: "", label }];
  };
  return { inputs: some("audioinput", "The browser's microphone"), outputs: some("audiooutput", "The browser's speakers"), problem: "" };
}
