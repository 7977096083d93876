// The delay by stage: a bar, a legend, and the figures of the moment.
import { fill, html } from "./dom.js";

const COLOURS = ["#8a6120", "#c79a4a", "#4f7d86", "#7d8f69", "#a05c4d", "#6b5876", "#56658c", "#3f6f62", "#b07a3c", "#8b8378"];

/** ledger: [{stage, latency_ms}]; span: from where to where. */
export function showLedger(element, ledger, span) {
  const rows = ledger.filter((row) => row.latency_ms > 0.05);
  const total = rows.reduce((sum, row) => sum + row.latency_ms, 0);
  const colour = (i) => COLOURS[i % COLOURS.length];
  fill(element, html`
    <div class="head"><h2>Delay</h2><span><b class="big">${total.toFixed(0)} ms</b> <small>${span}</small></span></div>
    <div class="bar" role="img" aria-label="${rows.map((row) => `${row.stage} ${row.latency_ms.toFixed(1)} ms`).join(", ")}">
      ${rows.map((row, i) => html`<i style="flex:${row.latency_ms.toFixed(2)};background:${colour(i)}" title="${row.stage} ${row.latency_ms.toFixed(1)} ms"></i>`)}
    </div>
    <ul class="legend">${rows.map((row, i) => html`<li><i style="background:${colour(i)}"></i>${row.stage} <b>${row.latency_ms.toFixed(1)}</b></li>`)}</ul>`);
}

/** figures: [[name, text, bad]]. */
export function showFigures(element, figures) {
  if (element.children.length !== figures.length)
    fill(element, html`${figures.map(([name]) => html`<div><dt>${name}</dt><dd></dd></div>`)}`);
  figures.forEach(([, text, bad], i) => {
    element.children[i].classList.toggle("bad", Boolean(bad));
    element.children[i].lastElementChild.textContent = text;
  });
}
