// npm run update-tables [-- --rescan] [PACKAGE …]: add the newest releases to the tables.
import { PYTHON } from './lib/paths.mjs';
import { main, run } from './lib/run.mjs';
import { repository } from './lib/setup.mjs';

await main(async (args) => {
  await repository();
  await run(PYTHON, ['scripts/update_tables.py', ...args]);
});
