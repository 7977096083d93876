// The browser's own microphone and speakers, through `/v1/convert`. To its page it is what the booth is: it takes
// the same messages and tells the same reports, so that the page need not know which of the two it has.
import { Plug } from "./plug.js";

const RATE_HZ = 48000;
const METERS_MS = 250;
export const JITTER_MS = 40; // holds two of the 10 ms blocks that a busy page delays, and as many to spare

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
    this.plug?.hold(this.target());
  }

  target() {
    return Math.round((this.jitter_ms / 1000) * RATE_HZ);
  }

  set(knobs) {
    this.knobs = { ...this.knobs, ...knobs };
    this.hear(this.knobs);
  }

  async go({ input, output }) {
    this.refusal = null; // what the studio says before it hangs up
    this.set({ state: "starting", input, output, muted: false, bypassed: false });
    this.plug = new Plug({
      rate_hz: RATE_HZ, target: this.target(), heard: (data) => this.heard(data), played: (data) => (this.played = data),
    });
    try {
      await this.plug.open({ input, output, echo: this.echo });
      if (this.knobs.state === "starting") this.connect(); // else somebody has stopped it meanwhile
    } catch (error) {
      this.end(error.message);
    }
  }

  connect() {
    const { voice, pitch_semitones, gate_db } = this.knobs;
    const words = new URLSearchParams({ voice, pitch_semitones, gate_db, rate_hz: RATE_HZ, block_ms: 10, meters_ms: METERS_MS });
    this.socket = new WebSocket(new URL(`/v1/convert?${words}`, location.href.replace(/^http/, "ws")));
    this.socket.binaryType = "arraybuffer";
    this.socket.onmessage = ({ data }) => (typeof data === "string" ? this.told(JSON.parse(data)) : this.plug.play(data));
    this.socket.onclose = ({ code }) => this.knobs.state !== "off" && this.end(code === 1001 ? "The studio ended the session; go live again." : this.refusal ?? "The studio refused, or is gone; look at Health.");
  }

  told(event) {
    if (event.type === "session.created") {
      this.plug.begin();
      this.set({ state: "live" });
      this.session = event.session;
      this.hear({ type: "started", rate_hz: RATE_HZ, frames: RATE_HZ / 100, voice: event.session.voice, ledger: this.ledger() });
    } else if (event.type === "session.updated") {
      this.session = event.session;
      this.hear({ type: "switched", ledger: this.ledger() });
    } else if (event.type === "session.meters") {
      this.cost = event;
      this.hear({ type: "switched", ledger: this.ledger() });
    } else if (event.type === "error" && this.knobs.state === "starting") {
      this.refusal = event.error.message;
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
    const rows = [{ stage: "browser's microphone", latency_ms: this.plug.ends_ms.input }, ...stages];
    if (this.played?.playing && this.first !== undefined) {
      const behind_ms = ((this.played.frame - this.first - this.played.taken) / RATE_HZ) * 1e3;
      const buffer_ms = (this.played.held / RATE_HZ) * 1e3;
      this.way = [
        { stage: "way there and back", latency_ms: Math.max(0, behind_ms - buffer_ms - block_ms) },
        { stage: "jitter buffer", latency_ms: buffer_ms },
      ];
    }
    rows.push(...(this.way ?? []));
    rows.push({ stage: "browser's speakers", latency_ms: this.plug.ends_ms.output });
    return rows;
  }

  stop() {
    this.end("");
  }

  end(why) {
    const { socket, plug } = this;
    this.socket = this.plug = this.cost = this.played = this.way = null;
    this.first = undefined;
    if (this.knobs.state !== "off") this.set({ state: "off" });
    if (why) this.hear({ type: "failed", text: why });
    if (socket) socket.onclose = socket.onmessage = null;
    socket?.close();
    plug?.close();
  }
}
