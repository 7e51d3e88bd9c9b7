// The page's words in the reader's language, and its numbers, amounts and dates.
const data = document.getElementById("words")?.content.textContent;
const words = JSON.parse(data || "{}");
// The modules run without a page too, where another program renders Markdown by them.
const lang = document.documentElement?.lang || "en";
const { languages = [] } = globalThis.navigator ?? {};

/** The reader's own kind of the page's language, which has its own figures and dates. */
export const locale = languages.find((l) => l.split("-")[0] === lang) ?? lang;

const plurals = new Intl.PluralRules(locale);
const { pluralCategories } = plurals.resolvedOptions();
const forms = ["one", "few", "many", "other"].filter((form) => pluralCategories.includes(form));

/**
 * The words of `key`, with values in the places of their names.
 *
 * `{n}` stands for the value `n`, and `{n|file|files}` for the form that agrees with the number `n`.
 */
export const w = (key, values = {}) =>
  (words[key] ?? key).replace(/\{(\w+)(?:\|([^}]*))?\}/g, (_, name, nouns) => {
    const value = values[name];
    if (nouns === undefined) return typeof value === "number" ? count(value) : value;
    const list = nouns.split("|");
    return list[forms.indexOf(plurals.select(value))] ?? list.at(-1);
  });

const numbers = new Intl.NumberFormat(locale);
const clock = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" });
const calendar = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });

/** A number with thousands separators. */
export const count = (n) => numbers.format(n ?? 0);

/** The time of day of `ms`, in milliseconds since 1970. */
export const timeOf = (ms) => clock.format(ms);

/** The day and time of `ms`, in milliseconds since 1970. */
export const dateOf = (ms) => calendar.format(ms);

/** An amount in millionths of a dollar. */
export function dollars(micros) {
  const digits = micros < 1e6 ? { minimumSignificantDigits: 2, maximumSignificantDigits: 2 } : {};
  const style = { style: "currency", currency: "USD", currencyDisplay: "narrowSymbol" };
  return (micros / 1e6).toLocaleString(locale, { ...style, ...digits });
}

/** A duration in words, rounded up so that it is never too short. */
export function inWords(seconds) {
  const of = (n, unit) => n.toLocaleString(locale, { style: "unit", unit, unitDisplay: "short" });
  if (seconds < 90) return of(Math.max(1, Math.ceil(seconds)), "second");
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 90) return of(minutes, "minute");
  const hours = Math.floor(minutes / 60);
  if (hours >= 48) return of(Math.ceil(hours / 24), "day");
  if (hours >= 6 || minutes % 60 === 0) return of(Math.ceil(minutes / 60), "hour");
  return `${of(hours, "hour")} ${of(minutes % 60, "minute")}`;
}

/** Turns an error of the server, in lower case and without a full stop, into a sentence. */
export const sentence = (text) =>
  text[0].toUpperCase() + text.slice(1) + (/[.!?。！？]$/.test(text) ? "" : w("fullStop"));
