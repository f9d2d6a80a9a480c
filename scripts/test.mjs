// npm test [-- python|extension|editor …] [--only=TEXT]: all tests, with every socket outside
// loopback denied; of an editor's or the extension's only those whose files' names hold the text.
import fs from 'node:fs';
import path from 'node:path';
import { bundleExtension } from './bundle.mjs';
import { bundleTests } from './lib/bundle.mjs';
import { guardedEnvironment, namespace } from './lib/offline.mjs';
import { DIST, PYTHON, ROOT } from './lib/paths.mjs';
import { usersLibraries } from './lib/python.mjs';
import { Failure, main, run } from './lib/run.mjs';
import { editorAndBrowser, platformVsix, repository } from './lib/setup.mjs';
import { runStages } from './lib/stages.mjs';

const NODE_TESTS = ['--test', '--test-concurrency=1', '--test-reporter=spec'];

function testFiles(folder, ending) {
  const names = fs.readdirSync(path.join(ROOT, folder)).filter((name) => name.endsWith(ending));
  if (names.length === 0) throw new Failure(`no *${ending} in ${folder}: nothing would be tested`);
  return names.map((name) => path.join(folder, name));
}

const ONLY = '--only=';

await main(async (words) => {
  const only = words.find((word) => word.startsWith(ONLY))?.slice(ONLY.length) ?? '';
  const chosen = words.filter((word) => !word.startsWith(ONLY));
  const wanted = (files) => {
    const found = files.filter((file) => path.basename(file).includes(only));
    if (found.length === 0) throw new Failure(`no test's file has "${only}" in its name`);
    return found;
  };
  await repository();
  const prefix = await namespace();
  console.log(
    prefix.length
      ? 'Tests run in a network namespace that has nothing but loopback.'
      : 'No network namespace here: Python and Node refuse outside sockets, a browser could not.',
  );
  const env = guardedEnvironment();
  const offline = (...command) => {
    const [program, ...args] = [...prefix, ...command];
    return run(program, args, { env });
  };
  await runStages(
    {
      python: async () => {
        env.TUNESMITH_LIBRARIES = await usersLibraries();
        await offline(PYTHON, '-m', 'pytest', '-q');
      },
      extension: async () =>
        offline(
          process.execPath,
          ...NODE_TESTS,
          ...wanted(await bundleTests('extension/test', 'unit')),
        ),
      editor: async () => {
        await editorAndBrowser();
        env.TUNESMITH_VSIX = await platformVsix();
        await bundleExtension(DIST);
        await bundleTests('extension/test/host', 'host');
        await offline(
          process.execPath,
          ...NODE_TESTS,
          ...wanted(testFiles('tests/e2e', '.test.mjs')),
        );
      },
    },
    chosen,
  );
});
