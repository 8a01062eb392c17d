// The board in Chromium, on a Redis with cases that the test has put there: what is shown is what Redis has; countdowns, filters, keys,
// languages, widths; hostile texts; roles; what is shown when something is away.
import { test, before, after } from "node:test";
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { World, until, tokens } from "./world.mjs";

const HOSTILE = "%3Cimg%20src=x%20onerror=alert(1)%3E%3C/td%3E%3Cscript%3Ealert(2)%3C/script%3E%E2%80%AEevil";
const HOSTILE_TEXT = decodeURIComponent(HOSTILE);
const CASES = 130;
const images = process.env.BOARD_IMAGES;
let world;

before(async () => {
  world = await World.start({ yaml: "tokens_file: {dir}/tokens\nanonymous: local\nprivate: [manager]\n" });
  await world.seed(`many 0 ${CASES}`);
  await world.startBoard("--allow-decisions");
  await world.openBrowser();
});
after(async () => world?.close());

const rows = (page) => page.locator("#body tbody tr");
async function open(page, query = "") {
  await page.goto(`${world.url}/${query}`);
  await page.waitForSelector(query.includes("case") ? "#body" : "#body > *:not(.empty)");
}
/** Every deadline that stands in an index, by case and target. */
function deadlines() {
  const found = new Map();
  for (let shard = 0; shard < world.shards; shard++)
    for (const target of ["first_contact", "resolution"]) {
      const words = world.redis("ZRANGE", `redress:{sla.${shard}}:by:${target}_due`, "0", "-1", "WITHSCORES").split("\n").filter(Boolean);
      for (let i = 0; i + 1 < words.length; i += 2) found.set(`${words[i]}.${target}`, { id: words[i], shard, due: Number(words[i + 1]) });
    }
  return found;
}
const hash = (id, shard) => world.hash(`redress:{sla.${shard}}:case:${id}`);
function clean(page) {
  assert.deepEqual(page.wrong, []);
}
async function image(page, name) {
  if (images) await page.screenshot({ path: join(images, `${name}.png`) });
}

test("the overview's figures are those of Redis", async () => {
  const page = await world.page();
  await open(page);
  const now = Date.now();
  const all = [...deadlines().values()];
  const statuses = {};
  for (let shard = 0; shard < world.shards; shard++)
    for (const [value, count] of Object.entries(world.hash(`redress:{sla.${shard}}:count:status`))) statuses[value] = (statuses[value] ?? 0) + Number(count);
  const figures = await page.locator(".card").evaluateAll((cards) => Object.fromEntries(cards.map((card) => [card.querySelector(".label").textContent, card.querySelector(".figure").textContent])));
  assert.equal(Number(figures["Open cases"]), Object.values(statuses).reduce((sum, one) => sum + one, 0));
  assert.equal(Number(figures["Open cases"]), CASES);
  const overdue = all.filter((one) => one.due < now).length;
  assert.ok(Math.abs(Number(figures.Overdue) - overdue) <= 2, `${figures.Overdue}, ${overdue}`); // time goes on
  const soon = all.filter((one) => one.due >= now && one.due < now + 900000).length;
  assert.ok(Math.abs(Number(figures["Due within 15 min"]) - soon) <= 2, `${figures["Due within 15 min"]}, ${soon}`);
  const opened = await page.locator(".bar-opened").evaluateAll((list) => list.map((bar) => Number(bar.querySelector("title").textContent.match(/: (\d+)$/)[1])).reduce((sum, one) => sum + one, 0));
  assert.equal(opened, CASES);
  await image(page, "overview");
  clean(page);
});

test("the wall of deadlines is Redis' indexes, in order, whole, and each line its case's hash", async () => {
  const page = await world.page();
  await open(page, "?view=due");
  await image(page, "deadlines");
  const expected = [...deadlines().entries()].sort(([a, one], [b, two]) => one.due - two.due || (a < b ? -1 : 1));
  while (await page.locator("#more").isVisible()) {
    const before = await rows(page).count();
    await page.click("#more");
    await until(async () => (await rows(page).count()) > before, "more lines");
  }
  const keys = await rows(page).evaluateAll((list) => list.map((row) => row.dataset.key));
  assert.deepEqual(keys, expected.map(([key]) => key));
  for (const at of [0, 17, keys.length - 1]) {
    const [key, { id, shard, due }] = expected[at];
    const item = JSON.parse(await rows(page).nth(at).getAttribute("data-image"));
    const found = hash(id, shard);
    for (const name of ["status", "class", "severity", "tier", "assignee"]) assert.equal(item[name], found[name], `${key} ${name}`);
    assert.equal(item.team, world.hash(`redress:{notification.${shard}}:case:${id}`).team);
    assert.equal(Date.parse(item.due_at), due);
  }
  clean(page);
});

test("what changes in Redis changes on the screen, without anything having been pressed", async () => {
  const page = await world.page();
  await page.goto(`${world.url}/?view=due&team=live`);
  await page.waitForSelector("text=Nothing is due that fits");
  await world.seed("case 900 open quality.damaged P2 vip anna live 600000 running 900000 running");
  await until(async () => (await rows(page).count()) === 2, "both deadlines");
  await world.seed("case 900 open quality.damaged P2 vip bo live 600000 met 900000 running");
  await until(async () => (await rows(page).count()) === 1, "one was met");
  assert.match(await rows(page).first().textContent(), /bo/);
  // No deadline moves, another has it: it is shown because somebody looks at it.
  await world.seed("case 900 open quality.damaged P2 vip chen live 600000 met 900000 running");
  await until(async () => /chen/.test(await rows(page).first().textContent()), "another assignee");
  await world.seed("case 900 closed quality.damaged P2 vip chen live - met - met");
  await page.waitForSelector(".empty");
  clean(page);
});

test("a countdown reaches zero and turns: in words, in shape, in colour", async () => {
  const page = await world.page();
  await page.goto(`${world.url}/?view=due&team=count&target=first_contact`);
  await page.waitForSelector("text=Nothing is due that fits");
  // Only now: however long a page takes to come, the countdown is seen.
  await world.seed("case 901 open quality.damaged P1 svip anna count 9000 running 9000000 running");
  await until(async () => (await rows(page).count()) === 1, "the deadline");
  const row = rows(page).first();
  await until(async () => (await row.getAttribute("class")).includes("soon"), "soon");
  assert.match(await row.locator("td.left").textContent(), /◆ 00:0\d/);
  const soon = await row.locator("td.left").evaluate((cell) => getComputedStyle(cell).color);
  await until(async () => (await row.getAttribute("class")).includes("late"), "late", 40000);
  assert.match(await row.locator("td.left").textContent(), /▲ late by 00:[0-3]\d/);
  assert.notEqual(await row.locator("td.left").evaluate((cell) => getComputedStyle(cell).color), soon);
  clean(page);
});

test("filters live in the URL", async () => {
  const page = await world.page();
  await open(page, "?view=due");
  await page.selectOption("#filter-severity", "P1");
  await until(() => page.url().includes("severity=P1"), "the URL");
  await until(async () => { const all = await rows(page).evaluateAll((list) => list.map((row) => JSON.parse(row.dataset.image).severity)); return all.length > 0 && all.every((one) => one === "P1"); }, "only P1");
  await page.fill("#filter-class", "quality.*");
  await page.press("#filter-class", "Enter");
  await until(() => page.url().includes("class=quality"), "the URL");
  await page.reload();
  await page.waitForSelector("#body tbody tr");
  assert.equal(await page.inputValue("#filter-severity"), "P1");
  assert.equal(await page.inputValue("#filter-class"), "quality.*");
  const items = await rows(page).evaluateAll((list) => list.map((row) => JSON.parse(row.dataset.image)));
  assert.ok(items.length > 0 && items.every((one) => one.severity === "P1" && one.class.startsWith("quality.")));
  await page.goBack();
  await until(() => !page.url().includes("class="), "back");
  await page.click("#clear");
  await until(() => !page.url().includes("severity"), "cleared");
  clean(page);
});

test("by keys alone: filter, lines, a case, and back", async () => {
  const page = await world.page();
  await open(page);
  await page.keyboard.press("g");
  await page.keyboard.press("d");
  await page.waitForSelector("#body tbody tr");
  await page.keyboard.press("j");
  const first = await page.evaluate(() => document.activeElement.textContent);
  await page.keyboard.press("j");
  const second = await page.evaluate(() => document.activeElement.textContent);
  assert.match(second, /^[0-9A-Z]{13}-[0-9A-Z]{7}$/);
  await page.keyboard.press("k");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), first);
  await page.keyboard.press("Enter");
  await page.waitForSelector(".deadline svg");
  assert.equal(await page.locator("h1 .id").textContent(), first);
  await page.keyboard.press("Escape");
  await page.waitForSelector("#body tbody tr");
  await page.keyboard.press("/");
  assert.equal(await page.evaluate(() => document.activeElement.closest("form.filters") !== null), true);
  // Tab passes everything; each stop can be seen.
  await page.goto(`${world.url}/?view=due`);
  await page.waitForSelector("#body tbody tr");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.id), "skip");
  for (let i = 0; i < 12; i++) {
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.matches(":focus-visible")), true);
  }
  clean(page);
});

test("a case's page: intervals from the code of `sla explain`, offer, messages, timeline", async () => {
  const page = await world.page();
  await world.seed("case 902 open quality.damaged P1 svip anna returns 4000000 running 9000000 running", "approval 902 supervisor 12345 3600000");
  await until(async () => (await (await world.api("due?team=returns&assignee=anna&limit=1000")).json()).items?.some((one) => one.severity === "P1" && one.tier === "svip"), "the case");
  const { items } = await (await world.api("approvals?limit=1000")).json();
  const { case_id: id } = items.find((one) => one.cost_minor === 12345);
  await open(page, `?view=case&id=${id}`);
  await page.waitForSelector(".deadline svg");
  const explained = (await (await world.api(`cases/${id}`)).json()).deadlines;
  for (const one of explained) {
    const drawn = await page.locator(`[data-target="${one.target}"] rect`).evaluateAll((list) => list.map((rect) => rect.dataset.counted));
    assert.deepEqual(drawn, one.spans.map((span) => String(span.counted)), one.target);
    assert.ok(drawn.length > 0);
  }
  const text = await page.locator("main").textContent();
  for (const part of ["CN¥123.45", "refund", "supervisor", "acknowledgement", "case.opened", "damaged.zh, model"]) assert.ok(text.includes(part), part);
  await image(page, "case");
  await page.goto(`${world.url}/?view=case&id=AAAAAAAAAAAAA-AAAAAAA`);
  await page.waitForSelector("text=There is no such case");
  clean({ wrong: page.wrong.filter((one) => !one.includes("404")) });
});

test("hostile texts are texts", async () => {
  const page = await world.page();
  await world.seed(`case 903 open quality.damaged P1 svip ${HOSTILE} ${HOSTILE} 500000 running 900000 running`);
  await until(async () => (await (await world.api(`due?team=${encodeURIComponent(HOSTILE_TEXT)}`)).json()).total === 2, "the case");
  await open(page, `?view=due&team=${encodeURIComponent(HOSTILE_TEXT)}`);
  assert.equal(await rows(page).count(), 2);
  assert.ok((await rows(page).first().textContent()).includes(HOSTILE_TEXT));
  assert.equal(await page.inputValue("#filter-team"), HOSTILE_TEXT);
  assert.equal(await page.locator("main img, main script").count(), 0);
  await page.evaluate((token) => sessionStorage.setItem("token", token), tokens.anna);
  await rows(page).first().locator("a").click();
  await page.waitForSelector(".deadline svg");
  assert.ok((await page.locator("main").textContent()).includes(HOSTILE_TEXT));
  assert.equal(await page.locator("main img, main script").count(), 0);
  await page.goto(`${world.url}/?view=${encodeURIComponent("<img src=x>")}&id=${encodeURIComponent("</title><script>alert(3)</script>")}`);
  await page.waitForSelector(".cards");
  await page.goto(`${world.url}/?view=case&id=${encodeURIComponent("<img src=x onerror=alert(4)>")}`);
  await page.waitForSelector("text=There is no such case");
  assert.equal(await page.locator("main img").count(), 0);
  clean({ wrong: page.wrong.filter((one) => !one.includes("404")) });
});

test("personal data is for roles that may see it", async () => {
  const { items } = await (await world.api("cases?limit=1")).json();
  const { case_id: id, team } = items[0];
  const asked = async (token) => (await world.api(`cases/${id}`, token ? { authorization: `Bearer ${token}` } : {})).json();
  assert.equal((await asked()).customer, undefined);
  assert.equal((await asked(tokens.bo)).customer, undefined);
  assert.ok((await asked(tokens.anna)).customer.name);
  assert.equal((await world.api("due", { authorization: "Bearer nonsense" })).status, 401);
  // A team lead sees his own: not even that others are there.
  const lead = { authorization: `Bearer ${tokens.lead}` };
  const his = await (await world.api("cases?limit=1000", lead)).json();
  assert.ok(his.items.length > 0 && his.items.every((one) => one.team === "returns"));
  assert.deepEqual((await (await world.api("counts", lead)).json()).team.map((one) => one.value), ["returns"]);
  const other = (await (await world.api("cases?team=care&limit=1")).json()).items[0].case_id;
  assert.equal((await world.api(`cases/${other}`, lead)).status, 404);
  assert.ok(team);
});

test("who has signed in decides; others see that he cannot", async () => {
  const page = await world.page();
  await open(page, "?view=approvals");
  assert.equal(await page.locator("text=Approve").count() > 0 && await page.locator("button:has-text('Approve')").count(), 0);
  await page.click("#sign-in");
  await page.fill("#token", "wrong-wrong-wrong-wrong-wrong-wrong");
  await page.press("#token", "Enter");
  await page.waitForSelector("text=This token is not known.");
  await page.fill("#token", tokens.anna);
  await page.press("#token", "Enter");
  await page.waitForSelector("text=anna (manager)");
  await page.locator("button:has-text('Reject')").first().click();
  await page.fill("#decision-words", "not without a photo");
  await page.click("#decision-send");
  // There is no Kafka in this test: it is said that nothing was sent.
  await page.waitForSelector("text=Not sent:");
  await until(() => /"message":"decision asked for","actor":"anna","role":"manager","peer":"127.0.0.1".*"decision":"rejected".*"status":503/.test(world.log("board")), "the line of the log");
  await page.click("#sign-out");
  await page.waitForSelector("#sign-in");
  clean({ wrong: page.wrong.filter((one) => !/40[01]|503/.test(one)) });
});

test("a decision that another site, or nobody, asks for is refused", async () => {
  const { csrf } = await (await world.api("me", { authorization: `Bearer ${tokens.anna}` })).json();
  const post = async (headers, body = { proposal_id: "X.1", decision: "approved" }) => {
    const answer = await fetch(`${world.url}/api/v1/decisions`, { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json", ...headers } });
    return answer.status;
  };
  const signed = { authorization: `Bearer ${tokens.anna}` };
  assert.equal(await post({}), 403);
  assert.equal(await post(signed), 403);
  assert.equal(await post({ ...signed, "x-redress-csrf": csrf.replace(/^./, (one) => (one === "0" ? "1" : "0")) }), 403);
  assert.equal(await post({ ...signed, "x-redress-csrf": csrf, origin: "https://evil.example" }), 403);
  assert.equal(await post({ ...signed, "x-redress-csrf": csrf, "content-type": "text/plain" }), 403);
  assert.equal(await post({ authorization: `Bearer ${tokens.bo}`, "x-redress-csrf": csrf }), 403);
  assert.equal(await post({ ...signed, "x-redress-csrf": csrf }), 400); // no such proposal's name
  assert.equal(await post({ ...signed, "x-redress-csrf": csrf }, { proposal_id: "BYCRCNPA1C41H-FRGWX4V.1", decision: "rejected" }), 400);
});

test("both languages, both themes, a telephone's width; axe-core finds nothing serious", async () => {
  const { items } = await (await world.api("cases?limit=1")).json();
  const queries = ["", "?view=due", "?view=cases", "?view=approvals", "?view=causes", "?view=budgets", "?view=workers", `?view=case&id=${items[0].case_id}`];
  for (const [locale, colorScheme, width, title] of [["en-GB", "light", 1280, "Overview"], ["zh-CN", "dark", 390, "总览"]]) {
    const page = await world.page({ locale, colorScheme, viewport: { width, height: 844 } });
    for (const query of queries) {
      await open(page, query);
      await until(async () => (await page.locator("text=/Loading|加载中/").count()) === 0, "loaded");
      assert.deepEqual(await world.axe(page), [], `${query} ${locale}`);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.ok(wide <= 0, `${query} at ${width}: ${wide} px too wide`);
    }
    await open(page);
    assert.equal(await page.locator("h1").textContent(), title);
    assert.equal(await page.locator("html").getAttribute("lang"), locale === "zh-CN" ? "zh-CN" : "en");
    if (width === 390) {
      await open(page, "?view=due");
      await image(page, "phone");
    }
    await page.selectOption("#language", locale === "zh-CN" ? "en" : "zh-CN");
    await until(async () => (await page.locator("html").getAttribute("lang")) === (locale === "zh-CN" ? "en" : "zh-CN"), "the other language");
    await page.reload();
    assert.equal(await page.locator("html").getAttribute("lang"), locale === "zh-CN" ? "en" : "zh-CN"); // it is kept
    clean(page);
  }
});

test("every word is there in both languages", async () => {
  const page = await world.page();
  await open(page);
  const missing = await page.evaluate(async () => {
    const used = new Set();
    for (const file of ["main", "pages", "case", "parts"]) {
      const text = await (await fetch(`/${file}.js`)).text();
      for (const [, key] of text.matchAll(/\bt\("([a-z_0-9]+)"/g)) used.add(key);
    }
    const words = await import("/words.js");
    words.choose("zh-CN"); // in which no word is its own key
    return [...used].filter((key) => words.t(key) === key);
  });
  assert.deepEqual(missing, []);
  clean(page);
});

test("what is away is said: the view, the board, Redis; and it comes back by itself", async () => {
  const page = await world.page();
  await open(page, "?view=due");
  await page.waitForSelector("#line.live");
  // A worker makes a view anew.
  world.redis("HSET", "redress:meta", "held:sla.1", "replaying");
  world.redis("SET", "redress:{sla.1}:wiping", "1");
  await page.waitForSelector("text=Not all is shown:");
  world.redis("DEL", "redress:{sla.1}:wiping");
  world.redis("HDEL", "redress:meta", "held:sla.1");
  await until(async () => (await page.locator("text=Not all is shown:").count()) === 0, "all is shown");
  await world.stop(world.board);
  await page.waitForSelector("text=disconnected");
  assert.ok((await rows(page).count()) > 0); // what was known stays
  await world.startBoard("--allow-decisions");
  await page.waitForSelector("#line.live");
  await world.stop(world.redisChild);
  await page.waitForSelector("text=Redis away");
  assert.equal((await world.api("due?limit=1")).status, 200); // as of when it was there
  await world.startRedis(); // empty: no worker has run with it
  await until(async () => (await world.api("counts")).status === 200, "it answers");
  await page.waitForSelector("text=Redis away");
});

test("conditional requests, and refusals in words", async () => {
  const first = await world.api("me");
  const etag = first.headers.get("etag");
  assert.equal((await world.api("me", { "if-none-match": etag })).status, 304);
  const bad = await world.api("due?severity=P9");
  assert.equal(bad.status, 400);
  assert.match((await bad.json()).detail, /severity: expected one of P1, P2, P3, P4/);
  assert.equal((await fetch(`${world.url}/api/v1/due`, { method: "DELETE" })).status, 405);
  assert.equal((await fetch(`${world.url}/../etc/passwd`)).status, 404);
});

test("tokens are read again at SIGHUP", async () => {
  const fresh = "n".repeat(40);
  assert.equal((await world.api("me", { authorization: `Bearer ${fresh}` })).status, 401);
  writeFileSync(join(world.dir, "tokens"), `${fresh} nina finance\n`);
  world.board.kill("SIGHUP");
  await until(async () => (await world.api("me", { authorization: `Bearer ${fresh}` })).status === 200, "the new token");
  assert.equal((await world.api("me", { authorization: `Bearer ${tokens.anna}` })).status, 401);
});
