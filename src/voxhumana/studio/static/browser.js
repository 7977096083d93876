// The browser's own microphone and speakers, through `/v1/convert`. To its page it is what the booth is: it takes
// the same messages and tells the same reports, so that the page need not know which of the two it has.

const RATE_HZ = 48000;
const METERS_MS = 250;
export const JITTER_MS = 40; // holds two of the 10 ms blocks that a busy page delays, and as many to spare

const SENTENCES = {
  NotAllowedError: "The browser may not use the microphone; allow it beside the address, then go live again.",
  NotFoundError: "The browser finds no microphone; plug one in, then go live again.",
  NotReadableError: "Another program holds the microphone; close it, then go live again.",
  OverconstrainedError: "That microphone is gone; choose another.",
};

export class Browser {
  /** hear(message) takes what is told. */
  constructor(hear) {
    this.hear = hear;
    this.knobs = { type: "knobs", state: "off", input: "", output: "", monitor: null, muted: false, bypassed: false };
    this.jitter_ms = JITTER_MS;
    this.echo = true;
  }

  /** Where the knobs stand when somebody turns to the browser. */
  begin({ voice, pitch_semitones, gate_db }) {
    this.set({ voice, pitch_semitones, gate_db });
  }

  /** Microphones and speakers; without permission they have no names. */
  async offer() {
    const found = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
    const jacks = (kind) => found.filter((one) => one.kind === kind && one.label).map((one) => ({ word: one.deviceId, label: one.label }));
    const usual = (label) => [{ word: "", label }];
    const some = (kind, label) => (jacks(kind).length ? jacks(kind) : usual(label));
    return { inputs: some("audioinput", "The browser's microphone"), outputs: some("audiooutput", "The browser's speakers"), problem: "" };
  }

  send(message) {
    switch (message.type) {
      case "go":
        return this.go(message);
      case "stop":
        return this.stop();
      case "switch":
        return this.turn({ voice: message.voice });
      case "pitch":
        return this.turn({ pitch_semitones: message.semitones });
      case "gate":
        return this.turn({ gate_db: message.threshold_db });
      case "mute":
        return this.turn({ muted: message.on });
      case "bypass":
        return this.turn({ bypassed: message.on });
    }
  }

  turn(knobs) {
    this.set(knobs);
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify({ type: "session.update", session: knobs }));
  }

  jitter(ms) {
    this.jitter_ms = ms;
    this.mouth?.port.postMessage({ target: this.target() });
  }

  target() {
    return Math.round((this.jitter_ms / 1000) * RATE_HZ);
  }

  set(knobs) {
    this.knobs = { ...this.knobs, ...knobs };
    this.hear(this.knobs);
  }

  async go({ input, output }) {
    this.set({ state: "starting", input, output, muted: false, bypassed: false });
    try {
      await this.plug(input, output);
      this.connect();
    } catch (error) {
      this.end(SENTENCES[error.name] ?? `The browser cannot open its sound (${error.message}); try another browser.`);
    }
  }

  async plug(input, output) {
    if (!navigator.mediaDevices) throw new Error("it needs https, or this very machine");
    this.track = await navigator.mediaDevices.getUserMedia({
      audio: {
        deviceId: input ? { exact: input } : undefined,
        echoCancellation: this.echo, noiseSuppression: false, autoGainControl: false, channelCount: 1,
      },
    });
    this.context = new AudioContext({ sampleRate: RATE_HZ, latencyHint: "interactive" });
    if (output && this.context.setSinkId) await this.context.setSinkId(output);
    await this.context.audioWorklet.addModule(new URL("./worklet.js", import.meta.url));
    this.ear = new AudioWorkletNode(this.context, "vox-ear", { numberOfOutputs: 0, channelCount: 1, channelCountMode: "explicit" });
    this.mouth = new AudioWorkletNode(this.context, "vox-mouth", {
      numberOfInputs: 0, outputChannelCount: [1], processorOptions: { target: this.target() },
    });
    this.context.createMediaStreamSource(this.track).connect(this.ear);
    this.mouth.connect(this.context.destination);
    this.ear.port.onmessage = ({ data }) => this.heard(data);
    this.mouth.port.onmessage = ({ data }) => (this.played = data);
    await this.context.resume();
  }

  connect() {
    const { voice, pitch_semitones, gate_db } = this.knobs;
    const words = new URLSearchParams({ voice, pitch_semitones, gate_db, rate_hz: RATE_HZ, block_ms: 10, meters_ms: METERS_MS });
    this.socket = new WebSocket(new URL(`/v1/convert?${words}`, location.href.replace(/^http/, "ws")));
    this.socket.binaryType = "arraybuffer";
    this.socket.onmessage = ({ data }) => (typeof data === "string" ? this.told(JSON.parse(data)) : this.mouth.port.postMessage({ sound: data }, [data]));
    this.socket.onclose = ({ code }) => this.knobs.state !== "off" && this.end(code === 1001 ? "The studio ended the session; go live again." : "The studio refused, or is gone; look at Health.");
  }

  told(event) {
    if (event.type === "session.created") {
      this.ear.port.postMessage("open");
      this.set({ state: "live" });
      const settings = this.track.getAudioTracks()[0].getSettings();
      this.input_ms = (settings.latency ?? 0) * 1000;
      this.session = event.session;
      this.hear({ type: "started", rate_hz: RATE_HZ, frames: RATE_HZ / 100, voice: event.session.voice, ledger: this.ledger() });
    } else if (event.type === "session.updated") {
      this.session = event.session;
      this.hear({ type: "switched", ledger: this.ledger() });
    } else if (event.type === "session.meters") {
      this.cost = event;
      this.hear({ type: "switched", ledger: this.ledger() });
    } else if (event.type === "error") {
      this.hear({ type: "notice", text: event.error.message });
    }
  }

  heard({ sound, first, peak }) {
    if (sound && this.socket?.readyState === WebSocket.OPEN) {
      this.first = first;
      this.socket.send(sound);
    }
    if (!this.cost) return;
    const db = (level) => 20 * Math.log10(Math.max(level ?? 0, 1e-6));
    const played = this.played ?? {};
    this.hear({
      ...this.cost, type: "meters", in_db: db(peak), out_db: db(played.peak),
      underruns: played.underruns ?? 0, backlog_ms: ((played.held ?? 0) / RATE_HZ) * 1e3,
      dropped_ms: this.cost.dropped_ms + this.cost.unsent_dropped_ms + ((played.dropped ?? 0) / RATE_HZ) * 1e3,
    });
  }

  /** Delay by stage, mouth to ear. What the sample clocks say of the way is split into what we know of it. */
  ledger() {
    const stages = Object.entries(this.session.latency_ms).map(([stage, latency_ms]) => ({ stage, latency_ms }));
    const block_ms = this.session.latency_ms.input ?? 0;
    const rows = [{ stage: "browser's microphone", latency_ms: this.input_ms }, ...stages];
    if (this.played?.playing && this.first !== undefined) {
      const behind_ms = ((this.played.frame - this.first - this.played.taken) / RATE_HZ) * 1e3;
      const buffer_ms = (this.played.held / RATE_HZ) * 1e3;
      this.way = [
        { stage: "way there and back", latency_ms: Math.max(0, behind_ms - buffer_ms - block_ms) },
        { stage: "jitter buffer", latency_ms: buffer_ms },
      ];
    }
    rows.push(...(this.way ?? []));
    rows.push({ stage: "browser's speakers", latency_ms: (this.context.outputLatency || this.context.baseLatency || 0) * 1e3 });
    return rows;
  }

  stop() {
    this.end("");
  }

  end(why) {
    const { socket, track, context } = this;
    this.socket = this.track = this.context = this.ear = this.mouth = this.cost = this.played = this.way = null;
    this.first = undefined;
    if (this.knobs.state !== "off") this.set({ state: "off" });
    if (why) this.hear({ type: "failed", text: why });
    if (socket) socket.onclose = socket.onmessage = null;
    socket?.close();
    track?.getTracks().forEach((one) => one.stop());
    if (context && context.state !== "closed") context.close();
  }
}
