/** The panel that shows what a job would be, what it costs and what speaks against it. */
import {
  commands,
  env,
  Range,
  Uri,
  ViewColumn,
  type WebviewPanel,
  window,
  workspace,
} from 'vscode';
import { AgentError } from '../agent';
import {
  HARDWARE,
  type HardwareResult,
  type Job,
  PLAN,
  type Plan,
  type PlanParams,
  RESUME,
  SUBMIT,
  type SubmitParams,
} from '../agentProtocol';
import type { Context } from '../context';
import { requireNetwork } from '../jobs/controller';
import { askSecret, availableNames, secretValues } from '../jobs/secrets';
import { tellStart } from '../jobs/status';
import {
  MACHINES_REQUEST,
  type MachinesResult,
  WRITE_JOB_REQUEST,
  type WriteJobParams,
  type WriteValuesResult,
} from '../protocol';
import { setting } from '../settings';
import { besideScripts } from './page';
import { Panel, Panels } from './panel';
import type { FromPlan, Machine, PlanTarget, ToPlan } from './planMessages';

/** What keeps the programs that a script is run by from the network. */
const OFFLINE = ['HF_HUB_OFFLINE=1', 'UV_OFFLINE=1'];
const VERDICTS = { fits: 'fits', tight: 'may not fit', no: 'does not fit', unknown: '' };

export const planPanels = new Panels<PlanTarget>({
  name: 'plan',
  title: 'Submit',
  place: besideScripts,
  isRestored: ({ uri }) => Boolean(uri) && workspace.isTrusted,
  make: (context, view, target) => new PlanPanel(context, view, target),
});

class PlanPanel extends Panel<PlanTarget, FromPlan, ToPlan> {
  private readonly uri: Uri;
  private plan: Plan | undefined;
  private isSubmitting = false;

  constructor(context: Context, view: WebviewPanel, target: PlanTarget) {
    super(context, view);
    this.uri = Uri.parse(target.uri);
    this.listeners.push(
      workspace.onDidChangeTextDocument(({ document }) => {
        const isOurs = document.uri.toString() === this.uri.toString();
        if (isOurs && document.isDirty) this.send({ type: 'stale' });
      }),
      workspace.onDidSaveTextDocument(() => this.refresh()),
      workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('tunesmith.network')) this.refresh();
      }),
      context.server.onDidChange(() => void this.sendMachines()),
    );
  }

  protected async receive(message: FromPlan): Promise<void> {
    switch (message.type) {
      case 'ask':
        void this.sendMachines();
        return this.ask(message.id, message.target);
      case 'submit':
        return this.submit(message);
      case 'giveSecret':
        if (await askSecret(message.name)) this.refresh();
        return;
      case 'askPrices':
        return this.tell(() => this.sendOffers());
      case 'reveal':
        return this.revealPlace(message.line, message.column);
      case 'copy':
        await env.clipboard.writeText(message.text);
        return;
      case 'write':
        return this.tell(() => this.write(message));
      case 'checkAccount':
        await commands.executeCommand('tunesmith.checkAccount', this.uri);
        return;
      case 'signIn':
        await commands.executeCommand('tunesmith.signIn');
        return;
      case 'close':
        this.view.dispose();
    }
  }

  private async ask(id: number, target: PlanTarget): Promise<void> {
    const { jobs } = this.context;
    try {
      const plan = await (target.resume
        ? jobs.request<Plan>(RESUME, { id: target.resume })
        : jobs.request<Plan>(PLAN, this.params(target)));
      if (target.choices.smoke && !plan.diff)
        throw new AgentError(
          'No smoke test can be made of this script',
          'Submit it, or run it on this machine',
        );
      this.plan = plan;
      this.send({ type: 'plan', id, plan, isOffline: setting('network') === 'off' });
    } catch (error) {
      this.send({ type: 'problem', id, problem: this.problemOf(error) });
    }
  }

  private params({ choices }: PlanTarget): PlanParams {
    const isOffline = setting('network') === 'off';
    const engine = choices.smoke ? 'local' : (choices.engine ?? (isOffline ? 'local' : null));
    return {
      script: this.uri.fsPath,
      engine,
      flavor: choices.flavor || null,
      timeout: choices.timeout || null,
      namespace: choices.namespace || null,
      smoke: choices.smoke ?? false,
      environment: isOffline && engine === 'local' ? OFFLINE : [],
      available: availableNames(),
      path: process.env.PATH ?? '',
    };
  }

  /** The machines with what they do for the script, out of the tables: nothing is sent. */
  private async sendMachines(): Promise<void> {
    const params = { uri: this.uri.toString() };
    await workspace.openTextDocument(this.uri);
    const found = await this.context.server
      .request<MachinesResult>(MACHINES_REQUEST, params)
      .catch(() => undefined); // there is no trainer in it that can be estimated
    if (!found) return;
    const machines = found.rows
      .filter((row) => row.isFlavor)
      .map(({ name, label, verdict, usdPerHour }) => ({
        name,
        label,
        notes: [priceOf(usdPerHour), VERDICTS[verdict]],
      }));
    const prices = found.rows.flatMap(({ name, usdPerHour }) =>
      usdPerHour == null ? [] : [[name, usdPerHour] as const],
    );
    this.context.jobs.learnPrices(Object.fromEntries(prices));
    this.send({ type: 'machines', machines, pricedOn: found.prices });
  }

  private async sendOffers(): Promise<string> {
    const { offers } = await this.context.jobs.requestOnline<HardwareResult>(HARDWARE, {
      engine: 'hf',
    });
    const prices = offers.map(({ flavor, dollars }) => [flavor, dollars] as const);
    this.context.jobs.learnPrices(Object.fromEntries(prices));
    const machines: Machine[] = offers.map(({ flavor, title, dollars }) => ({
      name: flavor,
      label: title,
      notes: [priceOf(dollars)],
    }));
    this.send({ type: 'machines', machines, pricedOn: null });
    return '';
  }

  private async submit({ key, overridden, consent }: SubmitParams): Promise<void> {
    const { plan } = this;
    if (this.isSubmitting || !plan || plan.key !== key) return;
    this.isSubmitting = true;
    try {
      if (plan.engine === 'hf') requireNetwork();
      const secrets = secretValues(plan.secrets.map(({ name }) => name));
      const params = { key, overridden, consent, secrets };
      const job = await this.context.jobs.request<Job>(SUBMIT, params);
      this.context.jobs.remember(job);
      this.view.dispose();
      void tellStart(this.context, job);
    } catch (error) {
      this.send({ type: 'refused', problem: this.problemOf(error) });
    } finally {
      this.isSubmitting = false;
    }
  }

  private async write({ values }: FromPlan & { type: 'write' }) {
    await workspace.openTextDocument(this.uri);
    const params: WriteJobParams = { uri: this.uri.toString(), ...values };
    const { server } = this.context;
    const answer = await server.request<WriteValuesResult>(WRITE_JOB_REQUEST, params);
    const document = await workspace.openTextDocument(this.uri);
    if (answer.written.length > 0) await document.save();
    const written = answer.written.length > 0 ? [`Wrote ${answer.written.join(', ')}.`] : [];
    return [...written, ...answer.left].join(' ');
  }

  private async revealPlace(line: number, column: number): Promise<void> {
    const selection = new Range(line - 1, column - 1, line - 1, column - 1);
    await window.showTextDocument(this.uri, { viewColumn: ViewColumn.One, selection });
  }
}

const priceOf = (dollars: number | null | undefined) =>
  dollars == null ? '' : `$${dollars.toFixed(2)}/h`;
