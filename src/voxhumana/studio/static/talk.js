// <vox-talk>: the page of Talk. It shows how the parlour stands, and says what is wished.
import { ask, fill, html } from "./dom.js";
import { offer } from "./plug.js";
import { Telephone } from "./telephone.js";
import { Wire } from "./wire.js";

const PHASES = {
  listening: "listening", "maybe-ending": "listening; maybe you are done", thinking: "thinking",
  speaking: "speaking; speak to interrupt", interrupted: "listening to you",
};
const GOOD_MS = 400, FAIR_MS = 900; // as terminal/talk.py colours its bars

class Talk extends HTMLElement {
  connectedCallback() {
    if (this.wire) return;
    this.className = "vox";
    this.voices = [];
    fill(this, layout());
    this.at = (name) => this.querySelector(`[data-part="${name}"]`);
    this.listen();
    this.wire = new Wire("/booth/talk", (message) => this.fromParlour(message), (open) => this.connected(open));
    this.telephone = new Telephone((message) => this.desk === this.telephone && this.hear(message));
    this.desk = this.wire;
    this.load();
    window.addEventListener("vox-voices", () => this.load());
  }

  disconnectedCallback() {
    this.telephone?.end("");
    this.wire?.close();
    this.wire = null;
  }

  async load() {
    try {
      this.voices = (await ask("/booth/voices")).voices;
      await this.plugs();
    } catch (error) {
      this.notice(error.message, true);
    }
  }

  async plugs() {
    const { desk } = this;
    const found = desk === this.telephone ? await offer() : await ask("/booth/devices");
    if (desk !== this.desk) return; // somebody turned to the other side meanwhile, which looks for itself
    this.offer = found;
    this.options();
    this.show();
  }

  /** Use the machine's devices, or the browser's. */
  async turnTo(where) {
    if (this.standing.state !== "off") this.desk.send({ type: "end" });
    this.notice("");
    this.clear();
    this.desk = where === "browser" ? this.telephone : this.wire;
    if (where === "browser") this.telephone.begin({ ...this.standing, voice: this.at("voice").value });
    else this.standing = this.standingThere;
    for (const name of ["input", "speakers"]) fill(this.at(name), html``); // those of the other side mean nothing here
    await this.plugs().catch((error) => this.notice(error.message, true));
  }

  fromParlour(message) {
    if (message.type === "standing") this.standingThere = message;
    if (this.desk !== this.telephone) this.hear(message);
  }

  options() {
    if (!this.offer || !this.standing) return;
    const list = (rows, chosen) => html`${rows.map(([word, label]) => html`<option value="${word}" ${word === chosen ? "selected" : ""}>${label}</option>`)}`;
    const jacks = (some) => some.map((jack) => [jack.word, jack.label]);
    fill(this.at("voice"), list(this.voices.map((voice) => [voice.name, voice.title]), this.standing.voice));
    fill(this.at("input"), list(jacks(this.offer.inputs), this.standing.input));
    fill(this.at("speakers"), list(jacks(this.offer.outputs.filter((jack) => jack.word !== "virtual")), this.standing.speakers));
    this.at("echo").checked = this.standing.echo;
  }

  listen() {
    this.at("go").addEventListener("click", () => {
      this.notice("");
      if (this.standing.state !== "off") return this.desk.send({ type: "end" });
      const before = this.desk === this.wire ? this.standing : {}; // who is faster than the list of devices has those of before
      this.desk.send({
        type: "begin", voice: this.at("voice").value || this.standing.voice,
        input: this.at("input").value || before.input || "", speakers: this.at("speakers").value || before.speakers || "",
        echo: this.at("echo").checked, open_mic: this.querySelector('[name="mic"]:checked').value === "open",
      });
    });
    const push = this.at("push"), hold = (on) => this.desk.send({ type: "push", on });
    push.addEventListener("pointerdown", () => hold(true));
    for (const end of ["pointerup", "pointerleave", "pointercancel", "blur"]) push.addEventListener(end, () => this.standing?.pushed && hold(false));
    push.addEventListener("keydown", (event) => {
      if ((event.key === " " || event.key === "Enter") && !event.repeat) hold(true);
    });
    push.addEventListener("keyup", () => hold(false));
    this.at("voice").addEventListener("change", () => this.show());
    for (const choice of this.querySelectorAll('[name="talk-where"]')) choice.addEventListener("change", () => this.turnTo(choice.value));
    this.at("notice").querySelector("button").addEventListener("click", () => this.notice(""));
  }

  hear(message) {
    switch (message.type) {
      case "standing": {
        const began = message.state === "starting" && this.standing?.state === "off";
        const first = !this.standing;
        this.standing = message;
        if (this.desk === this.telephone && message.state === "on" && !this.offer?.inputs[0]?.word) this.plugs(); // names are known now
        if (began) this.clear();
        if (first) this.options();
        this.show();
        break;
      }
      case "turning":
        this.at("phase").textContent = PHASES[message.phase];
        this.toggleAttribute("data-speaking", message.phase === "speaking");
        break;
      case "words":
        this.words(message);
        break;
      case "timed":
        this.timed(message.turn);
        break;
      case "notice":
        this.notice(message.text, true);
    }
  }

  clear() {
    fill(this.at("log"), html``);
    this.draft = null;
  }

  words({ who, text, final }) {
    const log = this.at("log");
    if (!this.draft || this.draft.dataset.who !== who) {
      this.draft = document.createElement("li");
      this.draft.className = who;
      this.draft.dataset.who = who;
      const voice = this.voices.find((one) => one.name === this.standing?.voice);
      fill(this.draft, html`${who === "assistant" ? html`<img src="${voice?.portrait}" alt="">` : ""}<p></p>`);
      log.append(this.draft);
    }
    this.draft.classList.toggle("draft", !final);
    this.draft.querySelector("p").textContent = text;
    if (final) this.draft = null;
    this.at("empty").hidden = true;
    log.scrollTop = log.scrollHeight;
  }

  timed(turn) {
    const moments = [["transcript", turn.transcript_ms], ["first word", turn.first_token_ms], ["decision", turn.decision_ms], ["first sound", turn.first_audio_ms]];
    if (turn.voice_to_voice_ms === null || turn.end_of_speech_ms === null) return;
    const total = turn.voice_to_voice_ms;
    const kind = total <= GOOD_MS ? "good" : total <= FAIR_MS ? "fair" : "slow";
    const row = document.createElement("li");
    row.className = "timing";
    const marks = moments.filter(([, at]) => at !== null).map(([name, at]) => [name, at - turn.end_of_speech_ms]);
    const says = `Answered after ${total.toFixed(0)} ms${turn.interruption_ms ? ", interrupted" : ""}`;
    fill(row, html`<div class="turn ${kind}" role="img" aria-label="${says}: ${marks.map(([name, ms]) => `${name} ${ms.toFixed(0)} ms`).join(", ")}">
      <i style="width:${Math.min(100, total / 15)}%"></i>${marks.map(([name, ms]) => html`<s style="left:${Math.max(0, Math.min(100, ms / 15))}%" title="${name} ${ms.toFixed(0)} ms"></s>`)}</div><small>${says}</small>`);
    this.at("log").append(row);
    this.at("log").scrollTop = this.at("log").scrollHeight;
  }

  show() {
    const { standing } = this;
    if (!standing) return;
    const on = standing.state !== "off", picked = on ? standing.voice : this.at("voice").value || standing.voice;
    const voice = this.voices.find((one) => one.name === picked);
    this.at("face").src = voice?.portrait ?? "";
    this.at("face").hidden = !voice;
    this.at("title").textContent = voice?.title ?? picked;
    this.at("character").textContent = voice?.character ?? "";
    this.at("go").textContent = { off: "Begin", starting: "Waking up \u2026", on: "End" }[standing.state];
    if (standing.state !== "on") this.at("phase").textContent = { off: "", starting: "loading ears, mind and voice" }[standing.state];
    else if (!this.at("phase").textContent || this.at("phase").textContent.startsWith("loading")) this.at("phase").textContent = PHASES.listening;
    this.at("push").hidden = standing.state !== "on" || standing.open_mic;
    this.at("push").setAttribute("aria-pressed", String(standing.pushed));
    this.at("push").textContent = standing.pushed ? "Listening" : "Hold to talk";
    for (const name of ["voice", "input", "speakers", "echo"]) this.at(name).disabled = on;
    for (const choice of this.querySelectorAll('[name="mic"], [name="talk-where"]')) choice.disabled = on;
    this.at("engines").textContent = standing.engines;
  }

  connected(open) {
    this.at("go").disabled = !open;
    if (!open && this.desk === this.telephone) return;
    this.notice(open ? "" : "The studio does not answer; is `vox studio` still running?", !open);
  }

  notice(text, bad = false) {
    const notice = this.at("notice");
    notice.hidden = !text;
    notice.classList.toggle("bad", bad);
    notice.querySelector("span").textContent = text;
  }
}

function layout() {
  return html`
    <div class="notice" role="alert" data-part="notice" hidden><span></span><button type="button" aria-label="Close this message">\u00d7</button></div>
    <div class="parlour">
      <section class="panel" aria-label="Who you talk with">
        <div class="persona"><img data-part="face" alt="" width="92" height="92" hidden>
          <div><h2 data-part="title"></h2><p class="soft" data-part="character"></p></div></div>
        <div class="settings one">
          <div class="choice" role="radiogroup" aria-label="Whose microphone and speakers">
            <label><input type="radio" name="talk-where" value="machine" checked><span>This machine</span></label>
            <label><input type="radio" name="talk-where" value="browser"><span>This browser</span></label>
          </div>
          <label class="field"><span>Talk with</span><select data-part="voice"></select></label>
          <label class="field"><span>Microphone</span><select data-part="input"></select></label>
          <label class="field"><span>Speakers</span><select data-part="speakers"></select></label>
          <div class="choice" role="radiogroup" aria-label="When it hears you">
            <label><input type="radio" name="mic" value="open" checked><span>Open microphone</span></label>
            <label><input type="radio" name="mic" value="push"><span>Push to talk</span></label>
          </div>
          <label class="check"><input type="checkbox" data-part="echo" checked><span>Echo cancellation <small>(off with headphones)</small></span></label>
        </div>
        <div class="row"><button class="solid" type="button" data-part="go" disabled>Begin</button><button class="quiet push" type="button" data-part="push" aria-pressed="false" hidden>Hold to talk</button></div>
        <p class="soft" data-part="engines"></p>
      </section>
      <section class="panel talk" aria-label="Conversation">
        <div class="head"><h2>Conversation</h2><span class="phase" role="status" data-part="phase"></span></div>
        <p class="empty" data-part="empty">Nothing was said yet. Begin, and say hello.</p>
        <ol class="log" data-part="log" tabindex="0" role="log" aria-label="What was said" aria-live="polite"></ol>
      </section>
    </div>`;
}
customElements.define("vox-talk", Talk);
