import { measure } from './whole-process.js';
import { disturbances, replay } from './works.js';

const sizes = [1024, 4096, 16384, 65536, 262144, 1048576] as const;
const shown = ['healthy', 'one straggler', 'an uplink down', '4:1 oversubscribed'] as const;

/** Whole-command user seconds from 1k to 1M GPUs as a table and as bars, and the growth over each 16-fold of GPUs. */
export function printCurve(repeats: number): void {
  const rows = shown.map((name) => ({
    name,
    seconds: sizes.map((gpus) => measure(replay(gpus, ...(disturbances.get(name) ?? [])), repeats).userSeconds),
  }));
  console.log(`\n| user seconds at GPUs | ${sizes.map((gpus) => gpus.toLocaleString('en')).join(' | ')} |`);
  console.log(`|---|${sizes.map(() => '---|').join('')}`);
  for (const { name, seconds } of rows) console.log(`| ${name} | ${seconds.map((s) => s.toFixed(2)).join(' | ')} |`);
  console.log(
    '\n| cost as GPUs grow 16x | 4,096 to 65,536 | 16,384 to 262,144 | 65,536 to 1,048,576 |\n|---|---|---|---|',
  );
  for (const { name, seconds } of rows) {
    const growth = [1, 2, 3].map((i) => `${((seconds[i + 2] ?? 0) / (seconds[i] ?? 1)).toFixed(2)}x`);
    console.log(`| ${name} | ${growth.join(' | ')} |`);
  }
  const most = Math.max(...rows.flatMap(({ seconds }) => seconds));
  console.log('\n```');
  for (const { name, seconds } of rows) {
    console.log(name);
    seconds.forEach((s, i) => {
      const bar = '#'.repeat(Math.max(1, Math.round((s / most) * 60)));
      console.log(`${(sizes[i] ?? 0).toLocaleString('en').padStart(10)} ${bar} ${s.toFixed(2)}`);
    });
  }
  console.log('```');
}
