import * as assert from 'node:assert/strict';
import {
  type CodeAction,
  CodeActionKind,
  commands,
  DiagnosticSeverity,
  type Hover,
  MarkdownString,
  Range,
  type TextDocument,
  WorkspaceEdit,
  workspace,
} from 'vscode';
import { codeOf, findings, firstFinding, open, until } from './support';

async function replace(document: TextDocument, text: string): Promise<void> {
  const edit = new WorkspaceEdit();
  const end = document.lineAt(document.lineCount - 1).range.end;
  edit.replace(document.uri, new Range(document.positionAt(0), end), text);
  assert.ok(await workspace.applyEdit(edit));
}

describe('diagnostics', () => {
  const SECRET = 'hf jobs uv run --secret HF_TOKEN train.py\n';

  it('carry severity, place, name and a link to the page of the rule', async () => {
    const document = await open('shellscript', SECRET);
    const finding = await firstFinding(document.uri);
    assert.equal(finding.severity, DiagnosticSeverity.Error);
    assert.equal(codeOf(finding.code), 'secret-singular');
    assert.match(document.getText(finding.range), /^--secret/);
    assert.ok(typeof finding.code === 'object' && finding.code.target);
  });

  it('come with a quick fix that removes them', async () => {
    const document = await open('shellscript', SECRET);
    const finding = await firstFinding(document.uri);
    const actions = await commands.executeCommand<CodeAction[]>(
      'vscode.executeCodeActionProvider',
      document.uri,
      finding.range,
      CodeActionKind.QuickFix.value,
      10,
    );
    const fix = actions.find(({ isPreferred }) => isPreferred);
    assert.ok(fix?.edit, `no preferred fix in ${actions.map(({ title }) => title)}`);
    assert.ok(await workspace.applyEdit(fix.edit));
    assert.equal(document.getText(), SECRET.replace('--secret ', '--secrets '));
    await until('the finding to go', () => findings(document.uri).length === 0 || undefined);
  });

  it('come and go with the text', async () => {
    const document = await open('shellscript', 'echo nothing\n');
    await replace(document, SECRET);
    await firstFinding(document.uri);
    await replace(document, 'echo nothing\n');
    await until('the finding to go', () => findings(document.uri).length === 0 || undefined);
  });

  it('are explained on hover', async () => {
    const document = await open('shellscript', SECRET);
    const { range } = await firstFinding(document.uri);
    const hovers = await commands.executeCommand<Hover[]>(
      'vscode.executeHoverProvider',
      document.uri,
      range.start,
    );
    const text = hovers
      .flatMap(({ contents }) => contents)
      .map((part) => (part instanceof MarkdownString ? part.value : String(part)))
      .join('\n');
    assert.match(text, /--secrets/);
  });

  it('return after a restart of the server', async () => {
    const document = await open('shellscript', SECRET);
    await firstFinding(document.uri);
    await commands.executeCommand('tunesmith.restartServer');
    await firstFinding(document.uri);
  });
});
