// <vox-live>: the page of Live. It shows how the booth stands and says what is wished; it keeps nothing itself.
import { Browser, JITTER_MS } from "./browser.js";
import { Cards } from "./cards.js";
import { showFigures, showLedger } from "./delay.js";
import { ask, fill, html } from "./dom.js";
import { Meter } from "./meter.js";
import { offer } from "./plug.js";
import { Wire } from "./wire.js";

const GATE_OFF_DB = -80; // the slider's end, which means off: -120 on the channel
const FIGURES_MS = 250;

class Live extends HTMLElement {
  connectedCallback() {
    if (this.wire) return;
    this.className = "vox";
    this.voices = [];
    this.knobs = null;
    this.restart = false;
    fill(this, layout());
    this.at = (name) => this.querySelector(`[data-part="${name}"]`);
    this.meters = { in: new Meter(this.at("in")), out: new Meter(this.at("out")) };
    this.cards = new Cards(this.at("cards"), "live-voice", (voice) => this.say({ type: "switch", voice }), (text) => this.notice(text, true));
    this.listen();
    this.wire = new Wire("/booth/live", (message) => this.fromBooth(message), (open) => this.connected(open), ["switch", "pitch", "gate"]);
    this.browser = new Browser((message) => this.desk === this.browser && this.hear(message));
    this.desk = this.wire;
    this.load();
    window.addEventListener("vox-voices", () => this.load());
    const frame = (now) => {
      if (!this.isConnected) return;
      if (this.offsetParent !== null) Object.values(this.meters).forEach((meter) => meter.draw(now));
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  disconnectedCallback() {
    this.browser?.stop();
    this.wire?.close();
    this.wire = null;
  }

  async load() {
    try {
      const { voices } = await ask("/booth/voices");
      this.voices = voices;
      this.cards.show(voices, this.knobs?.voice);
      this.show(); // titles are known now; devices take longer
      await this.plugs();
    } catch (error) {
      this.notice(error.message, true);
    }
  }

  /** Look for what there is to plug into, where we are. */
  async plugs() {
    const { desk } = this;
    const found = desk === this.browser ? await offer() : await ask("/booth/devices");
    if (desk !== this.desk) return; // somebody turned to the other side meanwhile, which looks for itself
    this.offer = found;
    this.at("problem").hidden = !this.offer.problem;
    this.at("problem").textContent = this.offer.problem;
    this.devices();
    this.show();
  }

  /** Use the machine's devices, or the browser's. */
  async turnTo(where) {
    if (this.knobs.state !== "off") this.say({ type: "stop" });
    this.notice("");
    const { voice, pitch_semitones, gate_db } = this.knobs;
    this.desk = where === "browser" ? this.browser : this.wire;
    this.toggleAttribute("data-browser", where === "browser");
    if (where === "browser") this.browser.begin({ voice, pitch_semitones, gate_db });
    else this.knobs = this.boothKnobs;
    for (const name of ["input", "output"]) fill(this.at(name), html``); // those of the other side mean nothing here
    await this.plugs().catch((error) => this.notice(error.message, true));
  }

  fromBooth(message) {
    if (message.type === "knobs") {
      this.boothKnobs = message;
      this.reachable(true);
    }
    if (this.desk !== this.browser) this.hear(message);
  }

  devices() {
    if (!this.offer || !this.knobs) return;
    const options = (jacks, chosen) => html`${jacks.map((jack) => html`<option value="${jack.word}" ${jack.word === chosen ? "selected" : ""}>${jack.label}</option>`)}`;
    fill(this.at("input"), options(this.offer.inputs, this.knobs.input));
    fill(this.at("output"), options(this.offer.outputs, this.knobs.output));
    const ears = this.offer.outputs.filter((jack) => jack.word !== "virtual");
    fill(this.at("monitor"), html`<option value="">Off</option>${options(ears, this.knobs.monitor)}`);
  }

  listen() {
    this.at("go").addEventListener("click", () => this.toggle());
    this.at("mute").addEventListener("click", () => this.say({ type: "mute", on: !this.knobs.muted }));
    this.at("bypass").addEventListener("click", () => this.say({ type: "bypass", on: !this.knobs.bypassed }));
    this.at("pitch").addEventListener("input", (event) => this.say({ type: "pitch", semitones: Number(event.target.value) }));
    this.at("gate").addEventListener("input", (event) => {
      const db = Number(event.target.value);
      this.say({ type: "gate", threshold_db: db <= GATE_OFF_DB ? -120 : db });
    });
    this.at("monitor").addEventListener("change", (event) => this.say({ type: "monitor", device: event.target.value || null }));
    for (const end of ["input", "output"])
      this.at(end).addEventListener("change", () => this.again());
    for (const choice of this.querySelectorAll('[name="where"]')) choice.addEventListener("change", () => this.turnTo(choice.value));
    this.at("echo").addEventListener("change", (event) => {
      this.browser.echo = event.target.checked;
      this.again();
    });
    this.at("jitter").addEventListener("input", (event) => {
      this.browser.jitter(Number(event.target.value));
      event.target.closest("label").querySelector("b").textContent = `${event.target.value} ms`;
    });
    this.at("notice").querySelector("button").addEventListener("click", () => this.notice(""));
  }

  /** What cannot be changed while live is changed by stopping and going on. */
  again() {
    if (this.knobs.state !== "live") return;
    this.restart = true;
    this.say({ type: "stop" });
  }

  toggle() {
    this.notice("");
    if (this.knobs.state === "off") this.go();
    else this.say({ type: "stop" });
  }

  go() {
    const before = this.desk === this.wire ? this.knobs : {}; // who is faster than the list of devices has those of before
    this.say({ type: "go", input: this.at("input").value || before.input || "", output: this.at("output").value || before.output || "" });
  }

  say(message) {
    this.desk.send(message);
  }

  hear(message) {
    switch (message.type) {
      case "knobs":
        this.knobs = message;
        this.show();
        if (message.state === "off" && this.restart) {
          this.restart = false;
          this.go();
        }
        break;
      case "started":
        this.started = message;
        this.at("names").textContent = this.route();
        this.ledger(message.ledger);
        this.at("delay").hidden = false;
        if (this.desk === this.browser) this.plugs(); // names are known now
        break;
      case "switched":
        this.ledger(message.ledger);
        break;
      case "meters":
        this.levels(message);
        break;
      case "notice":
      case "lost":
      case "back":
        this.notice(message.text, message.type === "lost");
        break;
      case "failed":
        this.notice(message.text, true);
    }
  }

  ledger(rows) {
    showLedger(this.at("ledger"), rows, this.desk === this.browser ? "microphone to your ears" : "microphone to call");
  }

  /** The devices in use, by the names that people read. */
  route() {
    const label = (jacks, word) => jacks?.find((jack) => jack.word === word)?.label ?? word;
    return `${label(this.offer?.inputs, this.knobs.input)} \u2192 ${label(this.offer?.outputs, this.knobs.output)}`;
  }

  levels(meters) {
    this.meters.in.set(meters.in_db);
    this.meters.out.set(meters.out_db);
    const now = performance.now();
    if (now - (this.figuresAt ?? 0) < FIGURES_MS) return;
    this.figuresAt = now;
    const block_ms = this.started ? (this.started.frames / this.started.rate_hz) * 1e3 : 0;
    showFigures(this.at("figures"), [
      ["Underruns", String(meters.underruns), meters.underruns > 0],
      ["Dropped", `${meters.dropped_ms.toFixed(0)} ms`, meters.dropped_ms > 0],
      ["Waiting to be played", `${meters.backlog_ms.toFixed(1)} ms`],
      ["Compute, 99 of 100", `${meters.cost.p99_ms.toFixed(1)} of ${block_ms.toFixed(1)} ms`, block_ms && meters.cost.p99_ms > block_ms],
      ["Share of one core", `${(meters.cost.rtf * 100).toFixed(0)} %`, meters.cost.rtf > 0.9],
      ["Clock drift", meters.drift_ppm === undefined ? "\u2013" : `${meters.drift_ppm.toFixed(0)} ppm`],
    ]);
  }

  show() {
    const { knobs } = this;
    if (!knobs) return;
    const voice = this.voices.find((one) => one.name === knobs.voice);
    const title = voice?.title ?? knobs.voice;
    const live = knobs.state === "live", go = this.at("go");
    go.className = `drawstop ${knobs.state}`;
    go.setAttribute("aria-pressed", String(knobs.state !== "off"));
    go.querySelector("b").textContent = { off: "Go live", starting: "Opening", live: "Live" }[knobs.state];
    go.querySelector("small").textContent = live ? "press to stop" : `as ${title}`;
    this.at("says").textContent = {
      off: `You are off. Press to speak as ${title}.`,
      starting: "Opening the devices and warming the voice.",
      live: knobs.muted ? "Muted: nobody hears you." : knobs.bypassed ? "Your own voice goes through." : `You speak as ${title}.`,
    }[knobs.state];
    this.press("mute", knobs.muted, !live);
    this.press("bypass", knobs.bypassed, !live);
    this.at("names").textContent = live && this.started ? this.route() : "";
    if (!live) {
      this.meters.in.set(-120);
      this.meters.out.set(-120);
      this.at("delay").hidden = true;
    }
    this.set("pitch", knobs.pitch_semitones, `${knobs.pitch_semitones > 0 ? "+" : ""}${knobs.pitch_semitones} semitones`);
    const off = knobs.gate_db <= GATE_OFF_DB;
    this.set("gate", off ? GATE_OFF_DB : knobs.gate_db, off ? "off" : `${knobs.gate_db} dBFS`);
    this.at("monitor").value = knobs.monitor ?? "";
    if (!this.at("input").options.length) this.devices();
    if (live && this.desk === this.wire) [this.at("input").value, this.at("output").value] = [knobs.input, knobs.output];
    this.cards.mark(knobs.voice);
  }

  press(name, on, disabled) {
    this.at(name).setAttribute("aria-pressed", String(on));
    this.at(name).disabled = disabled;
  }

  set(name, value, text) {
    const slider = this.at(name);
    if (document.activeElement !== slider || Number(slider.value) !== value) slider.value = value;
    slider.setAttribute("aria-valuetext", text);
    slider.closest("label").querySelector("b").textContent = text;
  }

  connected(open) {
    if (!open) this.reachable(false);
    if (!open && this.desk === this.browser) return;
    if (open) return this.notice("");
    this.notice("The studio does not answer; is `vox studio` still running?", true);
  }

  /** Whether it is known how the booth stands, so that one may go live, here or there. */
  reachable(known) {
    this.at("go").disabled = !known && this.desk !== this.browser;
    for (const choice of this.querySelectorAll('[name="where"]')) choice.disabled = !known && !this.knobs;
  }

  notice(text, bad = false) {
    const notice = this.at("notice");
    notice.hidden = !text;
    notice.classList.toggle("bad", bad);
    notice.querySelector("span").textContent = text;
  }
}

function layout() {
  const meter = (part, label, name) => html`
    <div class="meter" data-part="${part}" role="meter" aria-label="${name}" aria-valuemin="-60" aria-valuemax="0" aria-valuenow="-60">
      <span>${label}</span><canvas></canvas><output>silence</output></div>`;
  return html`
    <div class="notice" role="alert" data-part="notice" hidden><span></span><button type="button" aria-label="Close this message">\u00d7</button></div>
    <section class="panel console" aria-label="On and off">
      <button class="drawstop" type="button" data-part="go" aria-pressed="false" disabled><b>Go live</b><small></small></button>
      <div class="right">
        <div><p class="says" role="status" data-part="says">Connecting.</p><small data-part="names"></small></div>
        <div>${meter("in", "In", "Microphone level")}<div style="height:8px"></div>${meter("out", "Out", "Output level")}</div>
        <div class="row">
          <button class="quiet" type="button" data-part="mute" aria-pressed="false" disabled>Mute</button>
          <button class="quiet" type="button" data-part="bypass" aria-pressed="false" disabled title="Compare: your own voice, or the character's">A/B: my own voice</button>
        </div>
      </div>
    </section>
    <section class="panel" aria-label="Delay" data-part="delay" hidden><div data-part="ledger"></div><dl class="figures" data-part="figures"></dl></section>
    <section class="panel" aria-label="Devices and knobs">
      <div class="head"><h2>Sound</h2>
        <div class="choice" role="radiogroup" aria-label="Whose microphone and speakers">
          <label><input type="radio" name="where" value="machine" checked disabled><span>This machine</span></label>
          <label><input type="radio" name="where" value="browser" disabled><span>This browser</span></label>
        </div>
      </div>
      <p class="soft" data-part="problem" hidden></p>
      <div class="settings">
        <label class="field"><span>Microphone</span><select data-part="input"></select></label>
        <label class="field"><span>Goes to</span><select data-part="output"></select></label>
        <label class="field machine"><span>Hear yourself on</span><select data-part="monitor"></select></label>
        <label class="field"><span>Pitch <b></b></span><input type="range" data-part="pitch" min="-24" max="24" step="1" value="0"></label>
        <label class="field"><span>Gate <b></b></span><input type="range" data-part="gate" min="${GATE_OFF_DB}" max="0" step="1" value="-55"></label>
        <label class="field browser"><span>Jitter buffer <b>${JITTER_MS} ms</b></span><input type="range" data-part="jitter" min="10" max="200" step="10" value="${JITTER_MS}"></label>
        <label class="check browser"><input type="checkbox" data-part="echo" checked><span>Echo cancellation <small>(off sounds better, with headphones)</small></span></label>
      </div>
    </section>
    <section class="panel" aria-labelledby="live-voices">
      <div class="head"><h2 id="live-voices">Who speaks</h2><small>Choose while you speak; there is no gap.</small></div>
      <div class="cards" role="radiogroup" aria-labelledby="live-voices" data-part="cards"></div>
    </section>`;
}
customElements.define("vox-live", Live);
