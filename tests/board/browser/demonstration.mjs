// The three complaints of deploy/quickstart, through a broker and the workers, watched in Chromium: after each step the screen says what
// Redis says.
import { test, before, after } from "node:test";
import assert from "node:assert/strict";
import { readFileSync, cpSync, writeFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { World, until, bin, tokens } from "./world.mjs";

const workers = ["intake", "classification", "sla", "compensation", "notification", "gateway"];
const SHARDS = 2;
let world, page;
const caseOf = {};
const events = [];

before(async () => {
  world = await World.start({ shards: SHARDS, prefix: "redress-demo", yaml: "tokens_file: {dir}/tokens\nanonymous: local\nprivate: [manager]\n" });
  // The deadlines of the demonstration, twice as long: sanitizers are slow.
  const sla = readFileSync("deploy/demo/sla.yaml", "utf8").replace("within: 8s", "within: 16s").replace("within: 20s", "within: 40s");
  writeFileSync(join(world.policies, "sla.yaml"), sla);
  const gateway = readFileSync("deploy/policies/gateway.yaml", "utf8").replace(/path: [^}]*}/, `path: "${join(world.dir, "deliveries.jsonl")}"}`);
  writeFileSync(join(world.policies, "gateway.yaml"), gateway);
  const broker = world.run("broker", join(bin, "redress-devbroker"), ["--partitions", String(SHARDS)]);
  for await (const line of createInterface({ input: broker.stdout }))
    if (line.startsWith("bootstrap servers: ")) {
      world.env.REDRESS_KAFKA_BOOTSTRAP_SERVERS = line.slice("bootstrap servers: ".length);
      break;
    }
  world.env.REDRESS_DEMONSTRATION = "true";
  let port = 20000 + (process.pid % 9000);
  world.ports = {};
  for (const name of workers) {
    world.ports[name] = port += 1;
    world.run(name, join(bin, `redress-${name}`), [], { ...world.env, REDRESS_INSTANCE: `demo-${name}`, REDRESS_HTTP_LISTEN: `127.0.0.1:${port}` }).stdout.resume();
  }
  const listed = workers.map((name) => `  - {name: ${name}, url: "http://127.0.0.1:${world.ports[name]}"}`).join("\n");
  writeFileSync(join(world.policies, "board.yaml"), `version: test\ntokens_file: ${world.dir}/tokens\nanonymous: local\nprivate: [manager]\nworkers:\n${listed}\n`);
  await until(async () => (await Promise.all(workers.map(async (name) => (await fetch(`http://127.0.0.1:${world.ports[name]}/readyz`)).ok))).every(Boolean), "the workers", 120000);
  const log = world.run("events", join(bin, "redressctl"), ["events", "--follow", "--json"]);
  createInterface({ input: log.stdout }).on("line", (line) => {
    const event = JSON.parse(line);
    events.push(event);
    const number = /^D.*-(\d)$/.exec(event.data?.order?.id ?? "")?.[1];
    if (event.type === "case.opened" && number) caseOf[number] = event.data.case_id;
  });
  await world.startBoard("--allow-decisions");
  await world.openBrowser();
  page = await world.page();
  await page.goto(`${world.url}/?view=due`);
});
after(async () => world?.close());

function publish(file, pattern, values = {}) {
  const lines = readFileSync(`deploy/demo/${file}`, "utf8").split("\n").filter((line) => line.includes(pattern));
  const text = lines.map((line) => Object.entries({ now: new Date().toISOString(), run: "7", ...values }).reduce((done, [key, value]) => done.replaceAll(`{${key}}`, value), line)).join("\n");
  execFileSync(join(bin, "redressctl"), ["publish", "-"], { input: `${text}\n`, env: world.env, stdio: ["pipe", "ignore", "pipe"] });
}
const seen = (type, number, more = () => true) => until(() => events.find((one) => one.type === type && one.data.case_id === caseOf[number] && more(one.data)), `${type}/${number}`);

/** Case by case: what Redis says of the deadlines that matter. */
function fromRedis() {
  const found = [];
  for (let shard = 0; shard < SHARDS; shard++)
    for (const key of world.redis("KEYS", `redress-demo:{sla.${shard}}:case:*`).split("\n").filter(Boolean)) {
      const hash = world.hash(key);
      for (const [field, state] of Object.entries(hash)) {
        if (!field.endsWith("_state") || !["running", "breached"].includes(state) || !hash[field.replace(/_state$/, "_due")]) continue;
        const target = field.slice(0, -"_state".length);
        found.push({ case_id: key.split(":").at(-1), target, state, due_at: Number(hash[`${target}_due`]), class: hash.class, severity: hash.severity, status: hash.status });
      }
    }
  return found.sort((a, b) => a.due_at - b.due_at || (a.case_id + a.target < b.case_id + b.target ? -1 : 1));
}
async function fromScreen() {
  const items = await page.locator("#body tbody tr").evaluateAll((list) => list.map((row) => JSON.parse(row.dataset.image)));
  return items.map(({ case_id, target, state, due_at, class: named, severity, status }) => ({ case_id, target, state, due_at: Date.parse(due_at), class: named, severity, status }));
}
/** Within a moment the screen says what Redis says; what it said is returned. */
async function same(step) {
  let shown, expected;
  await until(async () => {
    expected = JSON.stringify(fromRedis());
    shown = JSON.stringify(await fromScreen());
    return shown === expected;
  }, step, 20000).catch(() => assert.equal(shown, expected, step));
}

test("the demonstration, step by step", async () => {
  await page.waitForSelector("text=Nothing is due that fits");
  publish("complaints.jsonl", "");
  for (const number of [1, 2, 3]) await seen("sla.started", number);
  await same("opened");
  assert.ok((await page.locator("#body tbody tr").count()) >= 6);
  publish("steps.jsonl", "{run}-contacted", { case: caseOf[1] });
  await seen("sla.met", 1, (data) => data.target === "first_contact");
  await same("contacted");
  await seen("sla.warned", 2);
  await same("warned");

  // The proposal waits; who may approve it does, where he looks.
  const proposed = await seen("compensation.proposed", 1);
  const needed = proposed.data.needs?.role;
  const approver = await world.page();
  await approver.goto(world.url);
  await approver.evaluate((token) => sessionStorage.setItem("token", token), tokens.anna);
  await approver.goto(`${world.url}/?view=approvals`);
  const line = approver.locator(`tr[data-key="${proposed.data.proposal_id}"]`);
  await line.waitFor();
  assert.match(await line.textContent(), new RegExp(needed));
  await line.locator("button:has-text('Approve')").click();
  await approver.fill("#decision-words", "seen the photo");
  await approver.click("#decision-send");
  const decided = await seen("decision.approved", 1);
  assert.equal(decided.data.actor, "anna");
  assert.equal(decided.data.role, "manager");
  assert.equal(decided.data.comment, "seen the photo");
  assert.equal(decided.source, "/redress/board");
  await seen("compensation.approved", 1);
  await until(async () => (await line.count()) === 0, "it waits no longer");
  publish("steps.jsonl", "{run}-chosen", { case: caseOf[1], proposal: proposed.data.proposal_id });
  await seen("compensation.chosen", 1);
  await approver.goto(`${world.url}/?view=case&id=${caseOf[1]}`);
  await approver.waitForSelector("text=(chosen)");
  assert.ok((await approver.locator("main").textContent()).includes("林女士")); // a manager may see her name
  assert.deepEqual(approver.wrong, []);

  publish("steps.jsonl", "{run}-resolved", { case: caseOf[1] });
  await seen("case.resolved", 1);
  await same("resolved");
  await seen("sla.breached", 2);
  await same("missed");
  const late = page.locator(`tr[data-key="${caseOf[2]}.first_contact"]`);
  await until(async () => (await late.getAttribute("class"))?.includes("late"), "the line has turned");
  await seen("sla.escalated", 2);
  publish("steps.jsonl", "{run}-late", { case: caseOf[2] });
  await seen("sla.met", 2, (data) => !data.on_time);
  await same("contacted too late");

  // Counts are Redis', too, and the workers say how they are.
  await page.goto(`${world.url}/`);
  await page.waitForSelector(".cards");
  let open = 0;
  for (let shard = 0; shard < SHARDS; shard++) open += Object.values(world.hash(`redress-demo:{sla.${shard}}:count:status`)).reduce((sum, one) => sum + Number(one), 0);
  await until(async () => Number(await page.locator(".card .figure").first().textContent()) === open, "open cases");
  await page.goto(`${world.url}/?view=workers`);
  await until(async () => (await page.locator("text=● ready").count()) === workers.length, "the workers are ready");
  assert.deepEqual(page.wrong, []);
});
