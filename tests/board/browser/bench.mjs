// Figures, printed and never judged: time to first view, longest frame and memory at 10 000 and 100 000 open cases; what 200 viewers cost
// others who use the same Redis, which is how workers would feel them. Run alone, with programs that were built without sanitizers:
//     tests/board/browser/run build/bin bench.mjs
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { World, until } from "./world.mjs";

const say = (text) => process.stderr.write(`${text}\n`);
const at = (list, share) => [...list].sort((a, b) => a - b)[Math.floor(list.length * share)];
const ms = (value) => `${value.toFixed(value < 10 ? 2 : 0)} ms`;

/** Answers of Redis to a small question, ten at a time a second apart, for so long. */
async function latency(socket, forMs) {
  const client = connect(socket);
  const found = [];
  const end = Date.now() + forMs;
  const answered = () => new Promise((done) => client.once("data", done));
  while (Date.now() < end) {
    const began = performance.now();
    client.write("HGET redress:meta shards\r\n");
    await answered();
    found.push(performance.now() - began);
    await new Promise((done) => setTimeout(done, 5));
  }
  client.destroy();
  return found;
}
const memory = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) / 1024;
const cpu = (pid) => { const words = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" "); return (Number(words[11]) + Number(words[12])) / 100; };

async function frames(page, forMs) {
  return page.evaluate((limit) => new Promise((done) => {
    let longest = 0;
    let last = performance.now();
    const end = last + limit;
    const step = (now) => {
      longest = Math.max(longest, now - last);
      last = now;
      if (now < end) requestAnimationFrame(step);
      else done(longest);
    };
    requestAnimationFrame(step);
  }), forMs);
}

/** A viewer as the page is one: it listens, and asks for what it shows whenever something has changed. */
async function viewer(world, number, stop, asked) {
  const filters = ["", "&severity=P1", "&tier=vip", "&team=care", "&class=quality.*", "&overdue=true"];
  const answer = await world.api("stream");
  const reader = answer.body.getReader();
  let etag = "";
  while (!stop.now) {
    const { done } = await reader.read();
    if (done) return;
    const began = performance.now();
    const page = await world.api(`due?limit=100${filters[number % filters.length]}`, etag ? { "if-none-match": etag } : {});
    await page.arrayBuffer();
    etag = page.headers.get("etag");
    asked.push(performance.now() - began);
  }
  reader.cancel();
}

for (const cases of [10000, 100000]) {
  const world = await World.start({ shards: 12 });
  await world.seed(`many 0 ${cases}`);
  const began = performance.now();
  await world.startBoard();
  await until(async () => (await world.api("due?limit=1")).status === 200, "the first answer");
  const first = performance.now() - began;
  await until(async () => { const found = await (await world.api("counts")).json(); return found.known === cases && found.behind === 0; }, "all are known", 600000);
  say(`${cases} open cases: first answer after ${ms(first)}, all known after ${ms(performance.now() - began)}, memory ${memory(world.board.pid).toFixed(0)} MB`);
  await world.openBrowser();
  const page = await world.page();
  for (const [name, query, selector] of [["overview", "", ".cards"], ["wall of deadlines", "?view=due", "#body tbody tr"]]) {
    const start = performance.now();
    await page.goto(`${world.url}/${query}`);
    await page.waitForSelector(selector);
    say(`  ${name}: first view after ${ms(performance.now() - start)}`);
  }
  const changing = { now: false };
  const changes = (async () => { for (let i = 0; !changing.now; i++) { await world.seed(`many ${(i * 200) % cases} 200`); await new Promise((done) => setTimeout(done, 500)); } })();
  say(`  longest frame in 15 s while 400 cases a second change: ${ms(await frames(page, 15000))}`);
  const before = await latency(world.socket, 10000);
  const stop = { now: false };
  const asked = [];
  const used = cpu(world.board.pid);
  // Their streams break when the board stops, while that is still being waited for.
  const viewers = Promise.allSettled(Array.from({ length: 200 }, (_, i) => viewer(world, i, stop, asked)));
  const during = await latency(world.socket, 15000);
  const share = (cpu(world.board.pid) - used) / 15;
  stop.now = true;
  changing.now = true;
  await Promise.allSettled([changes]);
  await world.stop(world.board);
  const broken = (await viewers).filter((one) => one.status === "rejected" && !String(one.reason?.cause?.message ?? one.reason).includes("other side closed"));
  if (broken.length) throw broken[0].reason;
  say(`  Redis answers others: alone with the board p50 ${ms(at(before, 0.5))}, p99 ${ms(at(before, 0.99))}; with 200 viewers p50 ${ms(at(during, 0.5))}, p99 ${ms(at(during, 0.99))}`);
  say(`  200 viewers: ${asked.length} lists in 15 s, p50 ${ms(at(asked, 0.5))}, p99 ${ms(at(asked, 0.99))}; the board uses ${(share * 100).toFixed(0)} % of a processor`);
  await world.close();
}
