// npm run update-tables [-- --rescan] [PACKAGE …]: add the newest releases to the tables and their pages.
import { PYTHON } from './lib/paths.mjs';
import { main, run } from './lib/run.mjs';
import { repository } from './lib/setup.mjs';

await main(async (args) => {
  await repository();
  await run(PYTHON, ['scripts/update_tables.py', ...args]);
  await run(PYTHON, ['scripts/generate_library_docs.py']);
  await run(PYTHON, ['scripts/generate_library_docs.py']);
});
