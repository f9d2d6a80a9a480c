import { type ConfigurationScope, workspace } from 'vscode';

export const SECTION = 'tunesmith';

/** The settings that the extension reads itself; the server asks for its own. */
export interface Settings {
  enable: boolean;
  interpreter: string;
  network: 'off' | 'ask' | 'on';
  'server.path': string;
}

export function setting<K extends keyof Settings>(key: K, scope?: ConfigurationScope): Settings[K] {
  // package.json gives every setting a default.
  return workspace.getConfiguration(SECTION, scope).get(key) as Settings[K];
}
