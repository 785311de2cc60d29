import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FlowColumns } from '@regatta/sim-core';
import { workloads, workloadText } from './workloads.js';

export interface SimGridResult {
  /** Of its run phase: without building the platform and reading the file. */
  readonly seconds: number;
  readonly wholeSeconds: number;
  readonly simulatedSeconds: number;
  readonly peakBytes: number;
  readonly finish: readonly number[];
}

/** SimGrid's side: test/bench/simgrid/flows.cpp, built where libsimgrid-dev is installed. */
export class SimGrid {
  readonly #program: string;
  readonly #folder: string;

  private constructor(program: string, folder: string) {
    this.#program = program;
    this.#folder = folder;
  }

  /** Builds the program; a text when it cannot. */
  static build(root: string): SimGrid | string {
    const folder = mkdtempSync(join(tmpdir(), 'regatta-simgrid-'));
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    const program = join(folder, 'flows');
    const source = join(root, 'test/bench/simgrid/flows.cpp');
    const built = spawnSync('g++', ['-std=c++17', '-O2', source, '-o', program, '-lsimgrid'], { encoding: 'utf8' });
    if (built.error) return `no C++ compiler (${built.error.message})`;
    if (built.status !== 0) return `does not build; is libsimgrid-dev installed? ${built.stderr.split('\n')[0] ?? ''}`;
    return new SimGrid(program, folder);
  }

  /** Median of `repeats` runs. */
  measure(name: string, repeats: number): SimGridResult {
    const out = join(this.#folder, 'finish.txt');
    const args = this.#argumentsOf(name, out);
    const runs = [this.#run(args)];
    while (runs.length < repeats && (runs[0]?.seconds ?? 0) < 2) runs.push(this.#run(args));
    runs.sort((a, b) => a.seconds - b.seconds);
    const median = runs[Math.floor(runs.length / 2)];
    if (!median) throw new Error('no run');
    const finish = args[0] === 'flows' ? readFileSync(out, 'utf8').trim().split('\n').map(Number) : [];
    return { ...median, finish };
  }

  /** Peak memory with one flow on one link. */
  idleBytes(): number {
    const file = join(this.#folder, 'one.txt');
    const flows = FlowColumns.of([{ startSeconds: 0, bytes: 1, links: [0] }]);
    writeFileSync(file, workloadText({ name: '', capacitiesBytesPerSecond: [1], flows }));
    return this.#run(['flows', file, join(this.#folder, 'one-finish.txt')]).peakBytes;
  }

  #argumentsOf(name: string, out: string): string[] {
    if (name === 'ring by rounds') return ['rounds', '1024', '1048576'];
    if (name === 'ring by dependencies') return ['dependencies', '1024', '1048576'];
    const workload = workloads.find((one) => one.name === name);
    if (!workload) throw new Error(`no workload ${name}`);
    const file = join(this.#folder, `${name}.txt`);
    writeFileSync(file, workloadText(workload.make()));
    return ['flows', file, out];
  }

  #run(args: readonly string[]): Omit<SimGridResult, 'finish'> {
    const began = process.hrtime.bigint();
    const { status, stdout, stderr } = spawnSync(this.#program, args, { encoding: 'utf8' });
    const wholeSeconds = Number(process.hrtime.bigint() - began) / 1e9;
    if (status !== 0) throw new Error(`SimGrid ${args.join(' ')}: exit ${status}\n${stderr}`);
    const [seconds = 0, simulatedSeconds = 0, peakBytes = 0] = stdout.trim().split(/\s+/).map(Number);
    return { seconds, wholeSeconds, simulatedSeconds, peakBytes };
  }
}
