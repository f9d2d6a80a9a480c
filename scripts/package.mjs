// Build the extension's package: npm run package [-- --target TARGET | --dev]
// TARGET: one of vsce's platforms, or `universal` (carries no libraries, downloads them on consent).
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { bundleExtension } from './bundle.mjs';
import { CACHE, DIST, npmProgram, PYTHON, ROOT } from './lib/paths.mjs';
import { contentHash, Failure, fillOnce, main, run, step } from './lib/run.mjs';
import { repository } from './lib/setup.mjs';

const UNIVERSAL = 'universal';
const TARGETS = [
  'linux-x64',
  'linux-arm64',
  'alpine-x64',
  'alpine-arm64',
  'darwin-x64',
  'darwin-arm64',
  'win32-x64',
  UNIVERSAL,
];
const MINORS = [10, 11, 12, 13, 14];
const SERVER_LOCK = 'requirements/server.txt';
const LOCKS = [SERVER_LOCK, 'requirements/installer.txt'];
const CONTENTS = [
  'package.nls.json',
  'README.md',
  'CHANGELOG.md',
  'LICENSE',
  'media/icon.png',
  'media/icon.svg',
  'docs/rules',
  'docs/images',
];

function hostTarget() {
  const musl =
    process.platform === 'linux' && !process.report.getReport().header.glibcVersionRuntime;
  return `${musl ? 'alpine' : process.platform}-${process.arch}`;
}

/** The folder of a target's wheels in the cache, downloaded when the locks have changed. */
function lockedWheels(target) {
  const folder = path.join(CACHE, 'wheels', `${target}-${contentHash(LOCKS, target)}`);
  const locks = target === UNIVERSAL ? LOCKS.slice(1) : LOCKS;
  // pip is the same file for all platforms.
  const platform = target === UNIVERSAL ? 'linux-x64' : target;
  const command = ['scripts/wheelhouse.py', platform];
  return fillOnce(folder, (partial) =>
    step(`Download the wheels for ${target}`, () =>
      run(PYTHON, [...command, partial, ...locks], { quiet: true }),
    ),
  );
}

/** Build the wheel of our own Python package; returns its file name. */
async function buildOwnWheel(folder) {
  const scratch = fs.mkdtempSync(path.join(DIST, 'wheel-'));
  try {
    const flags = [
      '--no-deps',
      '--no-build-isolation',
      '--no-index',
      '--disable-pip-version-check',
    ];
    await run(PYTHON, ['-m', 'pip', 'wheel', ...flags, '--wheel-dir', scratch, ROOT], {
      quiet: true,
    });
    const [wheel] = fs.readdirSync(scratch);
    fs.copyFileSync(path.join(scratch, wheel), path.join(folder, wheel));
    return wheel;
  } finally {
    fs.rmSync(scratch, { recursive: true, force: true });
  }
}

const sha256 = (file) => createHash('sha256').update(fs.readFileSync(file)).digest('hex');

async function fillWheelhouse(folder, target, version) {
  fs.cpSync(await lockedWheels(target), folder, { recursive: true });
  const own = await buildOwnWheel(folder);
  const ownLine = `tunesmith==${version} --hash=sha256:${sha256(path.join(folder, own))}\n`;
  const lock = fs.readFileSync(path.join(ROOT, SERVER_LOCK), 'utf8');
  fs.writeFileSync(path.join(folder, 'requirements.txt'), lock + ownLine);

  const names = fs.readdirSync(folder).sort();
  const digests = names.map((name) => `${name} ${sha256(path.join(folder, name))}`);
  const manifest = {
    version,
    hash: createHash('sha256').update(digests.join('\n')).digest('hex'),
    target,
    minors: MINORS,
    pip: names.find((name) => /^pip-.*\.whl$/.test(name)),
  };
  fs.writeFileSync(path.join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** The package is made from a folder that holds exactly what belongs into it. */
async function fillStage(stage, target) {
  const { scripts, devDependencies, private: _, ...manifest } = readManifest();
  const contents = CONTENTS.filter((entry) => fs.existsSync(path.join(ROOT, entry)));
  manifest.files = [...contents, 'dist', 'wheels'];
  fs.writeFileSync(path.join(stage, 'package.json'), JSON.stringify(manifest, null, 2));
  for (const entry of contents)
    fs.cpSync(path.join(ROOT, entry), path.join(stage, entry), { recursive: true });
  await bundleExtension(path.join(stage, 'dist'), { forUsers: true });
  await fillWheelhouse(path.join(stage, 'wheels'), target, manifest.version);
}

const readManifest = () => JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8'));

function packageStage(stage, target, vsix) {
  const flags = ['--no-dependencies', '--no-rewrite-relative-links', '--allow-missing-repository'];
  if (target !== UNIVERSAL) flags.push('--target', target);
  return run(npmProgram('vsce'), ['package', ...flags, '--out', vsix], { cwd: stage, quiet: true });
}

await main(async (argv) => {
  const options = { target: { type: 'string' }, dev: { type: 'boolean', default: false } };
  const { values } = parseArgs({ args: argv, options });
  const target = values.target ?? hostTarget();
  if (!TARGETS.includes(target))
    throw new Failure(`no target "${target}"; there are: ${TARGETS.join(', ')}`);
  await repository();

  const name = values.dev ? 'tunesmith-dev' : `tunesmith-${readManifest().version}-${target}`;
  const vsix = path.join(DIST, `${name}.vsix`);
  fs.mkdirSync(DIST, { recursive: true });
  const stage = fs.mkdtempSync(path.join(DIST, 'stage-'));
  try {
    await fillStage(stage, target);
    await step(`Package ${name}`, () => packageStage(stage, target, vsix));
  } finally {
    fs.rmSync(stage, { recursive: true, force: true });
  }
  console.log(`${vsix}: ${(fs.statSync(vsix).size / 1e6).toFixed(1)} MB`);
});
