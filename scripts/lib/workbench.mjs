import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { format } from 'node:util';
import { browser as findBrowser } from './browser.mjs';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const VIEWPORT = { width: 1400, height: 900 };
const PATIENCE = 30_000;
// The first start installs the private environment.
const FIRST_START = 90_000;
const SETTLED = 1_500;

/** A headless browser. */
export async function launchBrowser() {
  const { chromium } = await import('playwright-core');
  return chromium.launch({ executablePath: await findBrowser(), headless: true, args: FLAGS });
}

/** A page on which no host but this machine can be reached. */
async function localPage(browser, viewport, deviceScaleFactor = 1) {
  const context = await browser.newContext({ viewport, deviceScaleFactor });
  await context.route(
    (url) => /^https?:$/.test(url.protocol) && url.hostname !== '127.0.0.1',
    (route) => route.abort(),
  );
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  return page;
}

const SEVERITIES = { Error: 'error', Warning: 'warning', Info: 'information' };
// The accessible name of a row in the Problems panel.
const PROBLEM = /^(Error|Warning|Info): (.*) at line (\d+) and character (\d+)/s;

/** The workbench of VS Code, driven as a person would: keys, clicks and what is on the screen. */
export class Workbench {
  static async open(browser, url, { viewport = VIEWPORT, scale } = {}) {
    const page = await localPage(browser, viewport, scale);
    const workbench = new Workbench(page);
    await page.goto(url);
    await page.locator('.monaco-workbench').waitFor();
    return workbench;
  }

  /** Open a page that runs tests in the extension host; its exit code and what was printed. */
  static async runTests(browser, url) {
    const page = await localPage(browser, VIEWPORT);
    const lines = [];
    await page.exposeFunction('codeAutomationLog', (_type, args) => lines.push(format(...args)));
    const code = await new Promise((resolve, reject) => {
      page.exposeFunction('codeAutomationExit', resolve).then(() => page.goto(url), reject);
    });
    return { code, output: lines.join('\n') };
  }

  constructor(page) {
    this.page = page;
  }

  close() {
    return this.page.context().close();
  }

  press(...keys) {
    return keys.reduce(
      (before, key) => before.then(() => this.page.keyboard.press(key)),
      Promise.resolve(),
    );
  }

  /** Type where the cursor is, as it stands: without the editor's own indents and brackets. */
  async type(text) {
    await this.page.keyboard.insertText(text);
  }

  /** Replace all text of the active editor; one that has just been opened may lose what is typed. */
  async replaceText(text) {
    const changed = this.page.locator('.tab.active.dirty');
    for (let tries = 0; tries < 5 && !(await changed.isVisible()); tries++) {
      await this.press('Control+a');
      await this.type(text);
      await changed.waitFor({ timeout: 5_000 }).catch(() => undefined);
    }
  }

  /** Run a command of the palette by its title; a palette that the editor closes is opened again. */
  async command(title) {
    const row = this.page.locator('.quick-input-list .monaco-list-row', { hasText: title }).first();
    for (let tries = 0; tries < 5 && !(await row.isVisible()); tries++) {
      await this.press('F1');
      await this.page.locator('.quick-input-widget input').first().fill(`>${title}`);
      await row.waitFor({ timeout: 5_000 }).catch(() => undefined);
    }
    await row.click();
    await this.#restMouse();
  }

  /** Choose a color theme by its name in the list. */
  async theme(name) {
    await this.command('Preferences: Color Theme');
    await this.page.locator('.quick-input-widget input').first().fill(name);
    await this.row(name).click();
    await this.page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
  }

  /** Open a file of the workspace by its path in it. */
  async openFile(name) {
    await this.press('Control+p');
    await this.page.locator('.quick-input-widget input').first().fill(name);
    const base = path.posix.basename(name);
    const rows = this.page.locator('.quick-input-list .monaco-list-row');
    await rows
      .and(this.page.locator(`[aria-label^="${base}"]`))
      .first()
      .click();
    await this.page.locator(`.tab.active[data-resource-name="${base}"]`).waitFor();
  }

  /** Put the cursor at a line and column, both from 1. */
  async goTo(line, column = 1) {
    await this.press('Control+g');
    await this.page.locator('.quick-input-widget input').first().fill(`:${line}:${column}`);
    await this.press('Enter');
    await this.page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
  }

  /** The text of the active editor's lines that are on the screen. */
  async visibleText() {
    const lines = await this.#linesOf('.editor-group-container.active .editor-instance .view-line');
    return lines.join('\n');
  }

  /** The texts of lines, in the order in which they are seen. */
  async #linesOf(selector) {
    const lines = await this.page.locator(selector).evaluateAll((nodes) =>
      nodes
        .map((node) => [Number.parseFloat(node.style.top), node.textContent])
        .sort(([first], [second]) => first - second)
        .map(([, text]) => text),
    );
    return lines.map((line) => line.replaceAll('\u00a0', ' '));
  }

  /** Squiggles of a severity in the active editor. */
  squiggles(severity = 'error') {
    return this.page.locator(`.editor-group-container.active .squiggly-${severity}`);
  }

  async waitForSquiggle(severity) {
    await this.squiggles(severity).first().waitFor({ state: 'attached' });
  }

  async showProblems() {
    const panel = this.page.locator('.markers-panel');
    if (!(await panel.isVisible())) await this.press('Control+Shift+m');
    await panel.waitFor();
  }

  /** The rows of the Problems panel: `{ file, severity, message, line, column }`. */
  async problems() {
    await this.showProblems();
    const rows = await this.page
      .locator('.markers-panel .monaco-list-row')
      .evaluateAll((nodes) => nodes.map((node) => [node.ariaLabel ?? '', node.textContent ?? '']));
    const found = [];
    let file = '';
    for (const [label, text] of rows) {
      const problem = PROBLEM.exec(label);
      if (!problem) file = /in file (.+?) of folder/.exec(label)?.[1] ?? text;
      else
        found.push({
          file,
          severity: SEVERITIES[problem[1]],
          message: problem[2],
          line: Number(problem[3]),
          column: Number(problem[4]),
          rule: /tunesmith\(?([a-z0-9-]+)\)?\s*\[Ln/.exec(text)?.[1] ?? '',
        });
    }
    return found;
  }

  /** The problems when none has come or gone for a while. */
  async settledProblems() {
    let before;
    let rows = await this.problems();
    while (JSON.stringify(rows) !== before) {
      before = JSON.stringify(rows);
      await delay(SETTLED);
      rows = await this.problems();
    }
    return rows;
  }

  /** Wait until the status item of the active file says that the checker runs. */
  async serverReady() {
    const item = this.page.locator('.statusbar-item[id="tunesmith.tunesmith.status"]');
    const settled = item.and(this.page.locator('[aria-label]:not([aria-label*="Starting"])'));
    await settled.waitFor({ timeout: FIRST_START });
    const label = await settled.getAttribute('aria-label');
    if (/Not running|Off/.test(label)) throw new Error(`the checker does not run: "${label}"`);
  }

  /**
   * Point at a word of the active editor; the text of the hover once it holds `expected`. Points
   * again where none comes: a lens that has appeared in between moves the word from the mouse.
   */
  async hover(word, expected, attempts = 5) {
    const span = this.page.locator('.editor-group-container.active .view-line span');
    await span.filter({ hasText: word }).last().hover();
    const hover = this.page
      .locator('.monaco-hover:not(.hidden)')
      .filter({ hasText: expected })
      .first();
    try {
      await hover.waitFor({ timeout: 6_000 });
    } catch (error) {
      if (attempts <= 1) throw error;
      await this.#restMouse();
      return this.hover(word, expected, attempts - 1);
    }
    return hover.innerText();
  }

  /** The lens of the active editor with a text. */
  lens(text) {
    return this.page.locator('.codelens-decoration a', { hasText: text }).first();
  }

  /** The message at the corner that has a text. */
  notification(text) {
    return this.page.locator('.notifications-toasts .notification-list-item', { hasText: text });
  }

  /** Close the messages at the corner. */
  async clearNotifications() {
    await this.command('Notifications: Clear All Notifications');
    await this.page.locator('.notification-list-item').first().waitFor({ state: 'detached' });
  }

  /** A button of the dialog on the screen. */
  dialogButton(name) {
    return this.page.locator('.monaco-dialog-box .monaco-button', { hasText: name });
  }

  /** The item of the status bar with a text. */
  status(text) {
    return this.page.locator('.statusbar-item', { hasText: text });
  }

  /** A line of the output panel that has a text. */
  output(text) {
    return this.page.locator('.output-view .view-line', { hasText: text }).first();
  }

  /** The lines of the output panel that are on the screen. */
  async outputLines() {
    return (await this.#linesOf('.output-view .view-line')).map((line) => line.trimEnd());
  }

  /** Wait until a line of the output panel has "word N" with at least this number. */
  async outputReaches(word, number) {
    await this.page.waitForFunction(
      ([pattern, least]) =>
        [...document.querySelectorAll('.output-view .view-line')].some(
          (line) => Number(new RegExp(pattern).exec(line.textContent)?.[1]) >= least,
        ),
      [`${word}\\s(\\d+)`, number],
      { timeout: FIRST_START },
    );
  }

  /** The line of the terminal that has a text; the terminal must be drawn without a GPU. */
  terminal(text) {
    return this.page.locator('.xterm-rows > div', { hasText: text }).first();
  }

  /** A row of the quick pick on the screen. */
  row(text) {
    return this.page.locator('.quick-input-list .monaco-list-row', { hasText: text }).first();
  }

  /** What the web view on the screen shows. */
  webview() {
    return this.page.frameLocator('iframe.webview').frameLocator('iframe#active-frame');
  }

  /** Press Tab until something of the web view has the focus. */
  async tabTo(locator, most = 40) {
    await locator.waitFor();
    const hasFocus = () => locator.evaluate((element) => element === document.activeElement);
    for (let tabs = 0; !(await hasFocus()); tabs++) {
      if (tabs >= most) throw new Error(`${most} tabs lead to no ${locator}`);
      await this.press('Tab');
    }
  }

  /** The controls of the web view that a screen reader could only call "button" or "text box". */
  async unnamedControls() {
    const lines = (await this.webview().locator('body').ariaSnapshot()).split('\n');
    return lines.filter((line) =>
      /^\s*- (button|checkbox|combobox|radio|slider|spinbutton|textbox)(?! ")/.test(line),
    );
  }

  /** How long an extension took to start, as "Running Extensions" says. */
  async activation(name) {
    await this.command('Developer: Show Running Extensions');
    const row = this.page.locator('.runtime-extensions-editor .monaco-list-row', { hasText: name });
    return row.first().innerText();
  }

  /** The titles of the quick fixes at a place. */
  async quickFixes(line, column = 1) {
    await this.goTo(line, column);
    await this.press('Control+.');
    const rows = this.#fixes();
    await rows.first().waitFor();
    return rows.allInnerTexts();
  }

  async applyQuickFix(title) {
    await this.#fixes().filter({ hasText: title }).first().click();
  }

  #fixes() {
    return this.page.locator('.action-widget:not(.action-list-submenu-panel) .monaco-list-row');
  }

  /** Save the changed file of the active editor. */
  async save() {
    await this.page.locator('.tab.active.dirty').waitFor();
    await this.press('Control+s');
    await this.page.locator('.tab.active.dirty').waitFor({ state: 'detached' });
  }

  /** Move the mouse to where nothing reacts to it: no tool tip hides what a picture shows. */
  #restMouse() {
    const { width, height } = this.page.viewportSize();
    return this.page.mouse.move(width / 2, height - 1);
  }

  screenshot(file) {
    return this.page.screenshot({ path: file });
  }
}
