// Requests to the server.
import { dateOf, sentence, w } from "./words.js";

/** A refusal by the server. Status 0 means that the server could not be reached. */
export class Refusal extends Error {
  constructor(status, message) {
    const plain = status ? w("serverError", { status: `${status}` }) : w("unreachable");
    // A date that is meant for programs.
    const words = (message || plain).replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, (date) =>
      dateOf(Date.parse(date)));
    super(sentence(words));
    this.status = status;
  }
}

let onSignedOut = () => {};

/** Sets the action for an answer which says that the user is not logged in. */
export const whenSignedOut = (action) => (onSignedOut = action);

/**
 * Sends a request and returns the response if its status is 2xx.
 *
 * @param body a file, which the browser sends from its place, or a value that is sent as JSON.
 * @throws {Refusal} for any other answer, or if there is none.
 */
export async function call(method, path, body, signal) {
  const isFile = body instanceof Blob;
  const type = isFile ? body.type || "application/octet-stream" : "application/json";
  const headers = body === undefined ? {} : { "Content-Type": type };
  const content = isFile ? body : JSON.stringify(body);
  let response;
  try {
    response = await fetch(path, { method, headers, body: content, signal });
  } catch {
    throw new Refusal(0);
  }
  if (response.ok) return response;
  const error = (await response.json().catch(() => null))?.error;
  if (response.status === 401) onSignedOut();
  throw new Refusal(response.status, error?.message);
}

/** Fetches the JSON at `path`. */
export const get = async (path) => (await call("GET", path)).json();

/** The path of a turn's resource `rest`. */
export const turnPath = (id, rest) => `/web/turns/${encodeURIComponent(id)}/${rest}`;

/** Yields the events of a stream as `[name, data]`, without comments. */
export async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let [rest, name, data] = ["", "", ""];
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const lines = (rest + value).split("\n");
      rest = lines.pop();
      for (const line of lines.map((l) => l.trimEnd())) {
        if (line.startsWith("event:")) name = line.slice(6).trim();
        else if (line.startsWith("data:")) data += line.slice(5);
        else if (line === "") {
          if (data) yield [name, JSON.parse(data)];
          name = data = "";
        }
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
