// Bundle the extension into dist/extension.js, for a run from the checkout: node scripts/bundle.mjs
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { DIST, ROOT } from './lib/paths.mjs';
import { main } from './lib/run.mjs';

/** One file with all that the extension needs but the editor. `forUsers`: small, without sources. */
export async function bundleExtension(outfile, { forUsers = false } = {}) {
  const { build } = await import('esbuild');
  await build({
    entryPoints: [path.join(ROOT, 'extension/src/main.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    external: ['vscode'],
    minify: forUsers,
    sourcemap: forUsers ? false : 'inline',
    logLevel: 'warning',
  });
}

if (import.meta.url === pathToFileURL(process.argv[1]).href)
  await main(() => bundleExtension(path.join(DIST, 'extension.js')));
