// How the pages do under load: node load.mjs PROGRAM ACCOUNT [--rate 200] [--seconds 60] [--uploads 5] [--rows 2000].
// Requests begin at their appointed times whether or not earlier ones are answered (an open loop), and their time counts
// from the appointment: a server that falls behind cannot hide it. Prints a table and, last, a line of JSON.
import { execFileSync, spawn } from "node:child_process";
import fs from "node:fs";
import http from "node:http";
import { parseArgs } from "node:util";

const { values: given, positionals: [program, account] } = parseArgs({
  allowPositionals: true,
  options: { rate: { type: "string", default: "200" }, seconds: { type: "string", default: "60" }, uploads: { type: "string", default: "5" }, rows: { type: "string", default: "2000" } },
});
const [rate, seconds, uploads, rows] = [given.rate, given.seconds, given.uploads, given.rows].map(Number);
const OFFICERS = 20, CUSTODIANS = 20, WARM_SECONDS = 5;

const started = performance.now();
const server = spawn(program, ["serve", account, "--listen", "127.0.0.1:0", "--json", "--lang", "en"]);
let complaint = "";
server.stderr.on("data", (d) => (complaint += d));
const base = new URL(await new Promise((done, failed) => {
  let said = "";
  server.stdout.on("data", (d) => {
    const url = (said += d).match(/"url": *"([^"]+)"/);
    if (url) done(url[1]);
  });
  server.on("exit", (code) => failed(new Error(`the server ended: ${code} ${said} ${complaint}`)));
}));
console.log(`listening after ${((performance.now() - started) / 1000).toFixed(1)} s`);

const agent = new http.Agent({ keepAlive: true, maxSockets: 256 });
function ask(path, { cookie, body, type, method = body ? "POST" : "GET" } = {}) {
  return new Promise((done) => {
    const headers = { ...(cookie && { cookie }), ...(type && { "content-type": type }), ...(body && { "content-length": Buffer.byteLength(body) }) };
    const request = http.request({ agent, host: base.hostname, port: base.port, path, method, headers }, (r) => {
      const parts = [];
      r.on("data", (d) => parts.push(d));
      r.on("end", () => done({ status: r.statusCode, headers: r.headers, text: () => Buffer.concat(parts).toString() }));
    });
    request.on("error", (e) => done({ status: 0, headers: {}, text: () => String(e) }));
    request.end(body);
  });
}
const form = "application/x-www-form-urlencoded";
async function somebody(login, ...as) {
  const { path } = JSON.parse(execFileSync(program, ["users", account, "--link", login, ...as, "--json"], { encoding: "utf8" }));
  const entered = await ask(path, { body: "x=", type: form });
  return entered.headers["set-cookie"][0].split(";")[0];
}
const officers = [], custodians = [];
for (let n = 0; n < OFFICERS; n++) officers.push(await somebody(`load-officer-${n}`, "--role", "officer"));

// What there is to ask for.
const json = async (path) => JSON.parse(await (await ask(path, { cookie: officers[0] })).text());
const hrefs = async (path, like) => [...new Set([...(await (await ask(path, { cookie: officers[0] })).text()).matchAll(/href="([^"]+)"/g)].map((m) => m[1].replaceAll("&amp;", "&")).filter((h) => like.test(h)))];
const holders = [], lines = [];
for (const page of [1, 2, 3, 4]) holders.push(...(await hrefs(`/holders?page=${page}`, /^\/holders\/./)));
for (const page of [1, 3, 5, 9, 40]) lines.push(...(await hrefs(`/movements?page=${page}`, /^\/(entries|trace|movements)[/?]/)));
const entries = lines.filter((h) => h.startsWith("/entries/")), documents = lines.filter((h) => h.includes("document="));
const substances = await hrefs("/substances", /^\/substances\/./);
const codes = holders.map((h) => decodeURIComponent(h.split("/")[2]));
for (let n = 0; n < CUSTODIANS; n++) custodians.push([await somebody(`load-custodian-${n}`, "--role", "custodian", "--scope", `holder:${codes[n % codes.length]}`), codes[n % codes.length]]);
const pick = (all) => all[Math.floor(Math.random() * all.length)];
const page = (most) => 1 + Math.floor(Math.random() * most);

// Shares of a day's reading.
const reading = [
  [14, "home", () => "/"],
  [10, "home of a firm", null, () => "/"],
  [8, "holder", () => pick(holders)],
  [6, "holders", () => `/holders?page=${page(8)}`],
  [4, "holders, filtered", () => `/holders?q=${encodeURIComponent(pick(codes).slice(0, 4))}`],
  [10, "consignments open", () => `/consignments?state=open&page=${page(5)}`],
  [5, "consignments short, of a holder", () => `/consignments?state=short&holder=${encodeURIComponent(pick(codes))}`],
  [5, "consignments, all", () => `/consignments?page=${page(20)}`],
  [4, "consignments of a firm", null, () => `/consignments?page=${page(3)}`],
  [6, "balances", () => `/balances?unclosed=1&page=${page(20)}`],
  [4, "balances of a substance", () => `/balances?substance=${pick(substances).split("/")[2]}`],
  [6, "movements", () => `/movements?page=${page(50)}`],
  [5, "movements of a holder", () => `/movements?holder=${encodeURIComponent(pick(codes))}&page=${page(5)}`],
  [4, "movements of a document", () => pick(documents)],
  [4, "movements of a firm", null, () => `/movements?page=${page(5)}`],
  [4, "entry", () => pick(entries)],
  [3, "substance", () => pick(substances)],
  [3, "search", () => `/search?q=${encodeURIComponent(pick(codes))}`],
  [3, "questions", () => `/findings?page=${page(5)}`],
  [3, "set aside", () => `/quarantine?page=${page(3)}`],
  [3, "unexplained", () => "/unexplained"],
];
const total = reading.reduce((sum, [share]) => sum + share, 0);
function next() {
  let at = Math.random() * total;
  for (const [share, name, officer, firm] of reading) if ((at -= share) < 0) return { name, cookie: officer ? pick(officers) : pick(custodians)[0], path: (officer ?? firm)() };
}

// Firms that send files: looked at, then confirmed.
let over = false, sent = 0;
const uploading = { looked: [], booked: [], failed: [] };
async function firm(n) {
  const [cookie, code] = custodians[n];
  const others = codes.filter((c) => c !== code);
  while (!over) {
    sent++;
    const text = ["reporter,kind,date,substance,amount,unit,counterparty,document,line_id"];
    const substance = pick(substances).split("/")[2];
    for (let row = 0; row < rows; row++) text.push(`${code},${row % 3 ? "dispatch" : "receipt"},2026-01-${String(1 + (row % 28)).padStart(2, "0")},${substance},${1 + (row % 40)},kg,${pick(others)},LOAD-${sent}-${row},load-${process.pid}-${sent}-${row}`);
    const csrf = (await (await ask("/submit", { cookie })).text()).match(/name="csrf" value="([^"]+)"/)?.[1];
    const part = (head, value) => `--X\r\nContent-Disposition: form-data; ${head}\r\n\r\n${value}\r\n`;
    let since = performance.now();
    const looked = await ask("/submit", { cookie, type: "multipart/form-data; boundary=X", body: part('name="csrf"', csrf) + part(`name="file"; filename="load-${sent}.csv"`, text.join("\n") + "\n") + "--X--\r\n" });
    uploading.looked.push(performance.now() - since);
    const key = looked.text().match(/name="key" value="([^"]+)"/)?.[1];
    if (looked.status !== 200 || !key) { uploading.failed.push(`${looked.status} looking`); continue; }
    since = performance.now();
    const booked = await ask("/submit/confirm", { cookie, type: form, body: `csrf=${csrf}&key=${key}` });
    uploading.booked.push(performance.now() - since);
    if (booked.status !== 200) uploading.failed.push(`${booked.status} booking`);
  }
}

const ticks = (pid) => fs.readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ").slice(11, 13).reduce((a, b) => a + Number(b), 0) / 100;
const memory = () => Number(fs.readFileSync(`/proc/${server.pid}/status`, "utf8").match(/VmHWM:\s+(\d+)/)[1]) / 1024;
const firms = Array.from({ length: uploads }, (_, n) => firm(n));
const times = new Map(), all = [], errors = [];
let answered = 0, before;
const begin = performance.now();
const appointed = rate * (seconds + WARM_SECONDS);
await new Promise((done) => {
  let asked = 0;
  const turn = () => {
    while (asked < appointed && performance.now() - begin >= (asked * 1000) / rate) {
      const due = begin + (asked * 1000) / rate, counts = asked++ >= rate * WARM_SECONDS;
      if (counts && !before) before = [ticks(server.pid), process.cpuUsage(), performance.now()];
      const { name, path, cookie } = next();
      ask(path, { cookie }).then((r) => {
        const ms = performance.now() - due;
        if (counts) {
          if (r.status !== 200) errors.push(`${r.status} ${path} ${r.status ? "" : r.text()}`);
          times.set(name, [...(times.get(name) ?? []), ms]);
          all.push(ms);
        }
        if (++answered === appointed) done();
      });
    }
    if (asked < appointed) setTimeout(turn, 1);
  };
  turn();
});
const wall = (performance.now() - before[2]) / 1000;
const [own, cpu] = [process.cpuUsage(before[1]), (ticks(server.pid) - before[0]) / wall];
over = true;
await Promise.all(firms);
const at = (list, share) => [...list].sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * share))] ?? NaN;
const ms = (n) => n.toFixed(1).padStart(9);
console.log(`${"".padEnd(34)}  requests       p50       p95       p99       max  ms`);
const row = (name, list) => console.log(`${name.padEnd(34)}${String(list.length).padStart(10)} ${ms(at(list, 0.5))} ${ms(at(list, 0.95))} ${ms(at(list, 0.99))} ${ms(at(list, 1))}`);
for (const [name, list] of [...times].sort((a, b) => at(b[1], 0.99) - at(a[1], 0.99))) row(name, list);
row("all pages", all);
row("file looked at", uploading.looked);
row("file booked", uploading.booked);
for (const e of [...new Set([...errors, ...uploading.failed])].slice(0, 10)) console.log("error:", e);
const result = { rate, seconds: Math.round(wall), requests: all.length, p50: at(all, 0.5), p99: at(all, 0.99), max: at(all, 1), errors: errors.length, files: uploading.booked.length, rows, upload_errors: uploading.failed.length, server_cores: cpu, tool_cores: (own.user + own.system) / 1e6 / wall, peak_mb: memory() };
console.log(JSON.stringify(result, (_, v) => (typeof v === "number" ? Math.round(v * 100) / 100 : v)));
server.kill();
process.exit(errors.length ? 1 : 0);
