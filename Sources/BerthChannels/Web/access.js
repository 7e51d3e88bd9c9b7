// The account dialogue: the person's name, further devices, and the logins. Loaded when it is opened.
import { $, button, make, p } from "./dom.js";
import { addPasskey, hasPasskeys } from "./passkey.js";
import { call, get } from "./server.js";
import { dateOf, w } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";

let dialog;
let page;

/** Runs `action` on an event. A refusal is shown in the dialogue. */
const run = (action) => async (event) => {
  event.preventDefault();
  $("account-problem").textContent = $("account-said").textContent = "";
  try {
    await action(event);
  } catch (refusal) {
    $("account-problem").textContent = refusal.message;
  }
};

// ---------------------------------------------------------------- the name

async function rename() {
  const name = $("account-name").value.trim();
  await call("PATCH", "/web/me", { name });
  page.renamed((await get("/web/me")).name);
  $("account-said").textContent = w("nameSaved");
}

// ---------------------------------------------------------------- a further device

function drawing({ size, path }) {
  const node = (name, values, ...children) => {
    const element = document.createElementNS(SVG, name);
    for (const key in values) element.setAttribute(key, values[key]);
    element.append(...children);
    return element;
  };
  const box = { viewBox: `0 0 ${size} ${size}`, class: "qr", role: "img", "aria-label": w("qrCode") };
  return node("svg", box, node("path", { d: path }));
}

/** Counts down on `timer`, and takes the code away at its end or when it was used. */
function countDown(life, timer) {
  const end = performance.now() + life * 1000;
  clearInterval(countDown.timer);
  countDown.timer = setInterval(async () => {
    const left = Math.ceil((end - performance.now()) / 1000);
    if (!timer.isConnected) return clearInterval(countDown.timer);
    timer.textContent = w("codeLife", { s: left });
    const { length } = $("account-logins").children;
    // The new device is in the list as soon as it is logged in.
    if (left > 0 && left % 5 === 0) await showLogins().catch(() => {});
    const isUsed = $("account-logins").children.length > length;
    if (left > 0 && !isUsed) return;
    clearInterval(countDown.timer);
    $("account-device").replaceChildren();
    $("account-add").hidden = false;
    $("account-said").textContent = isUsed ? w("codeUsed") : w("codeExpired");
  }, 1000);
}

async function addDevice() {
  const { code, url, life_s: life, qr } = await (await call("POST", "/web/devices")).json();
  const timer = p(w("codeLife", { s: life }));
  const here = new URL("/login", url);
  $("account-said").textContent = "";
  $("account-device").replaceChildren(
    ...(qr ? [drawing(qr), p(w("codeScan"))] : [p(w("codeOpen"))]),
    p(make("strong", {}, here.href)),
    p(w("codeType")),
    make("output", { class: "code", tabindex: "0", "aria-label": `${w("code")} ${[...code].join(" ")}` }, code),
    timer,
  );
  $("account-add").hidden = true;
  $("account-device").querySelector("output").focus();
  countDown(life, timer);
}

// ---------------------------------------------------------------- logins

async function showLogins() {
  const { logins } = await get("/web/logins");
  const others = logins.filter((l) => !l.current);
  const end = async (list) => {
    for (const { login } of list) await call("DELETE", `/web/logins/${encodeURIComponent(login)}`);
    await showLogins();
    $("account-close").focus();
  };
  const had = dialog.contains(document.activeElement) && document.activeElement.dataset.login;
  $("account-logins").replaceChildren(...logins.toReversed().map((l) => {
    const [browser, system] = l.device.split(" on ");
    const device = system ? w("browserOn", { browser, system }) : browser || w("browserUnknown");
    const since = make("span", {}, w("since", { date: dateOf(l.created_ms) }));
    if (l.current) return make("li", {}, make("strong", {}, w("thisBrowser", { device })), since);
    const out = button(w("logOut"), "link", run(() => end([l])));
    out.dataset.login = l.login;
    out.setAttribute("aria-label", w("logOutOf", { device, since: since.textContent }));
    return make("li", {}, make("strong", {}, device), since, out);
  }));
  if (had) dialog.querySelector(`[data-login="${CSS.escape(had)}"]`)?.focus();
  const all = button(w("logOutOthers"), "link", run(() => end(others)));
  $("account-others").replaceChildren(...(others.length > 1 ? [all] : []));
}

// ---------------------------------------------------------------- passkeys

async function newPasskey() {
  const { platform } = navigator.userAgentData ?? navigator;
  await addPasskey(platform ? w("passkeyOn", { device: platform }) : w("passkeyHere"));
  await showPasskeys();
  $("account-said").textContent = w("passkeySaved");
}

async function showPasskeys() {
  const { passkeys } = await get("/web/passkeys");
  const path = ({ id }) => `/web/passkeys/${id}`;
  const refresh = async () => {
    await showPasskeys();
    $("account-passkey").focus();
  };
  $("account-passkeys").replaceChildren(...passkeys.map((key) => {
    const since = make("span", {}, w(key.used_ms ? "passkeyUsed" : "passkeyMade", { date: dateOf(key.used_ms || key.created_ms) }));
    const name = make("input", { value: key.name, maxlength: 40, dir: "auto", "aria-label": w("passkeyName", { name: key.name }) });
    name.addEventListener("change", run(async () => {
      await call("PATCH", path(key), { name: name.value });
      $("account-said").textContent = w("passkeyRenamed");
    }));
    const remove = button(w("delete"), "link", run(async () => {
      await call("DELETE", path(key));
      await refresh();
    }));
    remove.setAttribute("aria-label", w("passkeyDelete", { name: key.name }));
    return make("li", {}, name, since, remove);
  }));
}

// ---------------------------------------------------------------- the dialogue

function setUp() {
  dialog = $("account-dialog");
  const on = (id, event, action) => $(id).addEventListener(event, action);
  on("account-form", "submit", run(rename));
  on("account-add", "click", run(addDevice));
  on("account-passkey", "click", run(newPasskey));
  on("account-close", "click", () => dialog.close());
  on("account-dialog", "close", () => $("account-device").replaceChildren());
  $(hasPasskeys() ? "account-without" : "account-passkey").remove();
}

/**
 * Opens the dialogue.
 *
 * @param host `{ name, renamed }`: the person's name now, and a function that is told a new one.
 */
export async function openAccount(host) {
  page = host;
  if (!dialog) setUp();
  $("account-name").value = host.name;
  for (const id of ["account-problem", "account-said"]) $(id).textContent = "";
  $("account-add").hidden = false;
  dialog.showModal();
  await Promise.all([showLogins(), showPasskeys()]);
}
