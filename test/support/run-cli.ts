import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** Bundles the command line if a test run starts without a build. */
export function ensureBundle(): void {
  if (!existsSync(at('packages/cli/dist/bundle/main.js'))) execFileSync(process.execPath, [at('scripts/bundle.js')]);
}

export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `regatta` as a user would, in a folder of its own. */
export function regatta(args: readonly string[], cwd = tmpdir()): CliResult {
  ensureBundle();
  const result = spawnSync(process.execPath, [at('packages/cli/bin/regatta.js'), ...args], {
    cwd,
    encoding: 'utf8',
    maxBuffer: 64 * 2 ** 20,
  });
  return { code: result.status ?? -1, stdout: result.stdout, stderr: result.stderr };
}

/** Runs `regatta` and sends it Ctrl-C after so many milliseconds. */
export function interruptedRegatta(args: readonly string[], afterMilliseconds: number): Promise<CliResult> {
  ensureBundle();
  const child = spawn(process.execPath, [at('packages/cli/bin/regatta.js'), ...args], { cwd: tmpdir() });
  const text = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text.stdout += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    text.stderr += chunk;
  });
  const timer = setTimeout(() => child.kill('SIGINT'), afterMilliseconds);
  return new Promise((settle) => {
    child.on('close', (code) => {
      clearTimeout(timer);
      settle({ code: code ?? -1, ...text });
    });
  });
}

/** A fresh folder with files in it. */
export function folderWith(files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'regatta-'));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}

export const fixture = (path: string): string => at(`test/fixtures/${path}`);
