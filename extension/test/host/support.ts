import { setTimeout as delay } from 'node:timers/promises';
import { languages, type TextDocument, type Uri, window, workspace } from 'vscode';

const PATIENCE_MS = 30_000;

export const codeOf = (code: unknown): unknown =>
  typeof code === 'object' && code !== null && 'value' in code ? code.value : code;

export function findings(uri: Uri) {
  return languages.getDiagnostics(uri).filter(({ source }) => source === 'tunesmith');
}

export async function until<T>(what: string, probe: () => T | undefined): Promise<T> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = probe();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error(`${what} did not happen within ${PATIENCE_MS} ms`);
    await delay(50);
  }
}

export const firstFinding = (uri: Uri) => until(`a finding in ${uri}`, () => findings(uri)[0]);

export async function open(language: string, content: string): Promise<TextDocument> {
  const document = await workspace.openTextDocument({ language, content });
  await window.showTextDocument(document);
  return document;
}
