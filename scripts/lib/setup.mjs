import path from 'node:path';
import { browser } from './browser.mjs';
import { codeServer } from './editor.mjs';
import { ROOT } from './paths.mjs';
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

/** The platform .vsix for this machine, built again only when its sources changed. */
export async function developmentVsix() {
  const sources = [
    'extension/src',
    'server/tunesmith',
    'templates',
    'docs/rules',
    'media',
    'requirements',
    'docs/images',
    'README.md',
    'CHANGELOG.md',
    'LICENSE',
    'requirements/installer.txt',
    'scripts/package.mjs',
    'scripts/bundle.mjs',
    'scripts/wheelhouse.py',
    'package.json',
    'package.nls.json',
    'package-lock.json',
    'pyproject.toml',
    'tsconfig.json',
  ];
  const vsix = path.join(ROOT, 'dist', 'tunesmith-dev.vsix');
  await unlessStamped(`${vsix}.stamp`, contentHash(sources), () =>
    step('Build the extension', () =>
      run(process.execPath, ['scripts/package.mjs', '--dev'], { quiet: true }),
    ),
  );
  return vsix;
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
