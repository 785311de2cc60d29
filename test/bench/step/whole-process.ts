import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const regatta = join(process.cwd(), 'packages/cli/bin/regatta.js');
const report = `data:text/javascript,process.on('exit',()=>process.stderr.write('@use '+process.resourceUsage().maxRSS+' '+process.cpuUsage().user+'\\n'))`;

/** What one command took: wall and user seconds, peak memory, and what its first point says of folding. */
export interface Measured {
  readonly wallSeconds: number;
  readonly userSeconds: number;
  readonly mebibytes: number;
  readonly classes?: number;
  readonly events?: number;
}

/** Runs a command as a user does, start-up included; the median by wall time of several runs. */
export function measure(args: readonly string[], repeats: number): Measured {
  const runs = Array.from({ length: repeats }, (): Measured => {
    const start = process.hrtime.bigint();
    // The first setting is the one of the program's own first line.
    const result = spawnSync(process.execPath, ['--v8-pool-size=0', '--import', report, regatta, ...args], {
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
    });
    const wallSeconds = Number(process.hrtime.bigint() - start) / 1e9;
    if (result.status !== 0) throw new Error(`${args.join(' ')}: exit ${result.status}\n${result.stderr}`);
    const [, rss = '0', user = '0'] = /@use (\d+) (\d+)/.exec(result.stderr) ?? [];
    const used = { wallSeconds, userSeconds: Number(user) / 1e6, mebibytes: Number(rss) / 1024 };
    if (!result.stdout.startsWith('{')) return used;
    const { classes, events } = JSON.parse(result.stdout).points[0].folding;
    return { ...used, classes, events };
  });
  const median = runs.sort((a, b) => a.wallSeconds - b.wallSeconds)[repeats >> 1];
  if (!median) throw new Error('measure: no runs');
  return median;
}
