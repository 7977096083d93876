// <vox-lamp>: dark or light, remembered in this browser.
import { fill, html } from "./dom.js";

class Lamp extends HTMLElement {
  connectedCallback() {
    const kept = localStorage.getItem("vox-lamp");
    if (kept) document.body.classList.toggle("dark", kept === "dark");
    this.className = "vox";
    fill(this, html`<button class="quiet" type="button"></button>`);
    this.button = this.querySelector("button");
    this.button.addEventListener("click", () => {
      const dark = !document.body.classList.contains("dark");
      document.body.classList.toggle("dark", dark);
      localStorage.setItem("vox-lamp", dark ? "dark" : "light");
      this.show();
    });
    this.show();
  }

  show() {
    const dark = document.body.classList.contains("dark");
    this.button.textContent = dark ? "\u2600" : "\u263E";
    this.button.setAttribute("aria-label", dark ? "Light colours" : "Dark colours");
    this.button.title = this.button.getAttribute("aria-label");
  }
}
customElements.define("vox-lamp", Lamp);
