// The pages in a real browser, as people use them: node pages.mjs PROGRAM ACCOUNT FOLDER. Leaves screenshots in FOLDER.
// Fails on anything the console says, on pages wider than their window, and on serious findings of axe.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { chromium } from "playwright-core";

const [program, account, folder] = process.argv.slice(2);
fs.mkdirSync(folder, { recursive: true });
const axe = fs.readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(fs.existsSync);
const run = (...args) => execFileSync(program, args, { encoding: "utf8" });
const problems = [];

// A server on a port that is free.
const server = spawn(program, ["serve", account, "--listen", "127.0.0.1:0", "--json", "--lang", "en"]);
server.stderr.on("data", (d) => process.stderr.write(d));
const base = await new Promise((done, failed) => {
  let said = "";
  server.stdout.on("data", (d) => {
    said += d;
    const url = said.match(/"url": *"([^"]+)"/);
    if (url) done(url[1]);
  });
  server.on("exit", (code) => failed(new Error(`the server ended: ${code} ${said}`)));
});
const link = (login, ...args) => base + JSON.parse(run("users", account, "--link", login, ...args, "--json")).path;

const browser = await chromium.launch({
  executablePath,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

async function visitor(options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: "en-GB", ...options });
  const page = await context.newPage();
  page.on("console", (m) => m.type() === "error" && !/status of 4\d\d/.test(m.text()) && problems.push(`${page.url()}: console: ${m.text()}`));
  page.on("pageerror", (e) => problems.push(`${page.url()}: ${e.message}`));
  page.on("request", (r) => !r.url().startsWith(base) && !r.url().startsWith("data:") && problems.push(`another host is asked: ${r.url()}`));
  return page;
}

async function enter(page, url) {
  await page.goto(url);
  await page.click("button.main");
  await page.waitForURL(base + "/");
}

// Looks at a page at desktop and phone width.
async function look(page, where, name) {
  if (where) await page.goto(base + where);
  for (const [width, height] of [[1440, 900], [390, 844]]) {
    await page.setViewportSize({ width, height });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    if (wide > width) problems.push(`${page.url()}: ${wide} px wide in a window of ${width}`);
    if (name) await page.screenshot({ path: path.join(folder, `${name}-${width}.png`) });
  }
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.evaluate(axe);
  const found = await page.evaluate(() => axe.run({ resultTypes: ["violations"] }));
  for (const v of found.violations.filter((v) => ["serious", "critical"].includes(v.impact))) {
    problems.push(`${page.url()}: axe ${v.id}: ${v.help}: ${v.nodes.slice(0, 2).map((n) => n.html).join(" | ")}`);
  }
}

// RFC 6238, six digits.
function code(base32, at = Date.now()) {
  const bits = [...base32.replace(/=+$/, "")].map((c) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(c).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)));
  const mac = createHmac("sha1", key).update(step).digest();
  const offset = mac.at(-1) & 15;
  return String((mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

try {
  // The officer: every page, in both languages, at both widths.
  const officer = await visitor();
  const once = link("officer", "--role", "officer");
  await enter(officer, once);
  const used = await visitor();
  assert.equal((await used.goto(once)).status(), 400, "a used link opens nothing");
  await officer.waitForFunction(() => !document.querySelector("[role=status]"), null, { timeout: 1 }).catch(() => {});
  for (let tries = 0; tries < 60 && (await officer.locator("main [role=status]").count()); tries++) {
    await officer.waitForTimeout(1000);
    await officer.reload();
  }
  const places = ["/", "/unexplained", "/visits", "/consignments?state=open", "/balances?unclosed=1", "/movements", "/holders", "/substances", "/substances/toluene", "/quarantine", "/findings", "/instruments", "/trace", "/queries", "/journal", "/entries/2", "/search?q=toluene", "/help", "/me"];
  for (const lang of ["en", "zh"]) {
    for (const place of places) {
      await look(officer, place, `officer-${lang}${place.replace(/\W+/g, "-")}`);
      assert.equal(await officer.locator("h1").count(), 1, `${place}: one heading`);
    }
    await officer.click("text=/^(中文|English)$/");
  }

  // A difference, down to its rows, an entry and its proof.
  await officer.goto(base + "/unexplained");
  await officer.locator(".card h3 a").first().click();
  await look(officer, null, "difference");
  await officer.click("text=The rows behind it");
  assert.ok((await officer.locator("tbody tr").count()) > 0, "a difference has rows");
  await officer.locator("td a[href^='/entries/']").first().click();
  assert.match(await officer.textContent("main"), /checked just now against the checkpoint/);
  const [receipt] = await Promise.all([officer.waitForEvent("download"), officer.click("text=/^Receipt$/")]);
  const saved = path.join(folder, "officer.receipt");
  await receipt.saveAs(saved);
  run("receipt", "verify", saved, "--key", path.join(account, "weighbridge.pub"));

  // A list, filtered, as a file.
  await officer.goto(base + "/consignments");
  await officer.selectOption("select[name=state]", "short");
  await officer.click(".filters button");
  assert.match(officer.url(), /state=short/);
  const [csv] = await Promise.all([officer.waitForEvent("download"), officer.click(".exports >> text=CSV")]);
  await csv.saveAs(path.join(folder, "short.csv"));
  assert.ok(fs.readFileSync(path.join(folder, "short.csv"), "utf8").split("\n").length > 2, "short consignments are exported");

  // A query to a firm, from the page of a consignment; the firm finds it first on its home page, answers; it is closed.
  await officer.goto(base + "/consignments?state=short");
  await officer.locator("td a[href^='/consignments/']").first().click();
  const inBoth = async (page, where, name) => {
    for (let n = 0; n < 2; n++) {
      const lang = (await page.getAttribute("html", "lang")).slice(0, 2);
      await look(page, where, `${name}-${lang}`);
      await page.click("text=/^(中文|English)$/");
    }
  };
  await inBoth(officer, null, "consignment");
  await officer.locator("a[href*='about=consignment']").first().click();
  const asked = new URL(officer.url()).searchParams.get("holder");
  await inBoth(officer, null, "query-new");
  await officer.fill("textarea", "Less arrived than was sent.\nPlease look at the weighing slips.");
  await officer.click("button.main");
  const query = new URL(officer.url()).pathname;
  assert.match(query, /^\/queries\/\d+$/);
  const keeper = await visitor();
  await enter(keeper, link("keeper", "--role", "custodian", "--scope", `holder:${asked}`));
  assert.match(await keeper.locator("main section").first().textContent(), /wait for your answer/);
  await inBoth(keeper, "/", "home-query");
  await keeper.locator(`a[href='${query}']`).first().click();
  await inBoth(keeper, null, "query-asked");
  await keeper.selectOption("select[name=answer]", "explained");
  await keeper.fill("textarea", "经办人 11010519491231002X");
  await keeper.click("button.main");
  assert.match(await keeper.textContent("[role=alert]"), /identity number/);
  await keeper.fill("textarea", "The drum leaked; the slip of the bridge is entered again.");
  await keeper.click("button.main");
  assert.equal(await keeper.locator("textarea").count(), 0, "it is answered");
  await inBoth(officer, "/", "home-decide");
  await officer.locator(`a[href='${query}']`).first().click();
  await inBoth(officer, null, "query-answered");
  await officer.selectOption("select[name=outcome]", "resolved");
  await officer.click("button[value=close]");
  assert.match(await officer.textContent("main"), /closed · resolved/);
  await inBoth(officer, "/queries", "queries");
  await keeper.goto(base + query);
  await inBoth(keeper, null, "query-closed");

  // Two firms, out of the register.
  const holders = JSON.parse(run("holders", account, "--json"));
  const rows = Array.isArray(holders) ? holders : holders.rows ?? Object.values(holders).find(Array.isArray);
  const [one, two] = rows.filter((h) => h.reports === "yes" && h.sites && !String(h.sites).includes(";")).map((h) => h.holder);
  const seller = await visitor();
  await enter(seller, link("seller", "--role", "custodian", "--scope", `holder:${one}`));

  // A password and a second factor, and in again by them.
  await seller.goto(base + "/me");
  await look(seller, null, "me");
  for (const field of ["password", "again"]) await seller.fill(`input[name=${field}]`, "correct horse battery staple");
  await seller.click("form[action='/me/password'] button");
  const secret = await seller.inputValue("input[name=secret]");
  await seller.fill("form[action='/me/code'] input[name=code]", code(secret, Date.now() - 30_000));
  await seller.click("form[action='/me/code'] button");
  assert.match(await seller.textContent("main"), /A second factor is set/);
  await seller.click("text=Sign out");
  const signIn = async (password, digits) => {
    await seller.fill("input[name=login]", "seller");
    await seller.fill("input[name=password]", password);
    await seller.fill("input[name=code]", digits);
    await seller.click("button.main");
  };
  await look(seller, null, "sign-in");
  await signIn("correct horse battery staple", "000000");
  assert.match(await seller.textContent("[role=alert]"), /wrong/);
  await signIn("correct horse battery staple", code(secret));
  assert.equal(seller.url(), base + "/");

  // A file with mistakes, then mended; what was booked is recognised.
  const head = "kind,date,substance,amount,unit,counterparty,document\n";
  const good = `dispatch,2025-06-20,toluene,1000,kg,${two},E2E-1\n`;
  const broken = path.join(folder, "broken.csv");
  fs.writeFileSync(broken, head + good + `dispatch,2025-06-20,toluene,a lot,kg,${two},E2E-2\ndispatch,2025-06-32,toluene,5,kg,${two},E2E-3\n`);
  await look(seller, "/submit", "submit");
  await seller.setInputFiles("input[type=file]", broken);
  await seller.click("button.main");
  assert.match(await seller.textContent("main"), /1 row is accepted, 0 repeat earlier ones, 2 set aside/);
  await look(seller, null, "rehearsed");
  await seller.click("button.main");
  assert.match(await seller.textContent("h1"), /Booked/);
  const [own] = await Promise.all([seller.waitForEvent("download"), seller.locator("a.button", { hasText: "Receipt" }).first().click()]);
  await own.saveAs(path.join(folder, "seller.receipt"));
  run("receipt", "verify", path.join(folder, "seller.receipt"), "--key", path.join(account, "weighbridge.pub"));
  const mended = path.join(folder, "mended.csv");
  fs.writeFileSync(mended, head + good + `dispatch,2025-06-20,toluene,20,kg,${two},E2E-2\ndispatch,2025-06-22,toluene,5,kg,${two},E2E-3\n`);
  await seller.goto(base + "/submit");
  await seller.setInputFiles("input[type=file]", mended);
  await seller.click("button.main");
  assert.match(await seller.textContent("main"), /1 repeat earlier ones, 0 set aside/);
  await seller.click("button.main");

  // The other side answers in a form, with its script off, and both see it matched.
  const buyer = await visitor({ javaScriptEnabled: false, locale: "zh-CN" });
  await buyer.goto(link("buyer", "--role", "custodian", "--scope", `holder:${two}`));
  await buyer.click("button.main");
  await buyer.goto(base + "/submit/row");
  await buyer.selectOption("select[name=kind]", "receipt");
  await buyer.fill("input[name=date]", "2025-06-21");
  await buyer.selectOption("select[name=substance]", "toluene");
  await buyer.fill("input[name=amount]", "1000");
  await buyer.fill("input[name=counterparty]", one);
  await buyer.fill("input[name=document]", "E2E-1");
  await buyer.click("button[value=look]");
  assert.match(await buyer.textContent("[role=status]"), /1,000 kg/);
  await buyer.click("button[value=confirm]");
  assert.equal(await buyer.locator("a.button").count() > 0, true, "the buyer gets a receipt");
  await officer.goto(base + `/consignments?holder=${one}&substance=toluene&as_of=2025-07-31`);
  const matched = officer.locator("tr", { hasText: "E2E-1" });
  assert.match(await matched.first().textContent(), /matched/);

  // Neither sees what is not its own.
  assert.equal((await seller.goto(`${base}/holders/${two}`)).status(), 404);
  assert.equal((await seller.goto(`${base}/users`)).status(), 403);
  assert.equal((await buyer.goto(`${base}/movements?holder=${one}`)).status(), 404);
  for (const other of [seller, buyer]) {
    const own = (other === seller ? one : two) === asked;
    assert.equal((await other.goto(base + query)).status(), own ? 200 : 404, "a query is for who is asked");
  }

  // The administrator and the auditor.
  const admin = await visitor();
  await enter(admin, link("admin", "--role", "administrator"));
  await look(admin, "/", "admin");
  await look(admin, "/users", "users");
  const auditor = await visitor();
  await enter(auditor, link("auditor", "--role", "auditor"));
  await look(auditor, "/audit", "audit");
  assert.match(await auditor.textContent("main"), /report/);
  const [checkpoint] = await Promise.all([auditor.waitForEvent("download"), auditor.goto(base + "/journal/checkpoint").catch(() => {})]);
  await checkpoint.saveAs(path.join(folder, "checkpoint.txt"));
} catch (error) {
  problems.push(error.stack ?? String(error));
} finally {
  await browser.close();
  server.kill("SIGTERM");
}
await new Promise((done) => server.on("exit", done));
run("verify", account);
if (problems.length > 0) {
  console.error(problems.join("\n"));
  process.exit(1);
}
console.log("pages: officer, custodians, administrator, auditor; both languages, desktop and phone width, with and without scripts");
