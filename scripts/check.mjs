// npm run check [-- --fix] [-- ruff|pyright|tsc|biome|imports|generated …]: everything that reads code without running it.
import fs from 'node:fs';
import path from 'node:path';
import { npmProgram, PYTHON, ROOT, VENV, venvProgram } from './lib/paths.mjs';
import { main, run } from './lib/run.mjs';
import { repository } from './lib/setup.mjs';
import { runStages } from './lib/stages.mjs';

const ruff = (...args) => run(venvProgram(VENV, 'ruff'), args);

/** Scripts that write files out of others, each after those that it reads. */
const GENERATORS = ['rule_index', 'rule_docs', 'library_docs', 'protocol'];

async function fix() {
  await ruff('check', '--fix-only');
  await ruff('format');
  for (const name of GENERATORS) await run(PYTHON, [path.join('scripts', `generate_${name}.py`)]);
  await run(npmProgram('biome'), ['check', '--write']);
}

/** Every scripts/*.py that knows --check compares its file with what it would write. */
async function generated() {
  const folder = path.join(ROOT, 'scripts');
  const scripts = fs
    .readdirSync(folder)
    .filter((name) => name.endsWith('.py'))
    .filter((name) => fs.readFileSync(path.join(folder, name), 'utf8').includes('"--check"'));
  for (const script of scripts) {
    console.log(script);
    await run(PYTHON, [path.join('scripts', script), '--check']);
  }
}

await main(async (words) => {
  await repository();
  const chosen = words.filter((word) => word !== '--fix');
  if (chosen.length < words.length) await fix();
  await runStages(
    {
      ruff: () => ruff('check'),
      format: () => ruff('format', '--check'),
      pyright: () => run(npmProgram('pyright'), ['--warnings']),
      imports: () => run(venvProgram(VENV, 'lint-imports'), ['--no-logo']),
      generated,
      tsc: async () => {
        for (const project of ['.', 'extension/webview'])
          await run(npmProgram('tsc'), ['--noEmit', '--project', project]);
      },
      biome: () => run(npmProgram('biome'), ['check', '--error-on-warnings']),
    },
    chosen,
  );
});
