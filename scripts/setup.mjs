// Everything on a fresh machine that has Node and Python: npm packages, .venv, editor, browser.
import { main } from './lib/run.mjs';
import { editorAndBrowser, repository } from './lib/setup.mjs';

await main(async () => {
  await repository();
  await editorAndBrowser();
});
