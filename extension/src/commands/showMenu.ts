import { commands, window } from 'vscode';

const ENTRIES = [
  { label: '$(wand) Fix All in File', command: 'tunesmith.fixAll' },
  { label: '$(dashboard) Show Estimate', command: 'tunesmith.showEstimate' },
  { label: '$(server-environment) Choose GPU', command: 'tunesmith.chooseGpu' },
  { label: '$(rocket) Submit Job', command: 'tunesmith.submitJob' },
  { label: '$(server-process) Show Jobs', command: 'tunesmith.showJobs' },
  { label: '$(new-file) New Training Script', command: 'tunesmith.newScript' },
  { label: '$(account) Check Account', command: 'tunesmith.checkAccount' },
  { label: '$(book) Open Rule', command: 'tunesmith.openRule' },
  { label: '$(output) Show Output', command: 'tunesmith.showOutput' },
  { label: '$(refresh) Restart Server', command: 'tunesmith.restartServer' },
  {
    label: '$(gear) Settings',
    command: 'workbench.action.openSettings',
    argument: '@ext:tunesmith.tunesmith',
  },
];

export async function showMenu(): Promise<void> {
  const entry = await window.showQuickPick(ENTRIES, { placeHolder: 'Tunesmith' });
  if (!entry) return;
  const args = entry.argument === undefined ? [] : [entry.argument];
  await commands.executeCommand(entry.command, ...args);
}
