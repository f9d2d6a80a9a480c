// Write the hash-locked requirement files again: npm run lock [-- --upgrade]

import { VENV, venvProgram } from './lib/paths.mjs';
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
  'pyproject.toml',
];

await main(async (args) => {
  await repository();
  const uv = venvProgram(VENV, 'uv');
  await run(uv, [...OPTIONS, ...args, '--output-file=requirements/server.txt'], { quiet: true });
  await run(
    uv,
    [
      ...OPTIONS,
      ...args,
      '--group=dev',
      '--constraint=requirements/server.txt',
      '--output-file=requirements/dev.txt',
    ],
    { quiet: true },
  );
});
