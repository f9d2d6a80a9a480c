import fs from 'node:fs';
import path from 'node:path';
import { CACHE, npmProgram } from './paths.mjs';
import { Failure, run, step, tryRun } from './run.mjs';

const ON_PATH = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'microsoft-edge',
];
const APPLICATIONS = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
];

function installed() {
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  const candidates = ON_PATH.flatMap((name) => folders.map((folder) => path.join(folder, name)));
  return [...candidates, ...APPLICATIONS].find((file) => fs.existsSync(file));
}

function isDebianRoot() {
  const release = '/etc/os-release';
  return (
    process.getuid?.() === 0 &&
    fs.existsSync(release) &&
    /^ID=debian$/m.test(fs.readFileSync(release, 'utf8'))
  );
}

async function aptInstall() {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const args = ['install', '-y', '--no-install-recommends', 'chromium'];
  if (await tryRun('apt-get', args, { env })) return;
  await run('apt-get', ['update'], { env, quiet: true });
  await run('apt-get', args, { env, quiet: true });
}

const playwrightEnv = () => ({
  ...process.env,
  PLAYWRIGHT_BROWSERS_PATH: path.join(CACHE, 'browsers'),
});

async function playwrightBrowser() {
  process.env.PLAYWRIGHT_BROWSERS_PATH = playwrightEnv().PLAYWRIGHT_BROWSERS_PATH;
  const { chromium } = await import('playwright-core');
  return chromium.executablePath();
}

/** The path of a Chromium, Chrome or Edge; one is installed when there is none. */
export async function browser() {
  const chosen = process.env.TUNESMITH_BROWSER ?? installed();
  if (chosen) return chosen;
  if (isDebianRoot()) {
    await step('Install chromium by apt-get', aptInstall);
    return installed();
  }
  const own = await playwrightBrowser();
  if (fs.existsSync(own)) return own;
  await step('Download Chromium by Playwright', () =>
    run(npmProgram('playwright-core'), ['install', 'chromium'], {
      env: playwrightEnv(),
      quiet: true,
    }),
  ).catch((error) => {
    throw new Failure(
      `${error.message}\nNo browser was found. Install Chrome, Chromium or Edge, or set TUNESMITH_BROWSER to its path.`,
    );
  });
  return own;
}
