// A WebSocket that comes back by itself. Every message is an object. While it is away, the last message of each
// kind in `kept` waits for it, as a knob that was turned stays turned; all others are dropped.
const AGAIN_MS = 1000;

export class Wire {
  /** hear(message) takes what arrives, state(open) whether we are connected. */
  constructor(path, hear, state, kept = []) {
    this.waiting = new Map(kept.map((type) => [type, null]));
    this.path = path;
    this.hear = hear;
    this.state = state;
    this.closed = false;
    this.open();
  }

  open() {
    this.socket = new WebSocket(new URL(this.path, location.href.replace(/^http/, "ws")));
    this.socket.addEventListener("open", () => {
      this.state(true);
      for (const [type, message] of this.waiting) {
        if (message) this.send(message);
        this.waiting.set(type, null);
      }
    });
    this.socket.addEventListener("message", (event) => this.hear(JSON.parse(event.data)));
    this.socket.addEventListener("close", () => {
      this.state(false);
      if (!this.closed) setTimeout(() => this.closed || this.open(), AGAIN_MS);
    });
  }

  send(message) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
    else if (this.waiting.has(message.type)) this.waiting.set(message.type, message);
  }

  close() {
    this.closed = true;
    this.socket.close();
  }
}
