// Write the hash-locked requirement files and the toolchains' locks again: npm run lock [-- --upgrade]

import { PYTHON, VENV, venvProgram } from './lib/paths.mjs';
import { main, run } from './lib/run.mjs';
import { repository } from './lib/setup.mjs';

const OPTIONS = [
  'pip',
  'compile',
  '--universal',
  '--python-version=3.10',
  '--generate-hashes',
  '--no-annotate',
  '--no-emit-index-url',
  '--no-emit-find-links',
  '--custom-compile-command=npm run lock',
  '--quiet',
];

await main(async (args) => {
  await repository();
  const lock = (name, source, ...more) => {
    const output = `--output-file=requirements/${name}.txt`;
    return run(venvProgram(VENV, 'uv'), [...OPTIONS, source, ...more, ...args, output], {
      quiet: true,
    });
  };
  await lock('server', 'pyproject.toml', '--extra=jobs');
  await lock(
    'dev',
    'pyproject.toml',
    '--extra=jobs',
    '--group=dev',
    '--constraint=requirements/server.txt',
  );
  await lock('installer', 'requirements/installer.in');
  const overrides = '--overrides=requirements/libraries.overrides.txt';
  await lock('libraries', 'requirements/libraries.in', overrides);
  await run(PYTHON, ['scripts/lock_toolchains.py', ...args]);
});
