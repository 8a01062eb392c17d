// The board: which page is shown, how it stays fresh, who has signed in. Pages are in pages.js and case.js.
import { t, choose, language, languages, moment, zone, named } from "/words.js";
import { h, turn, setAhead, empty, note } from "/parts.js";
import * as pages from "/pages.js";
import { onecase } from "/case.js";

const views = { overview: pages.overview, due: pages.due, cases: pages.cases, approvals: pages.approvals, budgets: pages.budgets, causes: pages.causes, workers: pages.workers, case: onecase };
const inMenu = ["overview", "due", "approvals", "causes", "budgets", "workers"];
const letters = { o: "overview", d: "due", a: "approvals", c: "causes", b: "budgets", w: "workers" };
const state = { me: null, line: "connecting", version: null, asOf: null, redis: "ok", root: null, name: "", query: null, drawing: false, again: false };
export const me = () => state.me;

// ---- Asking
const token = () => sessionStorage.getItem("token");
const headers = (more) => (token() ? { ...more, authorization: `Bearer ${token()}` } : { ...more });

class Unanswered extends Error {}
class SignIn extends Error {}

async function ask(path, options) {
  try {
    return await fetch(`/api/v1/${path}`, { ...options, headers: headers(options?.headers), credentials: "same-origin" });
  } catch {
    throw new Unanswered();
  }
}
/** JSON of the API; a status that is allowed to fail gives {error}. */
export async function get(path, allowed) {
  const answer = await ask(path);
  if (answer.status === 401) throw new SignIn();
  if (answer.ok || answer.status === allowed) return answer.json();
  const { detail } = await answer.json().catch(() => ({ detail: answer.statusText }));
  throw new Error(detail);
}
export async function send(path, body) {
  try {
    const answer = await ask(path, { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json", "x-redress-csrf": state.me?.csrf ?? "" } });
    return await answer.json();
  } catch (error) {
    return { error: "failed", detail: error.message || t("offline") };
  }
}
/** Says something, to eyes and to screen readers. */
export function say(text, bad) {
  document.getElementById("told").textContent = text;
  const shown = note(text, bad ? "late" : "");
  state.root?.prepend(shown);
  setTimeout(() => shown.remove(), 8000);
}

// ---- Frame
function drawFrame() {
  document.documentElement.lang = language();
  document.getElementById("skip").textContent = t("skip");
  const select = h("select", { id: "language", "aria-label": t("language"), onchange: (event) => { choose(event.target.value); drawFrame(); show(); } },
    languages.map(([name, text]) => h("option", { value: name, selected: name === language() }, text)));
  const who = state.me?.name
    ? [h("span", null, `${state.me.name} (${named(state.me.role)}${state.me.team ? `, ${state.me.team}` : ""})`), token() ? h("button", { id: "sign-out", onclick: signOut }, t("sign_out")) : null]
    : h("button", { id: "sign-in", onclick: () => signIn() }, t("sign_in"));
  document.getElementById("top").replaceChildren(h("a", { class: "name", href: "/", "data-view": "" }, "Redress"),
    h("nav", { "aria-label": "Redress" }, inMenu.map((name) => h("a", { href: pages.link(name), "data-view": "", "aria-current": name === state.name ? "page" : undefined }, t(name)))),
    h("div", { class: "tools" }, h("span", { id: "line", class: "pill" }), select, h("button", { id: "theme", "aria-label": t("theme"), title: t("theme"), onclick: changeTheme }, "◐"), who));
  drawLine();
}
function drawLine() {
  const line = document.getElementById("line");
  const good = state.line === "live" && state.redis === "ok";
  line.className = `pill ${good ? "live" : state.line === "connecting" ? "" : "away"}`;
  line.textContent = state.line !== "live" ? t(state.line) : state.redis === "ok" ? `● ${t("live")}` : `▲ ${t("redis_away")}`;
  const since = state.asOf ? moment(state.asOf) : "–";
  const help = state.line === "offline" ? t("offline_help", since) : state.line === "live" && state.redis !== "ok" ? t("redis_help", since) : null;
  document.getElementById("foot").replaceChildren(...[help ? note(help, "late") : null, h("p", null, t("as_of", since, zone)), h("p", null, `${t("help")}: ${t("keys")}`)].filter(Boolean));
}
function changeTheme() {
  const theme = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  document.documentElement.dataset.theme = theme;
  localStorage.setItem("theme", theme);
}
document.documentElement.dataset.theme = localStorage.getItem("theme") || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");

// ---- Signing in
function signOut() {
  sessionStorage.removeItem("token");
  location.reload();
}
function signIn(bad) {
  const input = h("input", { type: "password", id: "token", autocomplete: "off", required: true });
  const form = h("form", { class: "filters" }, h("label", null, t("token"), input), h("button", { class: "strong" }, t("sign_in")));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    sessionStorage.setItem("token", input.value.trim());
    start();
  });
  document.getElementById("main").replaceChildren(h("h1", null, t("sign_in")), ...(bad ? [note(t("sign_bad"), "late")] : []), h("p", null, t("sign_help")), form);
  state.root = null;
  input.focus();
}

// ---- Pages
/** Goes to a link of the board. */
export function view(href) {
  history.pushState(null, "", href);
  show();
  document.getElementById("main").focus({ preventScroll: true });
  window.scrollTo(0, 0);
}
view.refresh = () => refresh();

function show() {
  state.query = new URLSearchParams(location.search);
  state.name = Object.hasOwn(views, state.query.get("view") ?? "") ? state.query.get("view") : "overview";
  state.root = views[state.name].open(state.query);
  document.getElementById("main").replaceChildren(state.root);
  document.title = `${state.name === "case" ? state.query.get("id") : t(state.name)} · Redress`;
  drawFrame();
  refresh();
}
/** One at a time; what comes meanwhile is drawn after it. */
async function refresh() {
  if (state.drawing) {
    state.again = true;
    return;
  }
  state.drawing = true;
  const root = state.root;
  try {
    if (root) await views[state.name].update(root, state.query);
    turn();
    document.body.dataset.drawn = String(state.version);
  } catch (error) {
    failed(error, root);
  }
  state.drawing = false;
  if (!state.again) return;
  state.again = false;
  refresh();
}
function failed(error, root) {
  if (root !== state.root) return;
  if (error instanceof SignIn) {
    signIn(Boolean(token()));
  } else if (error instanceof Unanswered) {
    state.line = "offline";
    drawLine();
  } else {
    root?.querySelector("#body")?.replaceChildren(empty(t("error", error.message), h("button", { onclick: () => refresh() }, t("again"))));
  }
}

// ---- Live
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
function tick(data) {
  const told = JSON.parse(data);
  if (told.as_of) setAhead(Math.abs(Date.parse(told.as_of) - Date.now()) > 2000 ? Date.parse(told.as_of) - Date.now() : 0);
  const changed = told.version !== state.version;
  Object.assign(state, { version: told.version, asOf: told.as_of, redis: told.redis, line: "live" });
  drawLine();
  if (changed) refresh();
}
async function listen() {
  const answer = await ask("stream");
  if (answer.status === 401) throw new SignIn();
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let text = ""; ;) {
    const { value, done } = await reader.read();
    if (done) return;
    text += value;
    for (let end; (end = text.indexOf("\n\n")) >= 0; text = text.slice(end + 2)) {
      const data = text.slice(0, end).split("\n").find((line) => line.startsWith("data: "));
      if (data) tick(data.slice(6));
    }
  }
}
async function keepListening() {
  for (let wait = 500; ; wait = Math.min(wait * 2, 15000)) {
    const began = Date.now();
    try {
      await listen();
    } catch (error) {
      if (error instanceof SignIn) return;
    }
    if (Date.now() - began > 5000) wait = 500;
    state.line = "offline";
    drawLine();
    await pause(wait + Math.random() * 500);
  }
}

// ---- Keys
function move(step) {
  const links = [...document.querySelectorAll("#main tbody a")];
  if (!links.length) return;
  const at = links.indexOf(document.activeElement);
  links[Math.max(0, Math.min(links.length - 1, at < 0 ? 0 : at + step))].focus();
}
let prefix = false;
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.("input, select, textarea, dialog")) return;
  const key = event.key;
  if (prefix && letters[key]) view(pages.link(letters[key]));
  else if (key === "j") move(1);
  else if (key === "k") move(-1);
  else if (key === "/") document.querySelector("form.filters input, form.filters select")?.focus();
  else if (key === "Escape" && state.name === "case") history.length > 1 ? history.back() : view(pages.link("due"));
  else if (key !== "g") return;
  prefix = key === "g" && !prefix;
  event.preventDefault();
});
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-view]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  view(link.getAttribute("href"));
});
window.addEventListener("popstate", show);
setInterval(turn, 250);

async function start() {
  try {
    state.me = await get("me");
  } catch (error) {
    drawFrame();
    if (error instanceof SignIn) return signIn(Boolean(token()));
    state.line = "offline";
    drawLine();
    await pause(2000);
    return start();
  }
  show();
  keepListening();
}
start();
