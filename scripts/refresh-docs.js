// Writes what the commands of a docs page print into the page: every ```text block under a ```-block of `regatta …`.
// Run after a build: node scripts/refresh-docs.js docs/reliability.md
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const words = (line) => [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain);

for (const page of process.argv.slice(2)) {
  const text = readFileSync(page, 'utf8').replace(/```\nregatta (.*)\n```\n\n```text\n[\s\S]*?\n```/g, (_, line) => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [`${root}/packages/cli/bin/regatta.js`, ...words(line)],
      { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 26 },
    );
    if (status !== 0) throw new Error(`regatta ${line}: exit ${status}\n${stderr}`);
    return `\`\`\`\nregatta ${line}\n\`\`\`\n\n\`\`\`text\n${stdout.trimEnd()}\n\`\`\``;
  });
  writeFileSync(page, text);
}
