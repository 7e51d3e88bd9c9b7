// The pictures that go with the next message: chosen, pasted or dropped, and shown small.
import { $, make, say } from "./dom.js";
import { notice } from "./frame.js";
import { boxOf } from "./pictures.js";
import { call } from "./server.js";
import { w } from "./words.js";

/** Most pictures of a message, and the largest file in bytes. The server has the same limits. */
const MOST = { pictures: 8, bytes: 32 * 2 ** 20 };

/** A picture that is not sent yet. Its file stays with the browser; the page holds a small copy. */
class Picture {
  constructor(file) {
    this.file = file;
    this.name = file.name || w("picture");
    /** The id of the sent file, or null. */
    this.id = null;
    this.width = this.height = 0;
    this.canvas = make("canvas", { role: "img", "aria-label": this.name });
    this.setSize({ width: 1, height: 1 });
  }

  /** Draws the small copy. A format that the browser cannot read stays blank. */
  async draw() {
    let bitmap;
    try {
      bitmap = await createImageBitmap(this.file);
    } catch {
      this.canvas.classList.add("blank");
      return;
    }
    this.setSize(bitmap);
    this.canvas.getContext("2d").drawImage(bitmap, 0, 0, this.canvas.width, this.canvas.height);
    bitmap.close();
  }

  /** Sets the canvas to the size that the picture has in the conversation. */
  setSize({ width, height }) {
    const box = boxOf({ width, height }, true);
    Object.assign(this.canvas, { width: box.width, height: box.height });
  }
}

/** The row of pictures in the message box. */
export class Tray {
  /** @param changed called when a picture comes or goes. */
  constructor(changed) {
    this.pictures = [];
    this.changed = changed;
    $("attach").addEventListener("click", () => $("file").click());
    $("file").addEventListener("change", () => {
      this.add($("file").files);
      $("file").value = "";
    });
    document.addEventListener("paste", (e) => {
      // A spreadsheet copies its cells as text and as a picture of them. The text is meant then.
      const { files, types } = e.clipboardData;
      if (!files.length || types.includes("text/plain")) return;
      if (document.querySelector("dialog[open]")) return;
      e.preventDefault();
      this.add(files);
    });
    this.watchDrops();
  }

  /** Takes files that are dropped on the page, which would replace the page otherwise. */
  watchDrops() {
    const over = (on) => document.body.classList.toggle("dropping", on);
    const hasFiles = (e) => e.dataTransfer?.types.includes("Files");
    addEventListener("dragover", (e) => {
      if (!hasFiles(e)) return;
      e.preventDefault();
      over(true);
    });
    addEventListener("dragleave", (e) => e.relatedTarget || over(false));
    addEventListener("drop", (e) => {
      if (!hasFiles(e)) return;
      e.preventDefault();
      over(false);
      this.add(e.dataTransfer.files);
    });
  }

  /** Adds the pictures among `files`, and says why others are left out. */
  async add(files) {
    if (document.body.classList.contains("out")) return;
    const fresh = [];
    let why = "";
    for (const file of files) {
      if (!file.type.startsWith("image/")) why = w("fileNoPicture", file);
      else if (file.size === 0) why = w("fileEmpty", file);
      else if (file.size > MOST.bytes) why = w("fileLarge", file);
      else if (this.pictures.length + fresh.length === MOST.pictures) {
        why = w("picturesMost", { n: MOST.pictures });
      } else fresh.push(new Picture(file));
    }
    notice(why);
    if (!fresh.length) return;
    this.show([...this.pictures, ...fresh]);
    say(w("picturesAdded", { n: fresh.length }));
    $("text").focus();
    // One after another, because a large picture takes much memory while it is read.
    for (const picture of fresh) await picture.draw();
  }

  /** Shows `pictures` in place of the present ones. */
  show(pictures) {
    this.pictures = pictures;
    $("tray").hidden = !pictures.length;
    $("tray").replaceChildren(...pictures.map((picture) => this.item(picture)));
    this.changed();
  }

  item(picture) {
    const click = () => this.remove(picture);
    const cross = document.querySelector("#shut svg").cloneNode(true);
    const label = w("removeOf", picture);
    const remove = { type: "button", title: w("remove"), "aria-label": label, click };
    return make("li", {}, picture.canvas, make("button", remove, cross));
  }

  /** Removes a picture. The focus goes to the next one's button. */
  remove(picture) {
    const index = this.pictures.indexOf(picture);
    this.show(this.pictures.filter((other) => other !== picture));
    const buttons = $("tray").querySelectorAll("button");
    (buttons[Math.min(index, buttons.length - 1)] ?? $("text")).focus();
    say(w("pictureRemoved", picture));
  }
}

/**
 * Sends the files of `pictures` that the server does not have yet, one after another.
 *
 * @param telling called with words about the progress.
 * @returns the ids of all files.
 */
export async function upload(pictures, signal, telling) {
  for (const [index, picture] of pictures.entries()) {
    if (picture.id) continue;
    telling(w("sending", { n: index + 1, all: pictures.length }));
    const response = await call("POST", "/web/files", picture.file, signal);
    picture.id = (await response.json()).id;
  }
  if (pictures.length) telling("");
  return pictures.map((picture) => picture.id);
}
