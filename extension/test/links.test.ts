import * as assert from 'node:assert/strict';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { test } from 'node:test';
import { bundledPage, replaceLinks, ruleNames, rulePage } from '../src/links';
import { temporaryFolder } from './support';

test('only bundled rules have a page', async (context) => {
  const extension = await temporaryFolder(context);
  const folder = path.join(extension, 'docs', 'rules');
  await fs.mkdir(folder, { recursive: true });
  for (const name of ['secret-singular.md', 'login-call.md', 'README.md'])
    await fs.writeFile(path.join(folder, name), '');
  await fs.writeFile(path.join(extension, 'docs', 'private.md'), '');

  assert.deepEqual(ruleNames(extension), ['login-call', 'secret-singular']);
  assert.equal(rulePage(extension, 'login-call'), path.join(folder, 'login-call.md'));
  for (const name of ['no-such-rule', '../private', 'README', 7, undefined])
    assert.equal(rulePage(extension, name), undefined);
});

test('a web address is replaced by the bundled page of its rule', async (context) => {
  const extension = await temporaryFolder(context);
  const folder = path.join(extension, 'docs', 'rules');
  await fs.mkdir(folder, { recursive: true });
  const page = path.join(folder, 'login-call.md');
  await fs.writeFile(page, '');

  assert.equal(bundledPage(extension, 'https://example.org/docs/rules/login-call.md#fix'), page);
  assert.equal(bundledPage(extension, 'https://example.org/rules/login-call'), page);
  assert.equal(bundledPage(extension, 'https://example.org/rules/no-such-rule.md'), undefined);
  assert.equal(bundledPage(extension, 'https://example.org/rules/../login-call.txt'), undefined);
  assert.equal(bundledPage(extension, 'https://example.org/'), undefined);
});

test('only links with a replacement are changed', () => {
  const text = 'See [a](https://a.org/x) and [b](https://b.org).';
  const replaced = replaceLinks(text, (address) =>
    address.includes('a.org') ? 'file:///a.md' : undefined,
  );
  assert.equal(replaced, 'See [a](file:///a.md) and [b](https://b.org).');
});
