/** The pages of the rules, which come with the extension, and links to them. */
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

/**
 * Where to read about a rule without a network: the page that comes with the extension, in place of
 * the web address `https://…/rules/<name>.md`. Undefined for an address that has no such page.
 */
export function bundledPage(extensionPath: string, address: string): string | undefined {
  const name = /^https:.*\/rules\/([a-z][a-z0-9-]*)(?:\.md)?(?:[?#].*)?$/.exec(address)?.[1];
  return rulePage(extensionPath, name);
}

/** Replaces the targets of Markdown links for which there is a replacement. */
export function replaceLinks(
  markdown: string,
  replacement: (address: string) => string | undefined,
): string {
  return markdown.replace(
    /\]\((https:[^\s)]+)\)/g,
    (_link, address: string) => `](${replacement(address) ?? address})`,
  );
}
