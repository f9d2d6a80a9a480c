import fs from 'node:fs';
import path from 'node:path';
import { DIST, ROOT } from './paths.mjs';
import { Failure } from './run.mjs';

/** Bundle a folder's *.test.ts (and its index.ts) into dist/test/<kind>; returns the tests. */
export async function bundleTests(folder, kind) {
  const { build } = await import('esbuild');
  const names = fs.existsSync(path.join(ROOT, folder))
    ? fs.readdirSync(path.join(ROOT, folder)).filter((name) => name.endsWith('.test.ts'))
    : [];
  if (names.length === 0) throw new Failure(`no *.test.ts in ${folder}: nothing would be tested`);
  const outdir = path.join(DIST, 'test', kind);
  fs.rmSync(outdir, { recursive: true, force: true });
  await build({
    entryPoints: [...names, 'index.ts']
      .map((name) => path.join(ROOT, folder, name))
      .filter((file) => fs.existsSync(file)),
    outdir,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    external: ['vscode', 'mocha'],
    sourcemap: 'inline',
    logLevel: 'warning',
  });
  return names.map((name) => path.join(outdir, name.replace(/\.ts$/, '.js')));
}
