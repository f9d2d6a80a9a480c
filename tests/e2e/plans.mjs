// Steps that tests of jobs have in common.

/** Open a script and ask for its plan; the plan's panel. */
export async function planOf(workbench, name) {
  await workbench.openFile(name);
  await workbench.serverReady();
  await workbench.command('Tunesmith: Submit Job');
  const plan = workbench.webview();
  await plan.getByRole('heading', { name: `Submit ${name}` }).waitFor();
  await plan.locator('main:not(.stale)').waitFor();
  return plan;
}

/** Agree that the script gets its secrets, and submit. */
export async function agreeAndSubmit(plan) {
  await plan.getByLabel('Let this script have').check();
  await submit(plan);
}

export const submit = (plan) => plan.getByRole('button', { name: 'Submit', exact: true }).click();
