import * as assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Job } from '../src/agentProtocol';
import { lasting, machineOf, progressOf, runSeconds } from '../src/jobs/words';

const NOW = 100_000;
const JOB: Job = {
  id: 'key',
  engine: 'hf',
  stage: 'RUNNING',
  name: 'train',
  script: '/work/train.py',
  namespace: 'me',
  created: NOW - 400,
  started: NOW - 300,
};

test('times are said as exactly as they matter', () => {
  assert.deepEqual([0, 59, 60, 3599, 3600, 90_000].map(lasting), [
    '0 s',
    '59 s',
    '1 min',
    '59 min',
    '1 h 0 min',
    '1 d 1 h',
  ]);
});

test('a job says for how long it waits, runs and ran', () => {
  const waiting: Job = { ...JOB, stage: 'SCHEDULING', started: null };
  assert.equal(progressOf(waiting, NOW), 'waiting for 6 min');
  assert.equal(progressOf(JOB, NOW), 'running for 5 min');
  const ended: Job = { ...JOB, stage: 'COMPLETED', finished: NOW - 60 };
  assert.equal(progressOf(ended, NOW), 'completed after 4 min, 1 min ago');
  const never: Job = { ...JOB, stage: 'NOT_SENT', started: null };
  assert.equal(progressOf(never, NOW), 'not sent, 6 min ago');
});

test('clocks that disagree make no negative times', () => {
  assert.equal(runSeconds({ ...JOB, started: NOW + 50 }, NOW), 0);
  assert.equal(lasting(-3), '0 s');
});

test('the machine of a job has a name', () => {
  assert.equal(machineOf({ ...JOB, flavor: 'l4x1' }), 'l4x1');
  assert.equal(machineOf(JOB), 'Hugging Face');
  assert.equal(machineOf({ ...JOB, engine: 'local' }), 'this machine');
});
