import { window } from 'vscode';
import type { Context } from './context';
import { WRITE_MACHINE_REQUEST, type WriteMachineResult } from './protocol';

/** Writes the name of a machine; asks where if that is open. Says what was done, "" for nothing. */
export async function writeMachine(
  { server }: Context,
  uri: string,
  machine: string,
): Promise<string> {
  let answer = await server.request<WriteMachineResult>(WRITE_MACHINE_REQUEST, { uri, machine });
  if (answer.places) {
    const placeHolder = `Where to write ${machine}`;
    const place = await window.showQuickPick([...answer.places], { placeHolder });
    if (!place) return '';
    answer = await server.request(WRITE_MACHINE_REQUEST, { uri, machine, place });
  }
  return `Wrote ${machine} into ${answer.written}.`;
}
