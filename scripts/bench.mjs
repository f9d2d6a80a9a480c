// npm run bench [-- NAME …] [--record]: print what benchmarks/*.py measure; record it in
// docs/benchmarks.md.
import fs from 'node:fs';
import path from 'node:path';
import { PYTHON, ROOT } from './lib/paths.mjs';
import { usersLibraries } from './lib/python.mjs';
import { Failure, main, run } from './lib/run.mjs';
import { repository } from './lib/setup.mjs';
import { runStages } from './lib/stages.mjs';

await main(async (args) => {
  const chosen = args.filter((arg) => arg !== '--record');
  const options = args.filter((arg) => arg === '--record');
  await repository();
  const folder = path.join(ROOT, 'benchmarks');
  const scripts = (fs.existsSync(folder) ? fs.readdirSync(folder) : []).filter((name) =>
    /^[a-z]\w*\.py$/.test(name),
  );
  if (scripts.length === 0) throw new Failure('benchmarks/ holds no program that measures');
  const env = { ...process.env, TUNESMITH_LIBRARIES: await usersLibraries() };
  const stage = (name) => [
    name.slice(0, -3),
    () => run(PYTHON, [path.join('benchmarks', name), ...options], { env }),
  ];
  await runStages(Object.fromEntries(scripts.map(stage)), chosen);
});
