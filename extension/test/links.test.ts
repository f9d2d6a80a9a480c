import * as assert from 'node:assert/strict';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { test } from 'node:test';
import { openRuleAddress, ruleInAddress, ruleNames, rulePage } from '../src/links';
import { temporaryFolder } from './support';

test('the rule is read from the address of its page', () => {
  assert.equal(ruleInAddress('https://example.org/rules/login-call'), 'login-call');
  assert.equal(ruleInAddress('https://example.org/docs/rules/login-call.md#fix'), 'login-call');
  assert.equal(ruleInAddress('https://example.org/rules/login-call/'), 'login-call');
  assert.equal(ruleInAddress('https://example.org/rules/../../etc/passwd'), undefined);
  assert.equal(ruleInAddress('https://example.org/'), undefined);
});

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

test('the command link carries the name as JSON', () => {
  const [, argument] = openRuleAddress('login-call').split('?');
  assert.deepEqual(JSON.parse(decodeURIComponent(argument ?? '')), ['login-call']);
});
