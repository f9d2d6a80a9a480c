// A real VS Code for tests: every describeEditor has a fresh profile, workspace and page.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Profile, workbenchUrl } from '../../scripts/lib/code-server.mjs';
import { codeServer } from '../../scripts/lib/editor.mjs';
import { DIST } from '../../scripts/lib/paths.mjs';
import { platformVsix } from '../../scripts/lib/setup.mjs';
import { launchBrowser, Workbench } from '../../scripts/lib/workbench.mjs';

const SCREENSHOTS = path.join(DIST, 'screenshots');
const TIMEOUT = 120_000;

/** Write files, given as `{ name: text }`, into a folder. */
export function writeFiles(folder, files) {
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(folder, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
  }
}

async function prepare({ files = {}, settings }) {
  const root = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'tunesmith-e2e-')));
  const workspace = path.join(root, 'workspace');
  fs.mkdirSync(workspace);
  writeFiles(workspace, files);
  const profile = new Profile(await codeServer(), path.join(root, 'profile'), settings);
  const remove = () => fs.rmSync(root, { recursive: true, force: true, maxRetries: 3 });
  return { workspace, profile, remove };
}

/** The package under test: the one that `npm test` has built, so that a run tests one state. */
const packageUnderTest = async () => process.env.TUNESMITH_VSIX ?? (await platformVsix());

async function openEditor({ services = [], ...options }) {
  const { workspace, profile, remove } = await prepare(options);
  await profile.install(await packageUnderTest());
  const started = [];
  for (const start of services) started.push(await start(path.dirname(workspace)));
  const env = Object.assign({}, ...started.map((service) => service.env), options.env);
  const server = await profile.start({ ...options, env });
  const browser = await launchBrowser();
  const openWindow = () => Workbench.open(browser, workbenchUrl(server.base, workspace));
  const workbench = await openWindow();
  const close = async () => {
    await browser.close();
    await server.stop();
    for (const service of started.reverse()) await service.stop();
    remove();
  };
  return { workbench, openWindow, workspace, profile, services: started, close };
}

/** Run a test bundle in the extension host: its exit code and what it printed. */
export async function runInHost({ development, tests, ...options }) {
  const { workspace, profile, remove } = await prepare(options);
  const server = await profile.start({ development: true });
  const browser = await launchBrowser();
  try {
    const remote = (file) => `vscode-remote://${new URL(server.base).host}${file}`;
    const url = workbenchUrl(server.base, workspace, [
      ['extensionDevelopmentPath', remote(development)],
      ['extensionTestsPath', remote(tests)],
    ]);
    return await Workbench.runTests(browser, url);
  } finally {
    await browser.close();
    await server.stop();
    remove();
  }
}

const slug = (title) => title.toLowerCase().replace(/[^a-z0-9]+/g, '-');

/**
 * A group of scenarios in one editor. `options`: files, settings, services, which are started
 * before it and give it variables, and what Profile.start takes. Each scenario gets
 * `{ workbench, openWindow, workspace, profile, services, screenshot, note }`, of which `note` tells
 * something beside the result; a failed one leaves a picture.
 */
export function describeEditor(title, options, define) {
  describe(title, { timeout: 5 * TIMEOUT }, () => {
    let editor;
    before(async () => {
      editor = await openEditor(options);
    });
    after(() => editor?.close());
    const picture = (name, workbench = editor.workbench) => {
      fs.mkdirSync(SCREENSHOTS, { recursive: true });
      return workbench.screenshot(path.join(SCREENSHOTS, `${name}.png`));
    };
    define((name, work) =>
      test(name, { timeout: TIMEOUT }, async (t) => {
        try {
          await work({ ...editor, screenshot: picture, note: (text) => t.diagnostic(text) });
        } catch (error) {
          await picture(`failed-${slug(`${title} ${name}`)}`).catch(() => {});
          throw error;
        }
      }));
  });
}
