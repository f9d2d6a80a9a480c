import fs from 'node:fs';
import path from 'node:path';
import { browser } from './browser.mjs';
import { codeServer } from './editor.mjs';
import { DIST, ROOT } from './paths.mjs';
import { repositoryEnvironment } from './python.mjs';
import { contentHash, run, step, unlessStamped } from './run.mjs';

/** Install the npm packages of the lock file. */
export const npmPackages = () =>
  unlessStamped(
    path.join(ROOT, 'node_modules', '.tunesmith-stamp'),
    contentHash(['package-lock.json']),
    () =>
      step('Install the npm packages', () =>
        run(process.platform === 'win32' ? 'npm.cmd' : 'npm', ['ci'], { quiet: true }),
      ),
  );

// What a package is made from.
const PACKAGED = [
  'CHANGELOG.md',
  'LICENSE',
  'README.md',
  'docs/images',
  'docs/rules',
  'extension/src',
  'extension/webview',
  'media',
  'package-lock.json',
  'package.json',
  'package.nls.json',
  'pyproject.toml',
  'requirements',
  'scripts/bundle.mjs',
  'scripts/package.mjs',
  'scripts/wheelhouse.py',
  'server/tunesmith',
  'templates',
  'tsconfig.json',
];

async function builtVsix(name, ...options) {
  const vsix = path.join(DIST, name);
  await unlessStamped(`${vsix}.stamp`, contentHash(PACKAGED), () =>
    step(`Build ${name}`, () =>
      run(process.execPath, ['scripts/package.mjs', ...options], { quiet: true }),
    ),
  );
  return vsix;
}

/** The package for a run from this checkout, built again only when its sources changed. */
export const developmentVsix = () => builtVsix('tunesmith-dev.vsix', '--dev');

/** The package that is published for this platform, built again only when its sources changed. */
export function platformVsix() {
  const target = `${process.platform}-${process.arch}`;
  const { version } = JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
  return builtVsix(`tunesmith-${version}-${target}.vsix`, '--target', target);
}

/** Everything that tests and checks need, in the order of dependence. */
export async function repository() {
  await npmPackages();
  await repositoryEnvironment();
}

/** A real VS Code in a real browser: `{ editor: { node, entry }, browserPath }`. */
export async function editorAndBrowser() {
  await npmPackages();
  return { editor: await codeServer(), browserPath: await browser() };
}
