/** Links from a diagnostic to the page of its rule, which comes with the extension. */
import * as fs from 'node:fs';
import * as path from 'node:path';

const RULE_NAME = /^[a-z][a-z0-9-]*$/;

export function rulesFolder(extensionPath: string): string {
  return path.join(extensionPath, 'docs', 'rules');
}

/** Path of a rule's page; undefined for anything that is not the name of a bundled rule. */
export function rulePage(extensionPath: string, name: unknown): string | undefined {
  if (typeof name !== 'string' || !RULE_NAME.test(name)) return undefined;
  const file = path.join(rulesFolder(extensionPath), `${name}.md`);
  return fs.existsSync(file) ? file : undefined;
}

/** Names of all bundled rules, sorted. */
export function ruleNames(extensionPath: string): string[] {
  const folder = rulesFolder(extensionPath);
  if (!fs.existsSync(folder)) return [];
  return fs
    .readdirSync(folder)
    .filter((file) => file.endsWith('.md'))
    .map((file) => file.slice(0, -3))
    .filter((name) => RULE_NAME.test(name))
    .sort();
}

/** The rule's name in the address of its page, `https://…/rules/<name>` with or without `.md`. */
export function ruleInAddress(address: string): string | undefined {
  return /\/rules\/([a-z][a-z0-9-]*)(?:\.md|\/)?(?:[?#].*)?$/.exec(address)?.[1];
}

export function openRuleAddress(name: string): string {
  return `command:tunesmith.openRule?${encodeURIComponent(JSON.stringify([name]))}`;
}
