// The state of the page, which its parts share.

export const state = {
  /** The server's data about the tenant: name, models, usage. */
  me: null,
  /** The loaded part of the list, whether there is more of it, and whether it is the archive. */
  sessions: [],
  moreSessions: false,
  archived: false,
  /** The open conversation if it is not in the list. */
  other: null,
  /** The id of the open conversation, or null for a new one, which its first message creates. */
  current: null,
  /** The model chosen for a new conversation. */
  model: null,
  /** The turn that this page is reading: { view, abort, stopping }, or null. */
  live: null,
  /** The id of the oldest turn shown. `more` tells whether older ones exist. */
  oldest: null,
  more: false,
  /** The newest turn whose prompt had earlier ones, or null. */
  seen: null,
  /** Whether the page scrolls along with the end of the conversation. */
  stick: true,
};

/** The functions of `chat.js` that other parts call, which it fills in. */
export const page = {};
