// A conversation through the browser's own microphone and speakers, over `/v1/realtime`. To its page it is what
// the parlour is: it takes the same messages and tells the same news.
import { Plug } from "./plug.js";

const RATE_HZ = 24000; // the protocol's
const HOLD_MS = 100; // a jitter buffer; speech may begin so much later without anybody minding

export class Telephone {
  /** hear(message) takes what is told. */
  constructor(hear) {
    this.hear = hear;
    this.standing = { type: "standing", state: "off", voice: "", input: "", speakers: "", echo: true, open_mic: true, pushed: false, engines: "" };
  }

  begin(standing) {
    this.stand({ ...standing, input: "", speakers: "", state: "off", pushed: false });
  }

  send(message) {
    if (message.type === "begin") return this.call(message);
    if (message.type === "end") return this.end("");
    if (message.type === "push") return this.stand({ pushed: message.on });
  }

  stand(changed) {
    this.standing = { ...this.standing, ...changed };
    this.hear(this.standing);
  }

  async call({ voice, input, speakers, echo, open_mic }) {
    this.hear({ type: "turning", phase: "" });
    this.stand({ state: "starting", voice, input, speakers, echo, open_mic });
    this.sent = 0;
    this.plug = new Plug({
      rate_hz: RATE_HZ, target: (HOLD_MS / 1000) * RATE_HZ, heard: (data) => this.heard(data), played: () => {},
    });
    try {
      await this.plug.open({ input, output: speakers, echo });
    } catch (error) {
      return this.end(error.message);
    }
    if (this.standing.state !== "starting") return undefined; // somebody has ended it meanwhile
    this.socket = new WebSocket(new URL("/v1/realtime", location.href.replace(/^http/, "ws")));
    this.socket.onmessage = ({ data }) => this.told(JSON.parse(data));
    this.socket.onclose = () => this.standing.state !== "off" && this.end("The conversation was ended; begin again, or look at Health.");
  }

  say(message) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  heard({ sound }) {
    if (!sound) return;
    const { open_mic, pushed } = this.standing;
    const bytes = new Uint8Array(sound);
    if (!open_mic && !pushed) bytes.fill(0);
    this.sent += bytes.length / 2;
    this.say({ type: "input_audio_buffer.append", audio: btoa(String.fromCharCode(...bytes)) });
  }

  told(event) {
    switch (event.type) {
      case "session.created":
        return this.say({ type: "session.update", session: { type: "realtime", audio: { output: { voice: this.standing.voice } } } });
      case "session.updated":
        this.plug.begin();
        this.stand({ state: "on" });
        return this.hear({ type: "turning", phase: "listening" });
      case "input_audio_buffer.speech_started":
        return this.hear({ type: "turning", phase: this.speaking ? "interrupted" : "listening" });
      case "input_audio_buffer.speech_stopped":
        this.stopped_ms = event.audio_end_ms;
        return this.hear({ type: "turning", phase: "thinking" });
      case "conversation.item.input_audio_transcription.completed":
        this.asked = event.transcript; // it may yet be taken back, when the user goes on
        return this.hear({ type: "words", who: "user", text: this.asked, final: false });
      case "response.created":
        this.text = "";
        this.first_ms = null;
        return undefined;
      case "response.output_audio_transcript.delta":
        this.settle();
        this.text += event.delta;
        return this.hear({ type: "words", who: "assistant", text: this.text, final: false });
      case "response.output_audio.delta":
        return this.play(event.delta);
      case "response.done":
        return this.done(event.response);
      case "error":
        return this.hear({ type: "notice", text: event.error.message });
    }
    return undefined;
  }

  /** An answer has begun, so what was asked stands. */
  settle() {
    if (this.asked) this.hear({ type: "words", who: "user", text: this.asked, final: true });
    this.asked = "";
  }

  play(delta) {
    if (this.first_ms === null) {
      this.first_ms = (this.sent / RATE_HZ) * 1e3 + HOLD_MS;
      this.speaking = true;
      this.hear({ type: "turning", phase: "speaking" });
    }
    this.plug.play(Uint8Array.from(atob(delta), (letter) => letter.charCodeAt(0)).buffer);
  }

  done(response) {
    this.speaking = false;
    const said = response.output?.[0]?.content?.[0]?.transcript ?? this.text;
    if (said) this.hear({ type: "words", who: "assistant", text: said, final: true });
    if (this.first_ms !== null && this.stopped_ms !== undefined)
      this.hear({
        type: "timed",
        turn: {
          end_of_speech_ms: this.stopped_ms, transcript_ms: null, first_token_ms: null, decision_ms: null, first_audio_ms: this.first_ms,
          voice_to_voice_ms: this.first_ms - this.stopped_ms, interruption_ms: response.status === "cancelled" ? 1 : null,
        },
      });
    this.hear({ type: "turning", phase: "listening" });
  }

  end(why) {
    const { socket, plug } = this;
    this.socket = this.plug = null;
    if (this.standing.state !== "off") this.stand({ state: "off", pushed: false });
    if (why) this.hear({ type: "notice", text: why });
    if (socket) socket.onclose = socket.onmessage = null;
    socket?.close();
    plug?.close();
  }
}
