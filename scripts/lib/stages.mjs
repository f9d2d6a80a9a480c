import { Failure } from './run.mjs';

const seconds = (start) => ((performance.now() - start) / 1000).toFixed(1);

/**
 * Run all stages in their order, also after one has failed, and end with a summary.
 * `chosen` names the ones to run; none means all.
 */
export async function runStages(stages, chosen) {
  const unknown = chosen.filter((name) => !(name in stages));
  if (unknown.length)
    throw new Failure(`no stage "${unknown[0]}"; there are: ${Object.keys(stages).join(', ')}`);
  const results = [];
  for (const [name, work] of Object.entries(stages)) {
    if (chosen.length && !chosen.includes(name)) continue;
    console.log(`\n── ${name}`);
    const start = performance.now();
    const error = await Promise.resolve()
      .then(work)
      .then(() => undefined)
      .catch((reason) => reason);
    if (error) console.error(error instanceof Failure ? error.message : error);
    results.push({ name, failed: Boolean(error), took: seconds(start) });
  }
  console.log('');
  for (const { name, failed, took } of results)
    console.log(`${failed ? '✗' : '✓'} ${name.padEnd(16)} ${took.padStart(6)} s`);
  const failures = results.filter(({ failed }) => failed).map(({ name }) => name);
  if (failures.length) throw new Failure(`failed: ${failures.join(', ')}`);
}
