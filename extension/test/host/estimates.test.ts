import * as assert from 'node:assert/strict';
import { type CodeLens, commands, window, workspace } from 'vscode';
import { open, until } from './support';

const TRAIN = `from trl import SFTConfig, SFTTrainer

trainer = SFTTrainer(model="Qwen/Qwen3-0.6B", args=SFTConfig(max_length=2048))
`;

const lenses = (uri: unknown) =>
  commands.executeCommand<CodeLens[]>('vscode.executeCodeLensProvider', uri, 10);

const titlesOf = (found: CodeLens[]) => found.map(({ command }) => command?.title ?? '');

async function openTraining() {
  const document = await open('python', TRAIN);
  let found: CodeLens[] = [];
  for (let tries = 0; found.length === 0 && tries < 100; tries++)
    found = await lenses(document.uri);
  return { document, found };
}

describe('estimates', () => {
  it('stand above the trainer', async () => {
    const { found } = await openTraining();
    const titles = titlesOf(found);
    assert.match(titles[0] ?? '', /^≈ \d+ GB · no GPU chosen$/);
    assert.equal(titles[1], 'Choose GPU');
  });

  it('can be turned off', async () => {
    const { document } = await openTraining();
    const configuration = workspace.getConfiguration('tunesmith');
    await configuration.update('estimate.codeLens', false, true);
    for (let tries = 0; (await lenses(document.uri)).length > 0; tries++) assert.ok(tries < 500);
    await configuration.update('estimate.codeLens', undefined, true);
  });

  it('open a panel, one for each script', async () => {
    const panels = () =>
      window.tabGroups.all
        .flatMap(({ tabs }) => tabs)
        .filter(({ label }) => label.startsWith('Estimate: '));
    const { found } = await openTraining();
    const command = found[0]?.command;
    assert.ok(command);
    for (let times = 0; times < 2; times++)
      await commands.executeCommand(command.command, ...(command.arguments ?? []));
    await until('the panel', () => panels()[0]);
    assert.equal(panels().length, 1);
    await window.tabGroups.close(panels());
  });
});
