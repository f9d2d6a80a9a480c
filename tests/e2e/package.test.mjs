// The package that is published, in a fresh profile, on a machine without a network.
import assert from 'node:assert/strict';
import net from 'node:net';
import os from 'node:os';
import { test } from 'node:test';
import { describeEditor } from './harness.mjs';
import { TRAIN } from './samples.mjs';

// Holds wherever no network namespace could be made: pip and libraries that honour a proxy.
const NOWHERE = 'http://127.0.0.1:9';
const env = { HTTPS_PROXY: NOWHERE, HTTP_PROXY: NOWHERE, PIP_NO_INDEX: '1', UV_OFFLINE: '1' };

test('outside addresses are out of reach', async (t) => {
  const attempt = new Promise((resolve, reject) => {
    net.connect({ host: '192.0.2.1', port: 443, timeout: 5000 }, resolve).on('error', reject);
  });
  const { message } = await attempt.catch((error) => error);
  assert.match(message ?? 'connected', /ENETUNREACH|tests reach loopback only/);
  t.diagnostic(`${message}; network interfaces: ${Object.keys(os.networkInterfaces())}`);
});

describeEditor(
  'the package for this platform',
  { files: { 'train.py': TRAIN }, env },
  (scenario) => {
    scenario('shows a squiggle without a network', async ({ workbench, screenshot }) => {
      await workbench.openFile('train.py');
      await workbench.serverReady();
      await workbench.waitForSquiggle('error');
      await screenshot('package-offline');
    });

    scenario('is small, and quick to start', async ({ workbench, profile, screenshot, note }) => {
      note(`Running Extensions: ${(await workbench.activation('Tunesmith')).replace(/\s+/g, ' ')}`);
      await screenshot('running-extensions');
      for (const [name, size] of profile.bundles('tunesmith.tunesmith'))
        note(`${name}: ${(size / 1000).toFixed(0)} KB`);
    });
  },
);
