// Defines the elements that the pages hold. Gradio puts them in whenever it likes; they come alive by themselves.
import "./lamp.js";
import "./live.js";
import "./talk.js";
