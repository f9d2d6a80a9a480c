// npm run bench [-- NAME …]: print what benchmarks/*.py measure.
import fs from 'node:fs';
import path from 'node:path';
import { PYTHON, ROOT } from './lib/paths.mjs';
import { usersLibraries } from './lib/python.mjs';
import { Failure, main, run } from './lib/run.mjs';
import { repository } from './lib/setup.mjs';
import { runStages } from './lib/stages.mjs';

await main(async (chosen) => {
  await repository();
  const folder = path.join(ROOT, 'benchmarks');
  const scripts = (fs.existsSync(folder) ? fs.readdirSync(folder) : []).filter((name) =>
    /^[a-z]\w*\.py$/.test(name),
  );
  if (scripts.length === 0) throw new Failure('benchmarks/ holds no program that measures');
  const env = { ...process.env, TUNESMITH_LIBRARIES: await usersLibraries() };
  const stage = (name) => [
    name.slice(0, -3),
    () => run(PYTHON, [path.join('benchmarks', name)], { env }),
  ];
  await runStages(Object.fromEntries(scripts.map(stage)), chosen);
});
