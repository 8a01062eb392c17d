// A Redis, the board and a browser, as processes of one test; all of it ends with the test.
import { spawn, execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync, openSync, readFileSync, cpSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const bin = process.env.BOARD_BIN;
const { chromium } = createRequire(join(process.env.BOARD_MODULES, "package.json"))("playwright-core");
const axeSource = readFileSync(join(process.env.BOARD_MODULES, "node_modules/axe-core/axe.min.js"), "utf8");

export const LIMIT_MS = 60000; // with sanitizers, beside everything else
export async function until(condition, what, limitMs = LIMIT_MS) {
  const end = Date.now() + limitMs;
  let last;
  do {
    try {
      last = await condition();
      if (last) return last;
    } catch (error) {
      last = error;
    }
    await new Promise((done) => setTimeout(done, 50));
  } while (Date.now() < end);
  throw new Error(`not within ${limitMs} ms: ${what}: ${last}`);
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  return port;
}

export const tokens = { anna: "a".repeat(40), bo: "b".repeat(40), lead: "c".repeat(40) };
const tokensFile = `${tokens.anna} anna manager\n${tokens.bo} bo viewer\n${tokens.lead} lead supervisor returns\n`;

export class World {
  static async start({ shards = 4, prefix = "redress", yaml = "" } = {}) {
    const world = new World();
    world.dir = mkdtempSync(join(tmpdir(), "board-"));
    world.children = [];
    world.prefix = prefix;
    world.shards = shards;
    world.socket = join(world.dir, "redis.sock");
    world.port = await freePort();
    world.policies = join(world.dir, "policies");
    cpSync("deploy/policies", world.policies, { recursive: true });
    writeFileSync(join(world.dir, "tokens"), tokensFile);
    writeFileSync(join(world.policies, "board.yaml"), `version: test\n${yaml.replaceAll("{dir}", world.dir)}`);
    world.env = { PATH: process.env.PATH, HOME: process.env.HOME, REDRESS_REDIS_URL: `unix://${world.socket}`, REDRESS_TOPIC_PREFIX: prefix, REDRESS_POLICY_DIR: world.policies,
      REDRESS_KAFKA_BOOTSTRAP_SERVERS: "127.0.0.1:1", ASAN_OPTIONS: process.env.ASAN_OPTIONS ?? "" };
    await world.startRedis();
    return world;
  }
  run(name, program, args, env = this.env) {
    const log = openSync(join(this.dir, `${name}.log`), "a");
    const child = spawn(program, args, { env, stdio: ["pipe", "pipe", log] });
    child.on("error", (error) => { throw error; });
    this.children.push(child);
    return child;
  }
  async startRedis() {
    this.redisChild = this.run("redis", "redis-server", ["--port", "0", "--unixsocket", this.socket, "--dir", this.dir, "--save", "", "--maxmemory-policy", "noeviction"]);
    this.redisChild.stdout.resume();
    await until(() => this.redis("PING") === "PONG", "Redis");
  }
  redis(...words) {
    return execFileSync("redis-cli", ["-s", this.socket, ...words], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trimEnd();
  }
  /** A hash as an object. */
  hash(key) {
    const lines = this.redis("HGETALL", key).split("\n");
    const found = {};
    for (let i = 0; i + 1 < lines.length; i += 2) found[lines[i]] = lines[i + 1];
    return found;
  }
  async startBoard(...args) {
    this.board = this.run("board", join(bin, "redress-board"), ["--listen", `127.0.0.1:${this.port}`, ...args]);
    this.board.stdout.resume();
    this.url = `http://127.0.0.1:${this.port}`;
    await until(async () => (await fetch(`${this.url}/`)).ok, "the board");
  }
  async stop(child, signal = "SIGTERM") {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill(signal);
      await once(child, "exit");
    }
    this.children = this.children.filter((one) => one !== child);
    return child.exitCode;
  }
  async seed(...lines) {
    if (!this.seeder) {
      this.seeder = this.run("seed", process.env.BOARD_SEED ?? join(bin, "../tests/board_seed"), [this.env.REDRESS_REDIS_URL, this.prefix, String(this.shards)]);
      this.answers = createInterface({ input: this.seeder.stdout })[Symbol.asyncIterator]();
    }
    for (const line of lines) {
      this.seeder.stdin.write(`${line}\n`);
      const { value } = await this.answers.next();
      if (value !== "done") throw new Error(`seed: ${line}: ${readFileSync(join(this.dir, "seed.log"), "utf8")}`);
    }
  }
  api(path, headers = {}) {
    return fetch(`${this.url}/api/v1/${path}`, { headers });
  }
  async openBrowser() {
    this.browser = await chromium.launch({ executablePath: process.env.BOARD_CHROMIUM, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
  }
  /** A page that keeps all that it should not have: errors, requests elsewhere, dialogs. */
  async page(options = {}) {
    const context = await this.browser.newContext({ viewport: { width: 1280, height: 900 }, locale: "en-GB", timezoneId: "Asia/Shanghai", ...options });
    const page = await context.newPage();
    page.wrong = [];
    page.on("console", (message) => { if (["error", "warning"].includes(message.type())) page.wrong.push(`console: ${message.text()}`); });
    page.on("pageerror", (error) => page.wrong.push(`error: ${error.message}`));
    page.on("dialog", (dialog) => { page.wrong.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
    page.on("request", (request) => { if (!request.url().startsWith(this.url)) page.wrong.push(`request: ${request.url()}`); });
    page.setDefaultTimeout(LIMIT_MS);
    return page;
  }
  /** Serious findings of axe-core on a page as it is. */
  async axe(page) {
    await page.evaluate(axeSource);
    const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
    return found.violations.filter((one) => ["serious", "critical"].includes(one.impact)).map((one) => `${one.id}: ${one.nodes.map((node) => node.target.join(" ") + " " + (node.any[0]?.message ?? "")).slice(0, 3).join("; ")}`);
  }
  log(name) {
    return readFileSync(join(this.dir, `${name}.log`), "utf8");
  }
  async close() {
    await this.browser?.close();
    this.seeder?.stdin.end();
    for (const child of [...this.children].reverse()) await this.stop(child);
    rmSync(this.dir, { recursive: true, force: true });
  }
}
