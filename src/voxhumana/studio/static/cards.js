// Voice cards: a radio group, each with a picture and a preview.
import { fill, html } from "./dom.js";

const PLAY = { markup: '<svg viewBox="0 0 16 16" aria-hidden="true"><path d="M3 1.5v13l11-6.5z"/></svg>' };
const HALT = { markup: '<svg viewBox="0 0 16 16" aria-hidden="true"><path d="M3 3h10v10H3z"/></svg>' };

export class Cards {
  /** element: where they go; choose(name) is told; fail(sentence) too. */
  constructor(element, group, choose, fail) {
    Object.assign(this, { element, group, choose, fail, player: new Audio(), heard: null });
    element.addEventListener("change", (event) => event.target.type === "radio" && choose(event.target.value));
    element.addEventListener("click", (event) => {
      const button = event.target.closest(".hear");
      if (button) this.hear(button);
    });
    for (const end of ["ended", "error", "pause"]) this.player.addEventListener(end, () => this.quiet());
  }

  show(voices, chosen) {
    fill(this.element, html`${voices.map((voice) => html`
      <div class="card">
        <label><input type="radio" name="${this.group}" value="${voice.name}" ${voice.name === chosen ? "checked" : ""}>
          <img src="${voice.portrait}" alt="" width="72" height="72">
          <b>${voice.title}</b><p>${voice.character}</p></label>
        <button class="hear" type="button" data-voice="${voice.name}" aria-label="Hear ${voice.title}">${PLAY}</button>
      </div>`)}`);
  }

  mark(name) {
    const input = this.element.querySelector(`input[value="${CSS.escape(name)}"]`);
    if (input) input.checked = true;
  }

  async hear(button) {
    if (this.heard === button) return this.player.pause();
    this.quiet();
    this.heard = button;
    button.setAttribute("aria-busy", "true");
    try {
      this.player.src = `/booth/previews/${button.dataset.voice}.wav`;
      await this.player.play();
      if (this.heard === button) fill(button, HALT);
    } catch (error) {
      if (error.name !== "AbortError") this.fail("The preview could not be played; look at Health.");
    }
    button.removeAttribute("aria-busy");
  }

  quiet() {
    if (!this.heard) return;
    fill(this.heard, PLAY);
    this.heard.removeAttribute("aria-busy");
    this.heard = null;
  }
}
