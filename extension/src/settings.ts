import { type ConfigurationScope, workspace } from 'vscode';

export const SECTION = 'tunesmith';

export interface Settings {
  enable: boolean;
  hfVersion: string;
  ignore: string[];
  interpreter: string;
  network: 'off' | 'ask' | 'on';
  'server.path': string;
}

export function setting<K extends keyof Settings>(key: K, scope?: ConfigurationScope): Settings[K] {
  // package.json gives every setting a default.
  return workspace.getConfiguration(SECTION, scope).get(key) as Settings[K];
}

/** What the server needs before its first check. */
export function serverSettings(): Pick<Settings, 'hfVersion' | 'ignore'> {
  return { hfVersion: setting('hfVersion'), ignore: setting('ignore') };
}
