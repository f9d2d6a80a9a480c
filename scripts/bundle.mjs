// Bundle the extension into dist/, for a run from the checkout: node scripts/bundle.mjs
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { DIST, ROOT } from './lib/paths.mjs';
import { main } from './lib/run.mjs';

const WEB_VIEWS = ['estimate', 'plan', 'account'];

/**
 * Into a folder: extension.js with all that the extension needs but the editor, and the scripts and
 * styles of its web views. `forUsers`: small, without sources.
 */
export async function bundleExtension(outdir, { forUsers = false } = {}) {
  const { build } = await import('esbuild');
  const common = {
    outdir,
    bundle: true,
    minify: forUsers,
    sourcemap: forUsers ? false : 'inline',
    logLevel: 'warning',
  };
  await build({
    ...common,
    entryPoints: { extension: path.join(ROOT, 'extension/src/main.ts') },
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    external: ['vscode'],
  });
  await build({
    ...common,
    entryPoints: WEB_VIEWS.flatMap((name) =>
      ['.ts', '.css'].map((ending) => path.join(ROOT, 'extension/webview', name + ending)),
    ),
    platform: 'browser',
    target: 'chrome122',
    format: 'iife',
  });
}

if (import.meta.url === pathToFileURL(process.argv[1]).href)
  await main(() => bundleExtension(DIST));
