import { type QuickPickItem, QuickPickItemKind, ThemeIcon, Uri, window, workspace } from 'vscode';
import type { Context } from '../context';
import { estimatePanels } from '../panels/estimate';
import type { EstimateTarget } from '../panels/estimateMessages';
import {
  MACHINES_REQUEST,
  type MachineRow,
  type MachinesParams,
  type MachinesResult,
} from '../protocol';
import { writeMachine } from '../writeMachine';
import { activeTarget } from './showEstimate';

const GROUPS = [
  { verdict: 'fits', title: 'fits', icon: 'pass' },
  { verdict: 'tight', title: 'may not fit', icon: 'warning' },
  { verdict: 'unknown', title: 'not known whether it fits', icon: 'question' },
  { verdict: 'no', title: 'does not fit', icon: 'error' },
] as const;
/** The note of the machine that the training guide would take. */
const GUIDE = "the guide's choice";
const EXAMPLES = { iconPath: new ThemeIcon('symbol-number'), tooltip: 'Number of Examples …' };

interface Item extends QuickPickItem {
  row?: MachineRow;
}

/** Lists all machines for a training; the one that is picked is written where jobs name theirs. */
export async function chooseGpu(context: Context, given?: unknown): Promise<void> {
  const target = (given as EstimateTarget | undefined) ?? activeTarget();
  if (!target) return;
  try {
    const row = await pick(context, target);
    if (!row) return;
    if (!row.isFlavor) return estimatePanels.show(context, { ...target, machine: row.name });
    const message = await writeMachine(context, target.uri, row.name);
    if (message) void window.showInformationMessage(`Tunesmith: ${message}`);
  } catch (error) {
    void window.showErrorMessage(`Tunesmith: ${(error as Error).message}`);
  }
}

async function pick(context: Context, target: EstimateTarget): Promise<MachineRow | undefined> {
  const key = `examples:${target.uri}`;
  const memory = context.extension.workspaceState;
  for (;;) {
    const examples = memory.get<number>(key);
    const chosen = await show(await machines(context, target, examples));
    if (chosen !== 'examples') return chosen;
    const typed = await askExamples(examples);
    if (typed !== undefined) await memory.update(key, typed);
  }
}

async function machines({ server }: Context, target: EstimateTarget, examples: number | undefined) {
  if (Uri.parse(target.uri).scheme === 'file')
    await workspace.openTextDocument(Uri.parse(target.uri));
  const params: MachinesParams = {
    uri: target.uri,
    trainer: target.trainer ?? null,
    examples: examples ?? null,
  };
  return server.request<MachinesResult>(MACHINES_REQUEST, params);
}

async function askExamples(before: number | undefined): Promise<number | undefined> {
  const typed = await window.showInputBox({
    title: 'Number of examples in the data set',
    prompt: 'Time and cost follow from it.',
    value: before ? String(before) : '',
    validateInput: (text) =>
      /^[1-9]\d{0,11}$/.test(text) ? undefined : 'A whole number from 1 on',
  });
  return typed === undefined ? undefined : Number(typed);
}

function show(found: MachinesResult): Promise<MachineRow | 'examples' | undefined> {
  const quickPick = window.createQuickPick<Item>();
  quickPick.title = `GPU for ${found.model}`;
  const unknown = found.noHours ? `Time is unknown: ${found.noHours}. ` : '';
  quickPick.placeholder = `${unknown}Prices of ${found.prices}`;
  quickPick.matchOnDescription = true;
  quickPick.buttons = [EXAMPLES];
  quickPick.items = items(found);
  quickPick.activeItems = quickPick.items.filter(
    ({ row }) => row && row.name === found.recommended,
  );
  return new Promise((resolve) => {
    quickPick.onDidAccept(() => resolve(quickPick.selectedItems[0]?.row));
    quickPick.onDidTriggerButton(() => resolve('examples'));
    quickPick.onDidHide(() => resolve(undefined));
    quickPick.show();
  }).finally(() => quickPick.dispose()) as Promise<MachineRow | 'examples' | undefined>;
}

function items(found: MachinesResult): Item[] {
  return GROUPS.flatMap(({ verdict, title, icon }) => {
    const rows = found.rows.filter((row) => row.verdict === verdict);
    const separator = { label: title, kind: QuickPickItemKind.Separator };
    return rows.length ? [separator, ...rows.map((row) => item(row, icon, found))] : [];
  });
}

function item(row: MachineRow, icon: string, found: MachinesResult): Item {
  const now = row.name === found.present ? ' (now)' : '';
  const why = row.name === found.recommended ? [`$(star) ${found.reason}`] : [];
  const guide = row.notes.includes(GUIDE) ? [found.guide ?? ''] : [];
  const detail = [...why, ...guide].join(' ');
  return {
    label: `$(${icon}) ${row.name}${now}`,
    description: [row.label, ...figures(row), `${row.effort} set-up`, ...row.notes].join(' · '),
    ...(detail ? { detail } : {}),
    row,
  };
}

function figures(row: MachineRow): string[] {
  const { gb, usable, hours, dollars, usdPerHour } = row;
  const found: string[] = [];
  if (gb != null && usable != null) found.push(`≈ ${gb.toFixed(0)} of ${usable.toFixed(0)} GB`);
  if (hours != null) found.push(`≈ ${hours.toPrecision(2)} h`);
  if (dollars != null) found.push(dollars ? `≈ $${dollars.toFixed(2)}` : 'free');
  else if (usdPerHour != null) found.push(`$${usdPerHour.toFixed(2)}/h`);
  return found;
}
