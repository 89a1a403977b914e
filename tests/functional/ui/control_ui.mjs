// Drives the browser Control UI of the original with Chromium, through the DevTools protocol.
//   node control_ui.mjs CHROMIUM UI_FOLDER GATEWAY_URL MESSAGE ANSWER [SCREENSHOT.png]
// Environment: GATEWAY_TOKEN and UI_DEADLINE_S. Serves UI_FOLDER from a port of its own, connects the page to the gateway,
// sends MESSAGE, and prints one line of JSON: the texts in which ANSWER grew, and what the page showed at the end.

import { spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';

const [chromium, folder, gatewayUrl, message, answer, screenshot] = process.argv.slice(2);
const deadline = Date.now() + Number(process.env.UI_DEADLINE_S ?? 120) * 1000;
const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.json': 'application/json',
  '.svg': 'image/svg+xml', '.png': 'image/png', '.woff2': 'font/woff2', '.webmanifest': 'application/manifest+json' };

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** The first true value of `condition`, asked again and again until the deadline. */
async function until(what, condition, everyMs = 50) {
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`not in time: ${what}`);
    await pause(everyMs);
  }
}

/** Serves the files of the Control UI; its pages without an extension are all index.html. */
async function serveFiles() {
  const server = createServer(async (request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, 'http://ui').pathname));
    const file = join(folder, extname(path) ? path : 'index.html');
    const isThere = await stat(file).then((found) => found.isFile(), () => false);
    response.writeHead(isThere ? 200 : 404, { 'content-type': types[extname(file)] ?? 'application/octet-stream' });
    if (isThere) createReadStream(file).pipe(response);
    else response.end();
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

/** A DevTools connection to the one page of the browser. */
class Page {
  constructor(socket) {
    this.socket = socket;
    this.calls = new Map();
    this.nextId = 1;
    socket.addEventListener('message', ({ data }) => {
      const { id, result, error } = JSON.parse(data);
      const call = this.calls.get(id);
      this.calls.delete(id);
      if (error) call?.reject(new Error(error.message));
      else call?.resolve(result);
    });
  }

  static async open(url) {
    const socket = new WebSocket(url);
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve);
      socket.addEventListener('error', () => reject(new Error(`no DevTools at ${url}`)));
    });
    return new Page(socket);
  }

  call(method, params = {}) {
    const id = this.nextId++;
    this.socket.send(JSON.stringify({ id, method, params }));
    return new Promise((resolve, reject) => this.calls.set(id, { resolve, reject }));
  }

  /** The value of an expression in the page. `deep(selector)` finds elements also inside shadow roots. */
  async evaluate(expression) {
    const helpers = `const deep = (selector, root = document) => [...root.querySelectorAll(selector),
      ...[...root.querySelectorAll('*')].flatMap((node) => node.shadowRoot ? deep(selector, node.shadowRoot) : [])];`;
    const { result, exceptionDetails } = await this.call('Runtime.evaluate',
      { expression: `(() => { ${helpers} return ${expression}; })()`, returnByValue: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  text() {
    return this.evaluate('document.body.innerText');
  }

  async screenshot(path) {
    const { data } = await this.call('Page.captureScreenshot', { format: 'png' });
    await writeFile(path, Buffer.from(data, 'base64'));
  }
}

async function openPage(profile) {
  const port = await until('Chromium is up', () =>
    readFile(join(profile, 'DevToolsActivePort'), 'utf8').then((text) => text.split('\n')[0], () => ''));
  const target = await until('a page', async () => {
    const targets = await fetch(`http://127.0.0.1:${port}/json/list`).then((reply) => reply.json(), () => []);
    return targets.find(({ type }) => type === 'page');
  });
  return Page.open(target.webSocketDebuggerUrl);
}

/** The page asks before it uses a gateway named by its address. */
async function connect(page, pageUrl) {
  const hash = new URLSearchParams({ gatewayUrl, token: process.env.GATEWAY_TOKEN ?? '' });
  await page.call('Page.navigate', { url: `${pageUrl}#${hash}` });
  await until('the question about the gateway, or the composer', () => page.evaluate(`(() => {
    const button = deep('button').find((node) => /^(confirm|switch|connect|continue)/i.test(node.innerText.trim())
      && node.closest('dialog, [role=dialog], .exec-approval-card, .modal, openclaw-modal-dialog'));
    button?.click();
    return !!button || deep('textarea').some((node) => !node.disabled);
  })()`));
}

async function sendMessage(page) {
  await until('a composer that takes text', () => page.evaluate(`(() => {
    const field = deep('textarea').find((node) => !node.disabled && node.offsetParent);
    field?.focus();
    return !!field;
  })()`));
  await page.call('Input.insertText', { text: message });
  for (const type of ['keyDown', 'keyUp']) {
    await page.call('Input.dispatchKeyEvent',
      { type, key: 'Enter', code: 'Enter', windowsVirtualKeyCode: 13, text: type === 'keyDown' ? '\r' : undefined });
  }
}

/** Has the page note every text that begins like the answer, as it grows. */
function noteAnswer(page) {
  return page.evaluate(`(() => {
    globalThis.grown = [];
    const begin = ${JSON.stringify(answer.slice(0, 4))};
    const note = () => {
      const line = document.body.innerText.split('\\n').findLast((text) => text.startsWith(begin));
      if (line && line !== grown.at(-1)) grown.push(line);
    };
    new MutationObserver(note).observe(document.body, { subtree: true, childList: true, characterData: true });
  })()`);
}

const profile = await mkdtemp(join(tmpdir(), 'openclaw-ui-'));
const server = await serveFiles();
const browser = spawn(chromium, ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage',
  '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-default-apps',
  '--no-first-run', '--no-default-browser-check', '--window-size=1280,900', '--remote-debugging-port=0',
  `--user-data-dir=${profile}`, 'about:blank'], { stdio: 'ignore' });
let page;
try {
  page = await openPage(profile);
  await connect(page, `http://127.0.0.1:${server.address().port}/`);
  await noteAnswer(page);
  await sendMessage(page);
  await until('the whole answer', async () => (await page.text()).includes(answer));
  const seen = await page.evaluate('globalThis.grown');
  if (screenshot) await page.screenshot(screenshot);
  console.log(JSON.stringify({ ok: true, seen, text: await page.text() }));
} catch (error) {
  const text = await page?.text().catch(() => '');
  if (screenshot) await page?.screenshot(screenshot).catch(() => {});
  console.log(JSON.stringify({ ok: false, error: error.message, text }));
  process.exitCode = 1;
} finally {
  page?.socket.close();
  browser.kill();
  await new Promise((resolve) => (browser.exitCode ?? browser.signalCode) === null ? browser.once('exit', resolve) : resolve());
  server.close();
  await rm(profile, { recursive: true, force: true, maxRetries: 5 });
}
