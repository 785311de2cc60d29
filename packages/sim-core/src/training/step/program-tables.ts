import type { Device } from '../../platform/device.js';
import { peakFlopsOf } from '../../platform/device.js';
import type { Job } from '../job.js';
import type { Operator } from '../operators/index.js';
import type { CollectiveDescriptor, StepGroupKind } from './program.js';
import type { Template, TemplateBuilder } from './template.js';

const classOf = { gemm: 0, attention: 1, memory: 2 } as const;

/** Interns templates and collectives while a program is built. */
export class ProgramTables {
  readonly templates: Template[] = [];
  readonly collectives: CollectiveDescriptor[] = [];
  readonly #collectiveIndex = new Map<string, number>();

  add(builder: TemplateBuilder): number {
    this.templates.push(builder.build());
    return this.templates.length - 1;
  }

  collective(
    group: StepGroupKind,
    op: CollectiveDescriptor['op'],
    bytes: number,
    repeat = 1,
    hideBehindSeconds = 0,
    copies = 1,
  ): number {
    const key = `${group}|${op}|${bytes}|${repeat}|${hideBehindSeconds}|${copies}`;
    const known = this.#collectiveIndex.get(key);
    if (known !== undefined) return known;
    this.collectives.push({ group, op, bytes, repeat, hideBehindSeconds, copies });
    this.#collectiveIndex.set(key, this.collectives.length - 1);
    return this.collectives.length - 1;
  }

  /** Appends operators to a template. Ideal seconds are model FLOP at the peak of the job's precision. */
  append(builder: TemplateBuilder, operators: readonly Operator[], job: Job, device: Device): void {
    const peak = peakFlopsOf(device.peakFlops, job.precision);
    for (const operator of operators) {
      if (operator.kind === 'communication') {
        builder.collective(
          this.collective(
            operator.dimension,
            operator.op,
            operator.bytes,
            operator.repeat,
            operator.hideBehindSeconds,
            operator.copies,
          ),
        );
      } else {
        const category = operator.recompute ? 'recompute' : 'work';
        builder.compute(classOf[operator.kind], operator.seconds, operator.modelFlops / peak, category);
      }
    }
  }
}
