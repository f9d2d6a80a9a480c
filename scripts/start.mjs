// npm start [-- --headless]: a real VS Code on examples/ with the extension installed.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { Profile, workbenchUrl } from './lib/code-server.mjs';
import { codeServer, desktopCode } from './lib/editor.mjs';
import { CACHE, DIST, ROOT } from './lib/paths.mjs';
import { contentHash, Failure, main, run, step, unlessStamped } from './lib/run.mjs';
import { developmentVsix, editorAndBrowser, repository } from './lib/setup.mjs';
import { launchBrowser, Workbench } from './lib/workbench.mjs';

const EXAMPLES = path.join(ROOT, 'examples');
const TALL = { width: 1400, height: 3000 };

const installOnce = (folder, vsix, install) =>
  unlessStamped(path.join(folder, 'installed'), contentHash([vsix]), () =>
    step('Install the extension', install),
  );

async function startDesktop(code, vsix) {
  const folder = path.join(CACHE, 'desktop');
  const own = [
    `--extensions-dir=${path.join(folder, 'extensions')}`,
    `--user-data-dir=${path.join(folder, 'user-data')}`,
  ];
  await installOnce(folder, vsix, () =>
    run(code, [...own, '--install-extension', vsix, '--force'], { quiet: true }),
  );
  await run(code, [...own, '--new-window', EXAMPLES]);
  console.log(`VS Code is open on ${EXAMPLES}.`);
}

async function preparedProfile(name, vsix) {
  const folder = path.join(CACHE, name);
  const profile = new Profile(await codeServer(), folder);
  await installOnce(folder, vsix, () => profile.install(vsix));
  return profile;
}

function openInBrowser(url) {
  const opener = { darwin: 'open', win32: 'explorer' }[process.platform] ?? 'xdg-open';
  if (opener === 'xdg-open' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) return;
  spawn(opener, [url], { stdio: 'ignore', detached: true }).on('error', () => {});
}

async function startInBrowser(vsix) {
  const profile = await preparedProfile('browser-profile', vsix);
  const server = await profile.start();
  const url = workbenchUrl(server.base, EXAMPLES);
  console.log(`VS Code is at ${url}\nPress Ctrl+C to stop it.`);
  openInBrowser(url);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, server.stop);
  await server.ended;
}

/** Every file under a folder that a person could open, relative to it. */
function documents(folder) {
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map((entry) => path.relative(folder, path.join(entry.parentPath ?? entry.path, entry.name)))
    .sort();
}

async function findings(workbench) {
  for (const file of documents(EXAMPLES)) await workbench.openFile(file);
  await workbench.serverReady();
  const rows = await workbench.settledProblems();
  return rows.sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line);
}

async function driveOnce(vsix) {
  await editorAndBrowser();
  const profile = await preparedProfile('headless-profile', vsix);
  const server = await profile.start();
  const chromium = await launchBrowser();
  try {
    const url = workbenchUrl(server.base, EXAMPLES);
    const workbench = await Workbench.open(chromium, url, { viewport: TALL });
    const picture = path.join(DIST, 'headless.png');
    const rows = await findings(workbench).finally(() => workbench.screenshot(picture));
    for (const { file, line, column, severity, rule, message } of rows)
      console.log(`${file}:${line}:${column}: ${severity} ${rule}: ${message}`);
    console.log(`${rows.length} findings in ${new Set(rows.map(({ file }) => file)).size} files`);
    if (rows.length === 0) throw new Failure(`nothing was found in ${EXAMPLES}; see ${picture}`);
  } finally {
    await chromium.close();
    await server.stop();
  }
}

await main(async (args) => {
  const unknown = args.find((argument) => argument !== '--headless');
  if (unknown) throw new Failure(`unknown option ${unknown}; there is only --headless`);
  await repository();
  const vsix = await developmentVsix();
  if (args.includes('--headless')) return driveOnce(vsix);
  const code = await desktopCode();
  return code ? startDesktop(code, vsix) : startInBrowser(vsix);
});
