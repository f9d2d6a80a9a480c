import * as assert from 'node:assert/strict';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  discardIfBroken,
  EnvironmentError,
  type EnvironmentOptions,
  ensureEnvironment,
  environmentName,
  PYTHON_FLAGS,
  removeLeftovers,
} from '../src/environment';
import { run } from '../src/process';
import { makeWheelhouse, realPython, temporaryFolder } from './support';

const HEALTHY = 'print("tunesmith 1.0.0")';

async function setUp(context: TestContext, code: string): Promise<EnvironmentOptions> {
  const folder = await temporaryFolder(context);
  const wheels = await makeWheelhouse(path.join(folder, 'wheels'), '1.0.0', code);
  return { root: path.join(folder, 'env'), python: await realPython(), wheels };
}

function start(options: EnvironmentOptions, folder: string) {
  const settings = { cwd: options.root, timeoutMs: 60_000 };
  return run(options.python.path, [...PYTHON_FLAGS, folder, '--version'], settings);
}

test('an environment is installed once and starts', async (context) => {
  let confirmed = 0;
  const options = {
    ...(await setUp(context, HEALTHY)),
    confirmInstall: async () => {
      confirmed += 1;
    },
  };
  const first = await ensureEnvironment(options);
  const second = await ensureEnvironment(options);

  assert.equal(second, first);
  assert.equal(confirmed, 1);
  assert.deepEqual(await fs.readdir(options.root), [
    environmentName(options.python, options.wheels),
  ]);
  assert.match((await start(options, first)).stdout, /tunesmith 1\.0\.0/);
});

test("the user's own pip settings do no harm", async (context) => {
  const options = await setUp(context, HEALTHY);
  const settings = { PIP_REQUIRE_VIRTUALENV: '1', PIP_USER: '1', PIP_CONFIG_FILE: '/nowhere' };
  Object.assign(process.env, settings);
  context.after(() => {
    for (const name of Object.keys(settings)) delete process.env[name];
  });
  assert.ok(await ensureEnvironment(options));
});

test('neither PYTHONPATH nor the working folder reach the server', async (context) => {
  const options = await setUp(context, 'import sys; print("1.0.0", *sys.path, sep="\\n")');
  const folder = await ensureEnvironment(options);
  process.env.PYTHONPATH = options.root;
  context.after(() => delete process.env.PYTHONPATH);

  const lines = (await start(options, folder)).stdout.trim().split(/\r?\n/);
  assert.equal(lines[1], folder);
  assert.ok(!lines.includes(options.root) && !lines.includes(''));
});

test('a failing health check leaves nothing behind and keeps the older version', async (context) => {
  const options = await setUp(context, HEALTHY);
  const older = await ensureEnvironment(options);
  const folder = path.join(path.dirname(options.root), 'newer');
  const wheels = await makeWheelhouse(folder, '2.0.0', 'raise SystemExit("broken on purpose")');

  await assert.rejects(ensureEnvironment({ ...options, wheels }), (error: EnvironmentError) => {
    assert.ok(error instanceof EnvironmentError);
    assert.match(error.detail, /broken on purpose/);
    return true;
  });
  assert.deepEqual(await fs.readdir(options.root), [path.basename(older)]);
  assert.equal((await start(options, older)).code, 0);
});

test('a server that gives another version is not healthy', async (context) => {
  const options = await setUp(context, 'print("tunesmith 9.9.9")');
  await assert.rejects(ensureEnvironment(options), (error: EnvironmentError) => {
    assert.match(error.detail, /9\.9\.9.*expected 1\.0\.0/);
    return true;
  });
});

test('a wheel that does not match its hash is refused', async (context) => {
  const options = await setUp(context, HEALTHY);
  const wheel = path.join(options.wheels.folder, 'tunesmith-1.0.0-py3-none-any.whl');
  await fs.appendFile(wheel, 'changed');
  await assert.rejects(ensureEnvironment(options), (error: EnvironmentError) => {
    assert.match(error.detail, /HASHES|hash/);
    return true;
  });
  assert.deepEqual(await fs.readdir(options.root), []);
});

test('two windows that install at once end with one environment', async (context) => {
  const options = await setUp(context, HEALTHY);
  const [one, other] = await Promise.all([ensureEnvironment(options), ensureEnvironment(options)]);
  assert.equal(one, other);
  assert.deepEqual(await fs.readdir(options.root), [path.basename(one)]);
  assert.equal((await start(options, one)).code, 0);
});

test('giving the installation up installs nothing', async (context) => {
  const options = await setUp(context, HEALTHY);
  const confirmInstall = () => Promise.reject(new Error('not now'));
  await assert.rejects(ensureEnvironment({ ...options, confirmInstall }), /not now/);
  await assert.rejects(fs.readdir(options.root), { code: 'ENOENT' });
});

test('a broken environment is discarded, a healthy one is kept', async (context) => {
  const options = await setUp(context, HEALTHY);
  const folder = await ensureEnvironment(options);
  await discardIfBroken(options);
  assert.equal((await start(options, folder)).code, 0);

  await fs.rm(path.join(folder, 'tunesmith', 'cli.py'));
  await discardIfBroken(options);
  assert.deepEqual(await fs.readdir(options.root), []);
  assert.equal((await start(options, await ensureEnvironment(options))).code, 0);
});

test('leftovers go, what another window may be using stays', async (context) => {
  const root = await temporaryFolder(context);
  const hours = async (name: string, age: number) => {
    const then = new Date(Date.now() - age * 3_600_000);
    await fs.mkdir(path.join(root, name));
    await fs.utimes(path.join(root, name), then, then);
  };
  await hours('current', 1000);
  await hours('other-version', 24);
  await hours('forgotten-version', 1000);
  await hours('being-installed.1.partial', 0.1);
  await hours('interrupted.2.partial', 5);

  await removeLeftovers(root, path.join(root, 'current'));
  assert.deepEqual((await fs.readdir(root)).sort(), [
    'being-installed.1.partial',
    'current',
    'other-version',
  ]);
});
