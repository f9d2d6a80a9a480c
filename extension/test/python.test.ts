import * as assert from 'node:assert/strict';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { type TestContext, test } from 'node:test';
import { which } from '../src/process';
import {
  type Candidate,
  findInterpreter,
  type Interpreter,
  NoInterpreterError,
  objection,
  probe,
  systemCandidates,
} from '../src/python';
import { realPython, temporaryFolder } from './support';

const WHEELS = { minors: [10, 11, 12, 13, 14], target: 'linux-x64' };
const LINUX: Interpreter = {
  path: '/usr/bin/python3',
  version: [3, 12, 1],
  implementation: 'cpython',
  suffix: '.cpython-312-x86_64-linux-gnu.so',
  platform: 'linux-x86_64',
};

async function* from(...candidates: Candidate[]): AsyncGenerator<Candidate> {
  yield* candidates;
}

/** A program that answers the probe as this interpreter would. */
async function pretend(context: TestContext, python: Interpreter): Promise<string> {
  const file = path.join(await temporaryFolder(context), 'python3');
  await fs.writeFile(file, `#!/bin/sh\necho '${JSON.stringify(python)}'\n`, { mode: 0o755 });
  return file;
}

const refusals: [string, Partial<Interpreter>, RegExp][] = [
  ['too old', { version: [3, 9, 18] }, /is Python 3\.9\.18, expected Python 3\.10 to 3\.14/],
  ['too new', { version: [3, 15, 0] }, /is Python 3\.15\.0/],
  ['Python 2', { version: [2, 7, 18] }, /is Python 2\.7\.18/],
  ['PyPy', { implementation: 'pypy' }, /expected CPython/],
  ['free-threaded', { suffix: '.cpython-313t-x86_64-linux-gnu.so' }, /free-threaded/],
  ['musl', { suffix: '.cpython-312-x86_64-linux-musl.so' }, /carries libraries for linux-x64/],
  ['another processor', { platform: 'linux-aarch64' }, /is built for linux-aarch64/],
];
for (const [title, difference, expected] of refusals) {
  test(`an interpreter that cannot be used is refused: ${title}`, () => {
    assert.match(objection({ ...LINUX, ...difference }, WHEELS) ?? 'accepted', expected);
  });
}

test('an interpreter that can be used is accepted', () => {
  assert.equal(objection(LINUX, WHEELS), undefined);
  const mac = { ...LINUX, platform: 'macosx-10.13-universal2', suffix: '.cpython-312-darwin.so' };
  assert.equal(objection(mac, { ...WHEELS, target: 'darwin-arm64' }), undefined);
  assert.equal(objection(mac, { ...WHEELS, target: 'universal' }), undefined);
});

test('a real interpreter answers', async () => {
  const python = await realPython();
  assert.equal(python.version[0], 3);
  assert.ok(path.isAbsolute(python.path));
});

test('what is no Python gives a reason', async () => {
  assert.match(String(await probe('/nowhere/python3')), /does not run/);
  assert.match(String(await probe(process.execPath)), /does not/);
});

test('the first usable candidate is taken', {
  skip: process.platform === 'win32',
}, async (context) => {
  const old = await pretend(context, { ...LINUX, version: [3, 9, 2] });
  const good = await pretend(context, { ...LINUX, path: '/opt/good' });
  const candidates = from({ path: old, origin: 'PATH' }, { path: good, origin: 'uv' });
  assert.equal((await findInterpreter(candidates, WHEELS)).path, '/opt/good');
});

test('a chosen interpreter is used or refused, never replaced', {
  skip: process.platform === 'win32',
}, async (context) => {
  const old = await pretend(context, { ...LINUX, version: [3, 9, 2] });
  const good = await pretend(context, LINUX);
  const candidates = from(
    { path: old, origin: 'the setting', explicit: true },
    { path: good, origin: 'PATH' },
  );
  await assert.rejects(findInterpreter(candidates, WHEELS), (error: Error) => {
    assert.ok(error instanceof NoInterpreterError);
    assert.match(error.message, /\(the setting\) is Python 3\.9\.2/);
    return true;
  });
});

test('when there is none, the message names what was looked at', async () => {
  const candidates = from({ path: '/nowhere/python3', origin: 'PATH' });
  await assert.rejects(
    findInterpreter(candidates, WHEELS),
    /No Python 3\.10 to 3\.14 was found\. Looked at: \/nowhere\/python3 \(PATH\) does not run/,
  );
});

test('the system has an interpreter that the tests run with', async () => {
  const wheels = { ...WHEELS, target: 'universal' };
  const found = await findInterpreter(systemCandidates(WHEELS.minors), wheels);
  assert.ok(path.isAbsolute(found.path));
});

test('PATH entries that depend on the working folder are left out', async (context) => {
  const folder = await temporaryFolder(context);
  const name = process.platform === 'win32' ? 'tool.exe' : 'tool';
  await fs.writeFile(path.join(folder, name), '', { mode: 0o755 });
  const relative = path.relative(process.cwd(), folder);
  assert.equal(await which('tool', { PATH: `.${path.delimiter}${relative}` }), undefined);
  assert.equal(await which('tool', { PATH: folder }), path.join(folder, name));
});
