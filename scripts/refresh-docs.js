// Runs every command of docs/*.md whose output stands after it, and the README's `npm start`, and puts in what they print now.
// The tests of the pages compare the same: `node scripts/refresh-docs.js [PAGE…]` after a change that moves figures.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const program = `"${process.execPath}" packages/cli/bin/regatta.js`;
const all = ['README.md', ...readdirSync(`${root}/docs`).map((name) => `docs/${name}`)].filter((path) =>
  path.endsWith('.md'),
);
const pages = process.argv.length > 2 ? process.argv.slice(2) : all;

function printed(line) {
  const { stdout, stderr } = spawnSync('bash', ['-c', `regatta() { ${program} "$@"; }; ${line}`], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  return (stdout === '' ? stderr : stdout).trimEnd();
}

const demo = JSON.parse(readFileSync(`${root}/package.json`, 'utf8')).scripts.demo.split('regatta.js ')[1];

for (const page of pages) {
  const before = readFileSync(`${root}/${page}`, 'utf8');
  const after =
    page === 'README.md'
      ? before.replace(/(```text\n)[\s\S]*?(\n```)/, (_, open, close) => open + printed(`regatta ${demo}`) + close)
      : before.replace(
          /(```\n(regatta [^\n]*)\n```\n\n(says[^\n]*:\n\n)?```text\n)[\s\S]*?(\n```)/g,
          (_, open, line, says, close) => {
            const said = says === undefined ? printed(line) : printed(`${line} 2>&1 >/dev/null`);
            return open + said + close;
          },
        );
  if (after === before) continue;
  writeFileSync(`${root}/${page}`, after);
  console.log(`${page}: new output`);
}
