// Passkeys: made for a person who is logged in, and used to log in.
import { Refusal, call } from "./server.js";
import { w } from "./words.js";

const read = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const write = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

/** Whether this browser has passkeys for this address, which needs a name and https. */
export const hasPasskeys = () =>
  !!globalThis.PublicKeyCredential && !/^[\d.]+$|^\[/.test(location.hostname);

/** Asks the authenticator. A person who says no gets words instead of the browser's error. */
async function authenticator(method, publicKey) {
  try {
    return await navigator.credentials[method]({ publicKey });
  } catch (error) {
    if (error.name === "InvalidStateError") throw new Refusal(400, w("passkeyKnown"));
    throw new Refusal(400, w("passkeyUnused"));
  }
}

/** Makes a passkey with a name. */
export async function addPasskey(name) {
  const o = await (await call("POST", "/web/passkeys/challenge", {})).json();
  const { response } = await authenticator("create", {
    challenge: read(o.challenge),
    rp: { id: o.site, name: "Berth" },
    user: { id: read(o.user), name: o.name, displayName: o.displayName },
    pubKeyCredParams: o.algorithms.map((alg) => ({ type: "public-key", alg })),
    excludeCredentials: o.known.map((id) => ({ type: "public-key", id: read(id) })),
    authenticatorSelection: { residentKey: "required", userVerification: "required" },
    attestation: "none",
  });
  const [client, attestation] = [response.clientDataJSON, response.attestationObject].map(write);
  await call("POST", "/web/passkeys", { name, client, attestation });
}

/** Logs in with a passkey that the person chooses. */
async function logIn() {
  const o = await (await call("POST", "/login/passkey/challenge", {})).json();
  const { rawId, response } = await authenticator("get", {
    challenge: read(o.challenge), rpId: o.site, userVerification: "required",
  });
  await call("POST", "/login/passkey", {
    credential: write(rawId),
    client: write(response.clientDataJSON),
    authenticator: write(response.authenticatorData),
    signature: write(response.signature),
  });
  location.assign("/");
}

const enter = document.getElementById("passkey");
if (enter) {
  enter.hidden = !hasPasskeys();
  enter.addEventListener("click", () =>
    logIn().catch((refusal) => (document.querySelector(".message").textContent = refusal.message)));
}
