// The suites of extension/test/host, run by mocha inside the extension host.
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { DIST, ROOT } from '../../scripts/lib/paths.mjs';
import { runInHost } from './harness.mjs';

test('the extension keeps its promises to the VS Code API', { timeout: 180_000 }, async (t) => {
  const { code, output } = await runInHost({
    development: ROOT,
    tests: path.join(DIST, 'test', 'host', 'index.js'),
  });
  assert.equal(code, 0, output);
  const [passing] = output.match(/\d+ passing/) ?? [];
  assert.ok(passing, output);
  t.diagnostic(passing);
});
