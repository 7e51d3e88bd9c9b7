// The message box: its text with the kept draft, the pictures to send, and the hint below it.
import { $ } from "./dom.js";
import { touch } from "./frame.js";
import { Tray } from "./tray.js";
import { w } from "./words.js";

const COMMANDS = "/help  /image  /new  /model  /translate  /usage  /files  /instructions  /prompts  /stop  /web";

export class Composer {
  /** @param state the page's state, whose `current` and `live` are read. */
  constructor(state) {
    this.state = state;
    /** Pictures that were not sent, by conversation, for as long as the page is open. */
    this.kept = new Map();
    this.tray = new Tray(() => this.changed());
    $("text").addEventListener("input", () => this.changed());
  }

  get draft() {
    return `draft ${this.state.current ?? "new"}`;
  }

  get isEmpty() {
    return !$("text").value.trim() && !this.tray.pictures.length;
  }

  /** Shows the kept draft of the open conversation. */
  open() {
    this.set(sessionStorage.getItem(this.draft) ?? "", this.kept.get(this.draft));
  }

  set(text, pictures = []) {
    $("text").value = text;
    this.tray.show(pictures);
  }

  /** Puts a refused message back, unless another one is being written. */
  restore(text, pictures) {
    if (this.isEmpty) this.set(text, pictures);
  }

  changed() {
    const box = $("text");
    if (box.value) sessionStorage.setItem(this.draft, box.value);
    else sessionStorage.removeItem(this.draft);
    if (this.tray.pictures.length) this.kept.set(this.draft, this.tray.pictures);
    else this.kept.delete(this.draft);
    if (!CSS.supports("field-sizing", "content")) {
      box.style.height = "auto";
      box.style.height = `${box.scrollHeight}px`;
    }
    $("send").disabled = this.state.live !== null || this.isEmpty;
    this.hint();
  }

  hint() {
    const calm = (text) => (touch.matches ? "" : text);
    if ($("text").value.startsWith("/")) $("hint").textContent = COMMANDS;
    else if (!navigator.onLine) $("hint").textContent = w("offline");
    else if (this.state.live) $("hint").textContent = calm(w("hintStop"));
    else $("hint").textContent = calm(w("hintSend"));
  }

  /** Shows the button that fits: one to send, or one to stop the answer under way. */
  busy() {
    const on = this.state.live !== null;
    // Hiding a focused button would move the focus to the start of the page.
    if ([$("send"), $("stop")].includes(document.activeElement)) $("text").focus();
    document.body.classList.toggle("busy", on);
    $("send").hidden = on;
    $("stop").hidden = !on;
    $("send").disabled = on || this.isEmpty;
    this.hint();
  }
}
