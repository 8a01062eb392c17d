// A case's page.
import { t, named, money, moment, number, span } from "/words.js";
import { h, cell, countdown, empty, facts, line, note } from "/parts.js";
import { get, me } from "/main.js";
import { link } from "/pages.js";

const section = (title, ...children) => h("section", { class: "deadline" }, h("h2", null, title), ...children);

function rings(title, list, nameOf) {
  if (!list?.length) return null;
  return h("p", null, `${title}: `, list.map((one) => `${nameOf(one)}${one.rings_at ? ` ${moment(one.rings_at)}` : ""}${one.told ? ` (${t("told")})` : ""}`).join("; "));
}

function deadline(one) {
  const open = ["running", "breached", "late, not reported yet"].includes(one.state);
  return h("div", { class: "deadline", "data-target": one.target },
    h("h3", null, `${named(one.target)}: ${named(one.state)}`),
    h("table", { role: "presentation" }, h("tbody", null, h("tr", null, open ? countdown(one.due_at) : h("td", null, ""),
      cell(t("due_at"), one.due_at ? moment(one.due_at) : "–"), cell(t("policy"), [one.policy, one.within, one.by, one.calendar, one.set_by].filter(Boolean).join(", "))))),
    line(one),
    rings(t("warned"), one.warnings, (ring) => ring.at), rings(t("steps"), one.steps, (ring) => `${ring.after} → ${named(ring.to)}`),
    h("details", null, h("summary", null, t("spans")), h("ul", null, (one.spans ?? []).map((span) =>
      h("li", null, `${moment(span.from)} – ${moment(span.to)}: ${span.counted ? t("counted_span") : t("idle_span")} (${span.why === "open" ? t("open_span") : span.why === "closed" ? t("closed_span") : named(span.why)})`)))));
}

function offer(found) {
  if (!found) return section(t("offer"), h("p", null, t("none")));
  const remedy = (one) => h("li", null, `${named(one.kind)} ${one.amount ? money(one.amount.minor, one.amount.currency) : ""} ${one.detail ?? ""}`);
  return section(t("offer"), facts([[t("proposal"), found.proposal_id], [t("status"), named(found.status)], [t("rule"), found.rule ?? found.proposer],
    [t("needs"), found.role ? `${named(found.role)}, ${t("of", found.approvals ?? 0, found.required ?? 1)}` : ""], [t("cost"), money(found.cost_minor, found.currency)],
    [t("approve_by"), moment(found.approve_by)], [t("choose_by"), moment(found.choose_by)]]),
    (found.options ?? []).map((one) => h("div", null, h("strong", null, `${t("option")} ${one.option}${found.option === one.option ? ` (${t("chosen")})` : ""}: ${one.cost ? money(one.cost.minor, one.cost.currency) : ""}`),
      h("ul", null, (one.remedies ?? []).map(remedy)))),
    (found.settlements ?? []).length ? h("p", null, `${t("settlements")}: `, found.settlements.map((one) => `${one.settlement_id} ${named(one.outcome)}`).join("; ")) : null);
}

function like(one) {
  const option = (found) => `${found.option}${found.option === one.chosen ? ` (${t("chosen")})` : ""}: ${(found.remedies ?? []).map((remedy) => `${named(remedy.kind)} ${remedy.amount ? money(remedy.amount.minor, remedy.amount.currency) : ""}`.trim()).join(", ")}`;
  const said = [t("alike", number(Math.round(one.alike / 10))), one.same?.length ? `${t("same")}: ${one.same.map((fact) => t(`same_${fact}`)).join(", ")}` : "",
    one.took ? t("took", span(Date.parse(one.ended_at) - Date.parse(one.opened_at))) : "", one.score ? t("scored", number(one.score)) : ""];
  return h("li", null, h("a", { href: link("case", { id: one.case_id }), "data-view": "", class: "id" }, one.case_id), ` ${said.filter(Boolean).join(", ")}`,
    h("div", null, one.offer ? `${named(one.offer)}: ${(one.offered ?? []).map(option).join("; ")}` : t("none")));
}

// Asked once for a case that is opened, and again after a minute: what is closed does not change from second to second.
let similar = { id: null, at: 0, list: [] };
async function closedOnes(id) {
  if (similar.id !== id || Date.now() - similar.at > 60000)
    similar = { id, at: Date.now(), list: (await get(`similar/${encodeURIComponent(id)}`, 404).catch(() => ({}))).similar ?? [] };
  return similar.list;
}

const messageState = { sent: "sent_state", under_way: "under_way", again: "again_state", waiting: "waiting_state" };

export const onecase = {
  open: (query) => h("div", null, h("p", null, h("a", { href: link("due"), "data-view": "", id: "back" }, `← ${t("back")}`)), h("h1", null, `${t("case")} `, h("span", { class: "id" }, query.get("id") ?? "")), h("div", { id: "body" }, empty(t("loading")))),
  async update(root, query) {
    const found = await get(`cases/${encodeURIComponent(query.get("id") ?? "")}`, 404);
    const body = root.querySelector("#body");
    if (found.error) return body.replaceChildren(empty(t("no_case"), h("p", null, h("a", { href: link("due"), "data-view": "" }, t("back")))));
    const alike = await closedOnes(found.case_id);
    const opened = [...body.querySelectorAll("details")].map((details) => details.open);
    body.replaceChildren(
      ...(found.notes ?? []).map((text) => note(text)),
      h("div", { class: "columns" },
        section(t("facts"), facts([[t("status"), named(found.status)], [t("class"), named(found.class)], [t("class_by"), found.class_by ? t(found.class_by) : ""], [t("class_rules"), found.class_rules?.join(", ")], [t("severity"), found.severity],
          [t("tier"), named(found.tier)], [t("team"), found.team], [t("assignee"), found.assignee], [t("channel"), found.channel], [t("policy"), [found.policy, found.policy_version].filter(Boolean).join(", ")],
          [t("opened_at"), moment(found.opened_at)], [t("contacted_at"), moment(found.contacted_at)], [t("resolved_at"), moment(found.resolved_at)], [t("closed_at"), moment(found.closed_at)],
          [t("repeats"), found.repeats ? number(found.repeats) : ""], [t("flags"), found.flags?.length ? found.flags.map((flag) => h("span", { class: "flag" }, named(flag))) : ""]].map(([label, value]) => [label, Array.isArray(value) ? h("span", null, value) : value]))),
        offer(found.offer),
        section(t("customer"), found.customer ? facts([["id", found.customer.id], [t("customer"), found.customer.name], ["☎", found.customer.phone], ["✉", found.customer.email], [t("language"), found.customer.locale]])
          : h("p", null, t(me()?.sees_private ? "none" : "private_hidden")))),
      section(t("deadlines"), (found.deadlines ?? []).length ? found.deadlines.map(deadline) : h("p", null, t("none"))),
      section(t("similar"), alike.length ? h("ul", { id: "similar" }, alike.map(like)) : h("p", null, t("none"))),
      h("div", { class: "columns" },
        section(t("messages"), (found.messages ?? []).length ? h("ul", null, found.messages.map((one) => h("li", null, `${named(one.message)}: ${t(messageState[one.state] ?? one.state)}${one.channel ? `, ${one.channel}` : ""}${one.audience ? `, ${named(one.audience)}` : ""}`))) : h("p", null, t("none"))),
        section(t("timeline"), h("ol", { class: "timeline" }, (found.timeline ?? []).map((one) => h("li", null, h("time", { datetime: one.at }, moment(one.at)), ` ${one.type}${one.target ? `: ${named(one.target)}` : ""}`))))));
    [...body.querySelectorAll("details")].forEach((details, i) => { details.open = opened[i] ?? false; });
  },
};
