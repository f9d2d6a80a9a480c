import * as assert from 'node:assert/strict';
import { test } from 'node:test';
import { counted, duration, gb, money, timeoutText } from '../webview/words';

test('one is not many', () => {
  assert.deepEqual(
    [0, 1, 2, 4096].map((value) => counted(value, 'token')),
    ['0 tokens', '1 token', '2 tokens', '4,096 tokens'],
  );
});

test('money has cents, or none', () => {
  assert.deepEqual([0.684, 1.7, 9.99, 11.2, 1234].map(money), [
    '$0.68',
    '$1.70',
    '$9.99',
    '$11',
    '$1,234',
  ]);
});

test('times and sizes are as exact as an estimate is', () => {
  assert.deepEqual([0.001, 0.5, 1.23, 52.4].map(duration), ['1 min', '30 min', '1.2 h', '52 h']);
  assert.deepEqual([0, 0.01, 16.38].map(gb), ['0.0 GB', '< 0.1 GB', '16.4 GB']);
});

test('a timeout is written as `hf jobs` takes it', () => {
  assert.deepEqual([3600, 5400, 90, undefined].map(timeoutText), ['1h', '90m', '90s', '']);
});
