// npm run screenshots: the README's pictures, and the panels in every theme and width, to be looked at.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { jobsServer, ownAgent } from '../tests/e2e/services.mjs';
import { Profile, workbenchUrl } from './lib/code-server.mjs';
import { codeServer } from './lib/editor.mjs';
import { DIST, ROOT } from './lib/paths.mjs';
import { main } from './lib/run.mjs';
import { developmentVsix, editorAndBrowser, repository } from './lib/setup.mjs';
import { launchBrowser, Workbench } from './lib/workbench.mjs';

const IMAGES = path.join(ROOT, 'docs', 'images');
const LOOKS = path.join(DIST, 'screenshots');
/** By their names in the list of themes. */
const THEMES = {
  dark: 'Dark Modern',
  light: 'Light Modern',
  'high-contrast': 'Dark High Contrast',
  'high-contrast-light': 'Light High Contrast',
};
/** Of a window with one panel in it; a zoomed one is a small one whose pixels are large. */
const WIDTHS = { narrow: { width: 360, height: 1500 }, zoomed: { width: 560, height: 500 } };
const PANELS = { estimate: 'Estimate: ', plan: 'Submit: ', account: 'Account: ' };
const SIZE = { width: 1120, height: 1010 };
const SETTINGS = { 'editor.stickyScroll.enabled': false };

/** A script without mistakes: the estimate is the subject. */
const SCRIPT = `# /// script
# dependencies = ["trl", "peft", "trackio"]
# [tool.hf-jobs]
# flavor = "a10g-large"
# timeout = "6h"
# secrets = ["HF_TOKEN"]
# ///
from datasets import load_dataset
from peft import LoraConfig
from trl import SFTConfig, SFTTrainer

trainer = SFTTrainer(
    model="Qwen/Qwen3-8B",
    args=SFTConfig(
        output_dir="support-chat",
        max_length=4096,
        per_device_train_batch_size=2,
        model_init_kwargs={"dtype": "bfloat16"},
        push_to_hub=True,
        hub_strategy="every_save",
        save_total_limit=2,
    ),
    train_dataset=load_dataset("trl-lib/Capybara", split="train"),
    peft_config=LoraConfig(r=16, target_modules="all-linear"),
)
trainer.train()
`;

/** The same with rows that no longer fit the GPU. */
const LONG = SCRIPT.replace('max_length=4096', 'max_length=8192, packing=True');

/** The same, with a known end on a GPU that is enough: the plan is the subject. */
const PLANNED = SCRIPT.replace('a10g-large', 'l40sx1').replace(
  'max_length=4096,',
  'max_length=4096,\n        max_steps=2000,\n        report_to="trackio",',
);

async function takePictures(workbench) {
  fs.mkdirSync(IMAGES, { recursive: true });
  const shoot = (name) => workbench.screenshot(path.join(IMAGES, `${name}.png`));
  await workbench.openFile('train_sft.py');
  await workbench.serverReady();
  await workbench.waitForSquiggle('error');
  await workbench.command('View: Toggle Primary Side Bar Visibility');
  await workbench.hover('model_init_kwargs', /About misplaced/);
  await shoot('editor');

  await workbench.openFile('train_long.py');
  await workbench.waitForSquiggle('error');
  await workbench.page.setViewportSize({ ...SIZE, height: 700 });
  await workbench.lens('does not fit').waitFor();
  await workbench.quickFixes(12, 15);
  await shoot('quick-fix');
  await workbench.press('Escape');

  await workbench.page.setViewportSize({ width: 1400, height: 900 });
  await workbench.openFile('train_chat.py');
  await workbench.lens('GB on a10g-large').click();
  const panel = workbench.webview();
  await panel.getByLabel('Examples').fill('1000');
  await panel.locator('.tile', { hasText: 'Cost' }).filter({ hasText: '$' }).waitFor();
  await shoot('estimate');

  await workbench.command('View: Close All Editors');
  await workbench.openFile('train_support.py');
  await workbench.lens('Submit Job').click();
  await panel.getByRole('heading', { name: 'Submit train_support.py' }).waitFor();
  await panel.getByText(/^Prices of 2/).waitFor();
  await shoot('plan');
}

/** Each panel in each theme, then in each width, without anything beside it. */
async function takeLooks(workbench) {
  fs.mkdirSync(LOOKS, { recursive: true });
  const panel = workbench.webview();
  await workbench.command('View: Close All Editors');
  await workbench.openFile('train_chat.py');
  await workbench.lens('GB on a10g-large').click();
  await panel.locator('.tile').first().waitFor();
  await workbench.lens('Submit Job').click();
  await panel.getByRole('button', { name: 'Check Account' }).click();
  await panel.getByText('username').first().waitFor();
  await workbench.command('View: Toggle Maximize Editor Group');
  const shoot = async (look) => {
    for (const [name, title] of Object.entries(PANELS)) {
      await workbench.page.locator(`.tab[aria-label^="${title}"]`).click();
      await panel.locator('main:not(.stale, :has(.stale)):not([hidden])').waitFor();
      await workbench.screenshot(path.join(LOOKS, `${name}-${look}.png`));
    }
  };
  await workbench.page.setViewportSize({ width: 800, height: 1000 });
  for (const [look, theme] of Object.entries(THEMES)) {
    await workbench.theme(theme);
    await shoot(look);
  }
  await workbench.theme(THEMES.light);
  for (const [look, size] of Object.entries(WIDTHS)) {
    await workbench.page.setViewportSize(size);
    await shoot(look);
  }
}

await main(async () => {
  await repository();
  await editorAndBrowser();
  const vsix = await developmentVsix();
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'tunesmith-pictures-'));
  const workspace = path.join(root, 'support-bot');
  fs.cpSync(path.join(ROOT, 'examples'), workspace, { recursive: true });
  fs.writeFileSync(path.join(workspace, 'train_chat.py'), SCRIPT);
  fs.writeFileSync(path.join(workspace, 'train_long.py'), LONG);
  fs.writeFileSync(path.join(workspace, 'train_support.py'), PLANNED);
  const profile = new Profile(await codeServer(), path.join(root, 'profile'), SETTINGS);
  await profile.install(vsix);
  const agent = await ownAgent(root);
  // With an account, so that the plan is one of Hugging Face Jobs; no job is sent for a picture.
  const hub = await jobsServer();
  const server = await profile.start({ env: { ...agent.env, ...hub.env } });
  const browser = await launchBrowser();
  try {
    const url = workbenchUrl(server.base, workspace);
    const workbench = await Workbench.open(browser, url, { viewport: SIZE, scale: 2 });
    await takePictures(workbench);
    await takeLooks(workbench);
  } finally {
    await browser.close();
    await server.stop();
    await agent.stop();
    await hub.stop();
    fs.rmSync(root, { recursive: true, force: true, maxRetries: 3 });
  }
});
