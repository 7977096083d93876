// A level meter on a canvas, drawn at the screen's own rate from the last level it was given.
const FLOOR_DB = -60, WARM_DB = -12, HOT_DB = -3;
const FALL_DB_A_SECOND = 20 / 1.7; // IEC 60268-10, as in meter.py
const HOLD_MS = 1200;

export class Meter {
  /** element: a `.meter` with a canvas and an output in it. */
  constructor(element) {
    this.element = element;
    this.canvas = element.querySelector("canvas");
    this.number = element.querySelector("output");
    this.target = this.shown = this.peak = -120;
    this.at = this.peakAt = this.saidAt = 0;
  }

  set(db) {
    this.target = db;
  }

  draw(now) {
    const passed = Math.min(0.1, (now - this.at) / 1000);
    this.at = now;
    this.shown = Math.max(this.target, this.shown - 3 * FALL_DB_A_SECOND * passed);
    if (this.shown >= this.peak || now - this.peakAt > HOLD_MS) [this.peak, this.peakAt] = [this.shown, now];
    this.paint();
    if (now - this.saidAt > 200) this.say(now);
  }

  paint() {
    const { canvas } = this, scale = devicePixelRatio || 1;
    const wide = Math.round(canvas.clientWidth * scale), high = Math.round(canvas.clientHeight * scale);
    if (canvas.width !== wide || canvas.height !== high) [canvas.width, canvas.height] = [wide, high];
    const pen = canvas.getContext("2d"), style = getComputedStyle(canvas);
    const at = (db) => Math.max(0, Math.min(1, 1 - db / FLOOR_DB)) * wide;
    pen.fillStyle = style.getPropertyValue("--line");
    pen.fillRect(0, 0, wide, high);
    for (const [from, to, colour] of [[FLOOR_DB, WARM_DB, "--good"], [WARM_DB, HOT_DB, "--warm"], [HOT_DB, 0, "--hot"]]) {
      pen.fillStyle = style.getPropertyValue(colour);
      const end = Math.min(this.shown, to);
      if (end > from) pen.fillRect(at(from), 0, at(end) - at(from), high);
    }
    pen.fillStyle = style.getPropertyValue("--ivory");
    for (let db = FLOOR_DB + 6; db < 0; db += 6) pen.fillRect(Math.round(at(db)), 0, scale, high);
    if (this.peak > FLOOR_DB) {
      pen.fillStyle = style.getPropertyValue("--ink");
      pen.fillRect(Math.min(wide - 2 * scale, at(this.peak)), 0, 2 * scale, high);
    }
  }

  say(now) {
    this.saidAt = now;
    const text = this.shown > FLOOR_DB ? `${this.shown.toFixed(0)} dBFS` : "silence";
    this.number.textContent = text;
    this.element.setAttribute("aria-valuenow", Math.max(FLOOR_DB, this.shown).toFixed(0));
    this.element.setAttribute("aria-valuetext", text);
  }
}
