// Parts of pages: elements, countdowns, tables, charts. Nothing of others is ever read as HTML: texts become text nodes.
import { t, named, span, number, hourOf, moment } from "/words.js";

const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat(Infinity)) {
    if (child === undefined || child === null || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
  return element;
}
export const h = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
export const s = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

// ---- The time: the board's own clock, as far as it is known.
let ahead = 0;
export const setAhead = (ms) => { ahead = ms; };
export const now = () => Date.now() + ahead;

const SOON_MS = 15 * 60 * 1000;
/** How urgent a time is: a word, and a shape, so that colour is not needed. */
export function urgency(dueMs) {
  if (dueMs < now()) return { name: "late", shape: "▲" };
  if (dueMs < now() + SOON_MS) return { name: "soon", shape: "◆" };
  return { name: "calm", shape: "●" };
}
/** A cell that counts down; turn() keeps it going. */
export function countdown(due) {
  const cell = h("td", { class: "left", "data-due": due ? Date.parse(due) : undefined, "data-label": t("left") });
  if (due) show(cell);
  else cell.textContent = "–";
  return cell;
}
function show(cell) {
  const due = Number(cell.dataset.due);
  const { name, shape } = urgency(due);
  const left = span(due - now());
  const text = `${shape} ${due < now() ? t("late_by", left) : left}`;
  if (cell.textContent !== text) cell.textContent = text;
  const row = cell.parentElement;
  if (!row || row.dataset.urgency === name) return;
  if (row.dataset.urgency) row.classList.add("turned");
  row.classList.remove("late", "soon", "calm");
  row.classList.add(name);
  row.dataset.urgency = name;
}
export function turn() {
  for (const cell of document.querySelectorAll("[data-due]")) show(cell);
}

// ---- Lists
/** A table whose rows stay the same elements while it is filled anew, so that focus stays where it is. */
export function table(caption, columns) {
  const body = h("tbody");
  const title = h("caption", null, caption);
  const element = h("table", null, title,
    h("thead", null, h("tr", null, columns.map(([, label]) => h("th", { scope: "col" }, label)))), body);
  const rows = new Map();
  const update = (items, keyOf, cellsOf, said) => {
    if (said) title.textContent = said;
    const seen = new Set();
    let before = null;
    for (const item of items) {
      const key = keyOf(item);
      const image = JSON.stringify(item);
      seen.add(key);
      let row = rows.get(key);
      if (!row) rows.set(key, row = h("tr", { "data-key": key }));
      if (row.dataset.image !== image) {
        row.dataset.image = image;
        delete row.dataset.urgency;
        const focus = row.contains(document.activeElement);
        row.replaceChildren(...cellsOf(item));
        if (focus) row.querySelector("a, button")?.focus();
      }
      const next = before ? before.nextSibling : body.firstChild;
      if (next !== row) body.insertBefore(row, next);
      before = row;
    }
    for (const [key, row] of rows) {
      if (seen.has(key)) continue;
      row.remove();
      rows.delete(key);
    }
    turn();
  };
  return { element, update };
}
export const cell = (label, ...children) => h("td", { "data-label": label }, h("span", null, ...children));
export const empty = (text, ...more) => h("div", { class: "empty" }, h("p", null, text), ...more);
export const note = (text, kind) => h("p", { class: `note ${kind ?? ""}`, role: kind === "late" ? "alert" : undefined }, text);
export const facts = (pairs) => h("dl", { class: "facts" },
  pairs.filter(([, value]) => value !== undefined && value !== "" && value !== null).map(([label, value]) => [h("dt", null, label), h("dd", null, value)]));

/** How many by value, each a link to the deadlines of these. */
export function counts(title, list, link) {
  const most = Math.max(1, ...(list ?? []).map((one) => one.cases));
  return h("section", null, h("h2", null, title), list?.length
    ? h("ul", { class: "counts" }, list.map((one) => h("li", null,
      h("a", { href: link(one.value), "data-view": "" }, named(one.value)),
      h("meter", { min: 0, max: most, value: one.cases, "aria-label": `${named(one.value)}: ${one.cases}` }),
      h("span", null, number(one.cases)))))
    : h("p", null, t("none")));
}

// ---- Charts
const ending = (metrics, end) => (metrics ?? []).filter((one) => one.value === end || one.value.endsWith(`_${end}`)).reduce((sum, one) => sum + one.cases, 0);
export const kinds = ["opened", "resolved", "met", "breached"];
export const hourFigures = (hours) => hours.map((hour) => ({ from: hour.from, ...Object.fromEntries(kinds.map((kind) => [kind, ending(hour.metrics, kind)])) }));

/** Bars by hour of one kind; the figures stand in a table as well. */
export function bars(figures, kind) {
  const most = Math.max(1, ...figures.map((hour) => hour[kind]));
  const width = 12;
  const height = 64;
  return h("figure", null,
    s("svg", { viewBox: `0 0 ${figures.length * width} ${height + 16}`, role: "img", "aria-label": `${t(kind)}: ${number(figures.reduce((sum, one) => sum + one[kind], 0))}` },
      s("line", { class: "axis", x1: 0, x2: figures.length * width, y1: height, y2: height }),
      figures.map((hour, i) => [
        s("rect", { class: `bar-${kind}`, x: i * width + 1, width: width - 2, y: height - (hour[kind] * (height - 4)) / most, height: (hour[kind] * (height - 4)) / most },
          s("title", null, `${moment(hour.from)}: ${hour[kind]}`)),
        i % 6 === 0 ? s("text", { x: i * width, y: height + 13 }, hourOf(hour.from)) : null])),
    h("figcaption", null, `${t(kind)}: ${number(figures.reduce((sum, one) => sum + one[kind], 0))}`));
}

/** A deadline on a line: what counted is full, what did not is hatched; the due time and now are lines. */
export function line(deadline) {
  const spans = deadline.spans ?? [];
  const due = deadline.due_at ? Date.parse(deadline.due_at) : null;
  const times = [Date.parse(deadline.cycle), ...spans.flatMap((one) => [Date.parse(one.from), Date.parse(one.to)]), due, now()].filter((time) => time);
  const from = Math.min(...times);
  const to = Math.max(...times, from + 1000);
  const width = 600;
  const x = (time) => ((time - from) * width) / (to - from);
  const parts = [];
  for (const one of spans) {
    const left = x(Date.parse(one.from));
    const wide = Math.max(1, x(Date.parse(one.to)) - left);
    parts.push(s("rect", { class: one.counted ? "span-counted" : "span-idle", "data-counted": String(one.counted), x: left, y: 6, width: wide, height: 16 },
      s("title", null, `${moment(one.from)} – ${moment(one.to)}: ${one.counted ? t("counted_span") : t("idle_span")} (${named(one.why)})`)));
    for (let at = left + 4; !one.counted && at < left + wide; at += 8) parts.push(s("line", { class: "hatch", x1: at, x2: at + 5, y1: 22, y2: 6 }));
  }
  if (due) parts.push(s("line", { class: "due-line", x1: x(due), x2: x(due), y1: 0, y2: 28 }));
  parts.push(s("line", { class: "now-line", x1: x(now()), x2: x(now()), y1: 0, y2: 28 }));
  return s("svg", { viewBox: `0 0 ${width} 28`, role: "img", "aria-label": `${named(deadline.target)}: ${spans.map((one) => `${moment(one.from)} ${one.counted ? t("counted_span") : t("idle_span")}`).join("; ")}` }, parts);
}
