// The pictures of a turn: thumbnails of a known size, and the full view.
import { $, ask, button, make, say } from "./dom.js";
import { call } from "./server.js";
import { w } from "./words.js";

/** Longest side of a picture in an answer and in a question, in CSS pixels. */
const SIDE = { made: 320, given: 160 };

/** The size in CSS pixels that a picture has in the conversation, known before it is loaded. */
export function boxOf({ width, height }, isGiven) {
  const side = isGiven ? SIDE.given : SIDE.made;
  const scale = Math.min(1, side / Math.max(width, height, 1));
  const fit = (length) => Math.max(1, Math.round(length * scale));
  return { width: fit(width), height: fit(height) };
}

/** The ending of a file's name for its media type. */
const ending = (kind) =>
  kind === "image/jpeg" ? "jpg" : kind.replace(/^image\/|[^a-z0-9].*$/g, "");
const nameOf = (picture) => `berth-${picture.id.slice(0, 8)}.${ending(picture.kind)}`;

/** The pictures of a question or an answer. */
export class Gallery {
  /**
   * @param isGiven whether the user has sent the pictures.
   * @param host `{ refused }`, called when the server has refused something.
   */
  constructor(isGiven, host) {
    this.isGiven = isGiven;
    this.host = host;
    this.shown = [];
    const label = isGiven ? w("picturesSent") : w("pictures");
    this.element = make(
      "ul", { class: `pictures ${isGiven ? "given" : "made"}`, "aria-label": label, hidden: "" },
    );
  }

  /** Shows pictures of the server. `wordsOf` gives the text that describes one. */
  show(pictures, wordsOf) {
    // A turn's end repeats what a reload shows; what is there stays.
    if (this.shown.map((p) => p.id).join() === pictures.map((p) => p.id).join()) return;
    this.shown = pictures;
    this.pictures = pictures.map((picture) => ({ ...picture, words: wordsOf(picture) }));
    this.element.hidden = pictures.length === 0;
    this.element.replaceChildren(...this.pictures.map((picture, i) => this.item(picture, i)));
  }

  /** Shows the small copies of pictures that are being sent. */
  preview(canvases) {
    this.element.hidden = canvases.length === 0;
    this.element.replaceChildren(...canvases.map((canvas) => make("li", {}, canvas)));
  }

  item(picture, index) {
    const box = boxOf(picture, this.isGiven);
    // The same file may be in several turns.
    const lose = () => {
      picture.url = picture.thumbnail = null;
      item.replaceChildren(this.gone(picture));
    };
    const item = make("li", { "data-file": picture.id, lose });
    if (!picture.url) {
      lose();
      return item;
    }
    const { length } = this.pictures;
    const place = length > 1 ? w("thePictureOf", { n: index + 1, all: length }) : w("thePicture");
    const image = make("img", {
      src: picture.thumbnail ?? picture.url, alt: picture.words, ...box,
      loading: "lazy", decoding: "async", error: () => image.classList.add("blank"),
    });
    const label = w("openThe", { place, words: picture.words });
    const click = () => open(this, picture);
    const attributes = { type: "button", class: "open", "aria-label": label, click };
    picture.opener = make("button", attributes, image);
    const bin = button(w("delete"), "link", () => this.remove(picture, item));
    bin.setAttribute("aria-label", w(this.isGiven ? "deleteTheSent" : "deleteThe", { place }));
    const tools = make("div", { class: "tools" }, bin);
    if (!this.isGiven) {
      const save = make("a", { href: picture.url, download: nameOf(picture) }, w("download"));
      save.setAttribute("aria-label", w("downloadThe", { place }));
      tools.prepend(save);
    }
    item.append(picture.opener, tools);
    return item;
  }

  /** The place of a deleted picture, as large as the picture was. */
  gone(picture) {
    const box = boxOf(picture, this.isGiven);
    const label = `${w("deleted")}: ${picture.words}`;
    const canvas = make("canvas", { ...box, role: "img", "aria-label": label });
    const word = make("span", { "aria-hidden": "true" }, w("deleted"));
    return make("div", { class: "gone" }, canvas, word);
  }

  async remove(picture, item) {
    const body = this.isGiven ? w("pictureDeleteSent") : w("pictureDeleteMade");
    if (!(await ask(w("pictureDelete"), body, w("delete")))) return;
    try {
      await call("DELETE", `/web/files/${encodeURIComponent(picture.id)}`);
    } catch (refusal) {
      // It was deleted elsewhere.
      if (refusal.status !== 404) return this.host.refused(refusal);
    }
    for (const shown of document.querySelectorAll(`[data-file="${CSS.escape(picture.id)}"]`)) {
      shown.dispatchEvent(new Event("lose"));
    }
    item.firstChild.tabIndex = -1;
    item.firstChild.focus();
    say(w("pictureDeleted"));
  }
}

// ---------------------------------------------------------------- the full view

let view = null; // { gallery, picture } of the open dialogue

/** Opens the full view. The arrow keys show the turn's other pictures, Escape closes it. */
function open(gallery, picture) {
  $("viewer").showModal();
  turnTo(gallery, picture);
}

function turnTo(gallery, picture) {
  view = { gallery, picture };
  const there = gallery.pictures.filter((p) => p.url);
  const index = there.indexOf(picture);
  const place = there.length > 1 ? w("placeOf", { n: index + 1, all: there.length }) : "";
  $("viewer-words").textContent = picture.words;
  $("viewer-place").textContent = place;
  $("viewer-back").hidden = $("viewer-next").hidden = there.length < 2;
  Object.assign($("viewer-save"), { href: picture.url, download: nameOf(picture) });
  const image = make("img", {
    src: picture.url, alt: picture.words, width: picture.width, height: picture.height,
    error: () => cannotShow(image, picture),
  });
  $("viewer-image").replaceChildren(image);
  if (place) say(w("pictureAt", { place }));
}

/** Shows the thumbnail of a picture in a format that the browser cannot show. */
function cannotShow(image, picture) {
  if (picture.thumbnail && !image.src.endsWith(picture.thumbnail)) image.src = picture.thumbnail;
  else $("viewer-image").replaceChildren(make("p", {}, w("pictureUnseen")));
}

/** Shows the next picture of the turn, or the one before. After the last comes the first. */
function turn(by) {
  const there = view.gallery.pictures.filter((p) => p.url);
  const next = there.indexOf(view.picture) + by + there.length;
  if (there.length > 1) turnTo(view.gallery, there[next % there.length]);
}

/** Connects the dialogue's buttons and keys. */
export function setUpViewer() {
  const dialog = $("viewer");
  $("viewer-back").addEventListener("click", () => turn(-1));
  $("viewer-next").addEventListener("click", () => turn(1));
  $("viewer-shut").addEventListener("click", () => dialog.close());
  // A click beside the picture closes the view.
  dialog.addEventListener("click", (e) => {
    if (e.target === dialog || e.target === $("viewer-image")) dialog.close();
  });
  dialog.addEventListener("keydown", (e) => {
    if (e.key === "ArrowLeft") turn(-1);
    else if (e.key === "ArrowRight") turn(1);
    else return;
    e.preventDefault();
  });
  dialog.addEventListener("close", () => {
    $("viewer-image").replaceChildren();
    view?.picture.opener.focus();
    view = null;
  });
}
