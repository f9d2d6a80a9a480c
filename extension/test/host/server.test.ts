import * as assert from 'node:assert/strict';
import * as path from 'node:path';
import { commands, extensions, type TextDocument, WorkspaceEdit, window, workspace } from 'vscode';
import { findings, firstFinding, open, until } from './support';

const SECRET = 'hf jobs uv run --secret HF_TOKEN train.py\n';

interface Server {
  state: string;
  pid: number | undefined;
}

const extension = extensions.getExtension<Server>('tunesmith.tunesmith');
assert.ok(extension);
const server = (): Server => extension.exports;

async function append(document: TextDocument, text: string): Promise<void> {
  const edit = new WorkspaceEdit();
  edit.insert(document.uri, document.lineAt(document.lineCount - 1).range.end, text);
  assert.ok(await workspace.applyEdit(edit));
}

const running = (before?: number) =>
  until('a running server', () => {
    const { state, pid } = server();
    return state === 'running' && pid !== undefined && pid !== before ? pid : undefined;
  });

describe('the server', () => {
  it('comes back after a crash, and its findings with it', async () => {
    const document = await open('shellscript', SECRET);
    await firstFinding(document.uri);
    const before = await running();
    process.kill(before, 'SIGKILL');
    // Messages that meet the broken pipe must not keep it from being started again.
    for (let edit = 0; edit < 5; edit++) await append(document, '# more\n');
    await running(before);
    await until('the findings to return', () => findings(document.uri).length > 0 || undefined);
  });

  it('stops when checking is turned off, and starts when it is turned on', async () => {
    const document = await open('shellscript', SECRET);
    await firstFinding(document.uri);
    const configuration = workspace.getConfiguration('tunesmith');
    await configuration.update('enable', false, true);
    await until('the server to stop', () => server().state === 'off' || undefined);
    assert.deepEqual(findings(document.uri), []);
    await configuration.update('enable', undefined, true);
    await firstFinding(document.uri);
  });
});

describe('the commands', () => {
  it('are those of the manifest', async () => {
    const contributed: { command: string }[] = extension.packageJSON.contributes.commands;
    const known = new Set(await commands.getCommands());
    for (const { command } of contributed) assert.ok(known.has(command), command);
  });

  it('fix all that is safe', async () => {
    const document = await open('shellscript', SECRET + SECRET);
    await firstFinding(document.uri);
    await commands.executeCommand('tunesmith.fixAll');
    const fixed = SECRET.replace('--secret ', '--secrets ');
    await until('the fixes', () => document.getText() === fixed + fixed || undefined);
  });

  it('show the page of a rule, and nothing else', async () => {
    const previews = () =>
      window.tabGroups.all
        .flatMap(({ tabs }) => tabs)
        .filter(({ label }) => label.includes('secret-singular'));
    await commands.executeCommand('tunesmith.openRule', '../../README');
    assert.equal(previews().length, 0);
    await commands.executeCommand('tunesmith.openRule', 'secret-singular');
    await until('the preview', () => previews().length > 0 || undefined);
  });
});

describe('the link of a finding', () => {
  it('is the page that comes with the extension', async () => {
    const document = await open('shellscript', SECRET);
    const { code } = await firstFinding(document.uri);
    assert.ok(typeof code === 'object');
    const page = path.join(extension.extensionPath, 'docs', 'rules', 'secret-singular.md');
    assert.equal(code.target.fsPath, page);
  });
});
