// The pages: each has open(), which gives its element, and update(), called at first and whenever something has changed.
import { t, named, number, money, moment, spanName, span } from "/words.js";
import { h, table, cell, countdown, counts, empty, note, bars, hourFigures, kinds, now } from "/parts.js";
import { get, send, me, view, say } from "/main.js";

/** A link within the board. */
export const link = (name, filters) => {
  const query = new URLSearchParams();
  if (name !== "overview") query.set("view", name);
  for (const [key, value] of Object.entries(filters ?? {})) if (value) query.set(key, value);
  return query.size ? `/?${query}` : "/";
};

function faults(found) {
  if (!found?.length) return null;
  return h("div", { class: "note late", role: "alert" }, h("strong", null, t("not_all")), h("ul", null, found.map((text) => h("li", null, text))));
}

// ---- Overview
function figure(label, value, kind, href) {
  return h("a", { class: `card ${value ? kind ?? "" : ""}`, href, "data-view": "" }, h("span", { class: "figure" }, typeof value === "number" ? number(value) : value), h("span", { class: "label" }, label));
}

const midnight = () => new Date(new Date().setHours(0, 0, 0, 0)).getTime();

export const overview = {
  open: () => h("div", null, h("h1", null, t("overview")), h("div", { id: "body" }, empty(t("loading")))),
  async update(root) {
    const [found, hours, workers] = await Promise.all([get("counts"), get("hours?hours=48"), get("workers")]);
    const figures = hourFigures(hours.items ?? []);
    const today = figures.filter((hour) => Date.parse(hour.from) >= midnight()).reduce((sum, hour) => sum + hour.breached, 0);
    const due = (name) => (value) => link("due", { [name]: value });
    const shown = figures.slice(-24);
    root.querySelector("#body").replaceChildren(
      ...[faults(found.faults), found.behind ? note(t("behind", number(found.behind))) : null].filter(Boolean),
      h("div", { class: "cards" },
        figure(t("open"), found.open, "", link("cases")),
        figure(t("overdue"), found.overdue, "late", link("due", { overdue: "true" })),
        ...[[15, "due_15m"], [60, "due_1h"], [240, "due_4h"]].map(([minutes, name]) =>
          figure(t("within", spanName(minutes)), found[name], minutes === 15 ? "soon" : "", link("due", { within: minutes === 15 ? "15m" : `${minutes / 60}h` }))),
        figure(t("today"), today, "late", link("due", { overdue: "true" })),
        figure(t("waiting"), found.awaiting_approval, "soon", link("approvals")),
        figure(t("oldest"), found.oldest_opened_at ? span(now() - Date.parse(found.oldest_opened_at)) : "–", "", found.oldest_case ? link("case", { id: found.oldest_case }) : link("cases"))),
      h("section", null, h("h2", null, t("by_hour")),
        h("div", { class: "columns" }, kinds.map((kind) => bars(shown, kind))),
        h("details", null, h("summary", null, t("figures")), h("table", null,
          h("thead", null, h("tr", null, [t("hour"), ...kinds.map((kind) => t(kind))].map((text) => h("th", { scope: "col" }, text)))),
          h("tbody", null, shown.map((hour) => h("tr", null, cell(t("hour"), moment(hour.from)), kinds.map((kind) => cell(t(kind), number(hour[kind]))))))))),
      h("div", { class: "columns" },
        counts(t("by_severity"), found.severity, due("severity")), counts(t("by_class"), found.class, due("class")),
        counts(t("by_team"), found.team, due("team")), counts(t("by_tier"), found.tier, due("tier")), counts(t("by_status"), found.status, due("status"))),
      h("section", null, h("h2", null, t("held")), held(workers.held)));
  },
};

function held(list) {
  if (!list?.length) return h("p", null, t("held_none"));
  return h("ul", null, list.map((one) => h("li", null, h("span", { class: "id" }, one.where), ` ${one.why}`)));
}

// ---- Deadlines and cases
const severities = ["P1", "P2", "P3", "P4"];
const tiers = ["regular", "vip", "svip"];
const texts = ["class", "team", "assignee", "target"];
const filterNames = ["severity", "tier", "class", "team", "assignee", "target", "state", "status", "overdue", "within", "tenant", "channel", "flag"];

function filterForm(query) {
  const choice = (name, label, values) => h("label", null, label, h("select", { name, id: `filter-${name}` },
    h("option", { value: "" }, t("all")), values.map(([value, text]) => h("option", { value, selected: query.get(name) === value }, text))));
  const time = h("label", null, t("time"), h("select", { name: "time", id: "filter-time" }, h("option", { value: "" }, t("all")),
    [["overdue", t("time_overdue")], ["15m", t("within", spanName(15))], ["1h", t("within", spanName(60))], ["4h", t("within", spanName(240))]].map(([value, text]) =>
      h("option", { value, selected: value === (query.get("overdue") === "true" ? "overdue" : query.get("within")) }, text))));
  const form = h("form", { class: "filters", role: "search", "aria-label": t("apply") }, time,
    choice("severity", t("severity"), severities.map((value) => [value, value])), choice("tier", t("tier"), tiers.map((value) => [value, named(value)])),
    texts.map((name) => h("label", null, t(name), h("input", { name, id: `filter-${name}`, size: 12, value: query.get(name) ?? "", autocomplete: "off" }))),
    h("button", { class: "strong" }, t("apply")), h("button", { type: "button", id: "clear", onclick: () => view(link(query.get("view"))) }, t("clear")));
  const submit = () => {
    const data = Object.fromEntries(new FormData(form));
    const { time: chosen, ...rest } = data;
    if (chosen === "overdue") rest.overdue = "true";
    else if (chosen) rest.within = chosen;
    for (const name of ["state", "status", "tenant", "channel", "flag"]) if (query.get(name)) rest[name] = query.get(name);
    view(link(query.get("view"), rest));
  };
  form.addEventListener("submit", (event) => { event.preventDefault(); submit(); });
  for (const select of form.querySelectorAll("select")) select.addEventListener("change", submit);
  return form;
}

const caseLink = (id) => h("a", { class: "id", href: link("case", { id }), "data-view": "" }, id);
const common = (item) => [cell(t("case"), caseLink(item.case_id)), cell(t("class"), named(item.class)), cell(t("severity"), item.severity ?? ""), cell(t("tier"), named(item.tier)),
  cell(t("status"), named(item.status)), cell(t("team"), item.team ?? ""), cell(t("assignee"), item.assignee ?? "")];
const commonColumns = () => ["case", "class", "severity", "tier", "status", "team", "assignee"].map((name) => [name, t(name)]);

const PAGE = 100;
/** Both lists: deadlines, or cases. */
function list(path, title, columns, keyOf, cellsOf) {
  let found = null;
  let wanted = PAGE;
  return {
    open(query) {
      wanted = PAGE;
      found = table("", columns());
      return h("div", null, h("h1", null, title()), filterForm(query), h("div", { id: "faults" }), h("div", { id: "body" }, empty(t("loading"))),
        h("p", null, h("button", { id: "more", hidden: true, onclick: () => { wanted += PAGE; view.refresh(); } }, t("more"))));
    },
    async update(root, query) {
      const asked = new URLSearchParams();
      for (const name of filterNames) if (query.get(name)) asked.set(name, query.get(name));
      asked.set("limit", String(Math.min(wanted, 1000)));
      const page = await get(`${path}?${asked}`);
      let items = page.items ?? [];
      let next = page.next;
      while (next && items.length < wanted) {
        asked.set("after", next);
        const further = await get(`${path}?${asked}`);
        items = items.concat(further.items ?? []);
        next = further.next;
      }
      const all = await get("counts");
      root.querySelector("#faults").replaceChildren(...[faults(all.faults)].filter(Boolean));
      root.querySelector("#more").hidden = !next;
      const body = root.querySelector("#body");
      if (!items.length) return body.replaceChildren(empty(t("none_due")));
      found.update(items, keyOf, cellsOf, t("shown", number(items.length), number(page.total)));
      if (body.firstChild !== found.element) body.replaceChildren(found.element);
    },
  };
}

export const due = list("due", () => t("due"), () => [["left", t("left")], ["target", t("target")], ["due_at", t("due_at")], ...commonColumns()],
  (item) => `${item.case_id}.${item.target}`,
  (item) => [countdown(item.due_at), cell(t("target"), named(item.target), item.state === "lost" ? ` (${named("lost")})` : ""), cell(t("due_at"), moment(item.due_at)), ...common(item)]);

const nextOf = (item) => (item.targets ?? []).filter((one) => one.due_at && ["running", "breached"].includes(one.state)).sort((a, b) => a.due_at.localeCompare(b.due_at))[0];
export const cases = list("cases", () => t("open"), () => [["left", t("left")], ["target", t("target")], ...commonColumns(), ["opened_at", t("opened_at")]],
  (item) => item.case_id,
  (item) => [countdown(nextOf(item)?.due_at), cell(t("target"), named(nextOf(item)?.target ?? "")), ...common(item), cell(t("opened_at"), moment(item.opened_at))]);

// ---- Approvals
function ask(item, decision) {
  const rejects = decision === "rejected";
  const words = h("textarea", { id: "decision-words", rows: 3, maxlength: 2000, required: rejects });
  const dialog = h("dialog", { "aria-labelledby": "decision-title" });
  const form = h("form", { method: "dialog" }, h("h2", { id: "decision-title" }, `${t(rejects ? "reject" : "approve")}: ${item.proposal_id}`),
    h("p", null, money(item.cost_minor, item.currency)), h("label", null, t(rejects ? "reason" : "comment"), words),
    h("div", { class: "row-buttons" }, h("button", { class: "strong", id: "decision-send" }, t(rejects ? "reject" : "approve")),
      h("button", { type: "button", onclick: () => dialog.close() }, t("cancel"))));
  form.addEventListener("submit", async () => {
    const body = { proposal_id: item.proposal_id, decision };
    if (words.value.trim()) body[rejects ? "reason" : "comment"] = words.value.trim();
    const answer = await send("decisions", body);
    say(answer.error ? t("not_sent", answer.detail) : t("sent", item.proposal_id), Boolean(answer.error));
  });
  dialog.addEventListener("close", () => dialog.remove());
  dialog.append(form);
  document.body.append(dialog);
  dialog.showModal();
}

const buttons = (item) => h("td", { class: "bare-not" }, h("span", { class: "row-buttons" },
  h("button", { class: "strong", "aria-label": `${t("approve")} ${item.proposal_id}`, onclick: () => ask(item, "approved") }, t("approve")),
  h("button", { "aria-label": `${t("reject")} ${item.proposal_id}`, onclick: () => ask(item, "rejected") }, t("reject"))));

let waiting = null;
export const approvals = {
  open() {
    const columns = ["left", "proposal", "needs", "counted", "cost", "class", "severity", "tier", "team"].map((name) => [name, t(name)]);
    if (me()?.decides) columns.push(["", ""]);
    waiting = table("", columns);
    return h("div", null, h("h1", null, t("approvals")), me()?.decides ? null : note(me()?.name ? t("read_only") : t("sign_decide")), h("div", { id: "body" }, empty(t("loading"))));
  },
  async update(root) {
    const page = await get("approvals?limit=200");
    const body = root.querySelector("#body");
    if (!page.items?.length) return body.replaceChildren(empty(t("none_waiting")));
    waiting.update(page.items, (item) => item.proposal_id ?? item.case_id, (item) => [countdown(item.approve_by),
      cell(t("proposal"), h("a", { class: "id", href: link("case", { id: item.case_id }), "data-view": "" }, item.proposal_id ?? item.case_id)),
      cell(t("needs"), named(item.role)), cell(t("counted"), t("of", item.approvals, item.required)), cell(t("cost"), money(item.cost_minor, item.currency)),
      cell(t("class"), named(item.class)), cell(t("severity"), item.severity ?? ""), cell(t("tier"), named(item.tier)), cell(t("team"), item.team ?? ""),
      ...(me()?.decides ? [buttons(item)] : [])], t("shown", number(page.items.length), number(page.total)));
    if (body.firstChild !== waiting.element) body.replaceChildren(waiting.element);
  },
};

// ---- Budgets
const amounts = (map) => (map ? Object.entries(map).map(([currency, minor]) => money(minor, currency)).join(", ") : t("any"));
export const budgets = {
  open: () => h("div", null, h("h1", null, t("budgets")), h("div", { id: "body" }, empty(t("loading")))),
  async update(root) {
    const found = await get("budgets");
    const heads = (keys) => h("thead", null, h("tr", null, keys.map((key) => h("th", { scope: "col" }, t(key)))));
    root.querySelector("#body").replaceChildren(
      found.budgets?.length ? h("table", null, heads(["budget", "tenant", "period", "used", "limit", "left"]), h("tbody", null, found.budgets.map((one) => h("tr", null,
        cell(t("budget"), named(one.budget)), cell(t("tenant"), one.tenant), cell(t("period"), one.period),
        cell(t("used"), one.lost ? t("lost") : money(one.used_minor, one.currency), " ", h("meter", { min: 0, max: Math.max(1, one.limit_minor), high: one.limit_minor * 0.9, value: one.used_minor, "aria-label": `${t("used")}: ${named(one.budget)}` })),
        cell(t("limit"), money(one.limit_minor, one.currency)), cell(t("left"), one.lost ? "" : money(one.limit_minor - one.used_minor, one.currency))))))
        : empty(t("budget_none")),
      h("h2", null, t("levels")),
      h("table", null, heads(["needs", "up_to", "counted"]), h("tbody", null, (found.levels ?? []).map((one) => h("tr", null,
        cell(t("needs"), named(one.by)), cell(t("up_to"), amounts(one.up_to)), cell(t("counted"), one.approvals > 1 ? t("people", one.approvals) : t("people", 1)))))));
  },
};

// ---- Causes, and orders at risk
const row = (keys) => h("thead", null, h("tr", null, keys.map((key) => h("th", { scope: "col" }, t(key)))));
const whose = (one) => [cell(t("dimension"), one.dimension ? t(one.dimension) : ""), cell(t("value"), one.value ?? "")];
const tenth = (rate) => number(Math.round(10 * (rate ?? 0)) / 10);
export const causes = {
  open: () => h("div", null, h("h1", null, t("causes")), h("div", { id: "body" }, empty(t("loading")))),
  async update(root) {
    const [risen, atRisk] = await Promise.all([get("causes?limit=200"), get("cohorts?limit=200")]);
    root.querySelector("#body").replaceChildren(
      risen.items?.length ? h("table", null, row(["dimension", "value", "class", "status", "outcome", "complaints", "rate", "usual", "party", "told_at"]),
        h("tbody", null, risen.items.map((one) => h("tr", { class: one.status === "risen" ? "late" : "" }, ...whose(one), cell(t("class"), named(one.class)), cell(t("status"), t(one.status)),
          cell(t("outcome"), one.outcome ? t(one.outcome) : ""), cell(t("complaints"), number(one.complaints ?? 0)), cell(t("rate"), tenth(one.rate)), cell(t("usual"), tenth(one.usual_rate)),
          cell(t("party"), named(one.party)), cell(t("told_at"), one.at ? moment(one.at) : ""))))) : empty(t("none_causes")),
      h("h2", null, t("cohorts")),
      atRisk.items?.length ? h("table", null, row(["dimension", "value", "class", "status", "members", "orders_warned", "ends_at"]),
        h("tbody", null, atRisk.items.map((one) => h("tr", { class: one.status === "waiting" ? "late" : "" }, ...whose(one), cell(t("class"), named(one.class)), cell(t("status"), named(one.status)),
          cell(t("members"), number(one.members)), cell(t("orders_warned"), number(one.warned)), cell(t("ends_at"), one.ends_at ? moment(one.ends_at) : ""))))) : empty(t("none_cohorts")));
  },
};

// ---- Workers
export const workers = {
  open: () => h("div", null, h("h1", null, t("workers")), h("div", { id: "body" }, empty(t("loading")))),
  async update(root) {
    const found = await get("workers");
    const state = (one) => (!one.answers ? `▲ ${t("silent")}` : one.ready ? `● ${t("ready")}` : `◆ ${t("not_ready")}`);
    root.querySelector("#body").replaceChildren(
      found.workers?.length ? h("table", null, h("thead", null, h("tr", null, ["worker", "status", "lag", "says"].map((key) => h("th", { scope: "col" }, t(key))))),
        h("tbody", null, found.workers.map((one) => h("tr", { class: one.ready ? "" : "late" }, cell(t("worker"), one.name), cell(t("status"), state(one)), cell(t("lag"), number(one.lag_records)), cell(t("says"), one.says ?? "")))))
        : empty(t("worker_none")),
      h("h2", null, t("held")), held(found.held), h("h2", null, t("policies")),
      h("ul", null, (found.policies ?? []).map((one) => h("li", null, `${one.worker}: ${one.version}`))));
  },
};
