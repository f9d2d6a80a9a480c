import * as assert from 'node:assert/strict';
import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import type { TestContext } from 'node:test';
import { run } from '../src/process';
import { type Interpreter, probe } from '../src/python';
import { readWheelhouse, type Wheelhouse } from '../src/wheelhouse';

/** Tests run in the root of the repository, whose environment has pip. */
export const VENV_PYTHON = path.resolve(
  process.platform === 'win32' ? '.venv/Scripts/python.exe' : '.venv/bin/python',
);

export async function temporaryFolder(test: TestContext): Promise<string> {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'tunesmith-test-'));
  test.after(() => fs.rm(folder, { recursive: true, force: true }));
  return folder;
}

export async function realPython(): Promise<Interpreter> {
  const python = await probe(VENV_PYTHON);
  assert.ok(typeof python !== 'string', `${VENV_PYTHON} ${python}`);
  return python;
}

/** A wheelhouse whose tunesmith runs `code` in main(). */
export async function makeWheelhouse(
  folder: string,
  version: string,
  code: string,
): Promise<Wheelhouse> {
  const script = path.resolve('extension/test/make_wheelhouse.py');
  const cli = `def main():\n    ${code}\n`;
  const result = await run(VENV_PYTHON, [script, folder, version, cli], {
    cwd: path.dirname(folder),
    timeoutMs: 60_000,
  });
  assert.equal(result.code, 0, result.stderr);
  return readWheelhouse(folder);
}
