import type { Device } from '../../platform/device.js';
import type { Job } from '../job.js';
import type { CollectiveDescriptor, StepGroupKind } from './program.js';
import type { Template } from './template.js';

/** Interns templates, collectives and their indices while a program is built. */
export class ProgramTables {
  readonly templates: Template[] = [];
  readonly collectives: CollectiveDescriptor[] = [];
  readonly #index = new Map<string, number>();

  template(template: Template): number {
    this.templates.push(template);
    return this.templates.length - 1;
  }

  collective(
    group: StepGroupKind,
    op: CollectiveDescriptor['op'],
    bytes: number,
    repeat = 1,
    hideBehindSeconds = 0,
  ): number {
    const key = `${group}|${op}|${bytes}|${repeat}|${hideBehindSeconds}`;
    const known = this.#index.get(key);
    if (known !== undefined) return known;
    this.collectives.push({ group, op, bytes, repeat, hideBehindSeconds });
    this.#index.set(key, this.collectives.length - 1);
    return this.collectives.length - 1;
  }
}

/** What building one stage needs. */
export interface StageContext {
  readonly job: Job;
  readonly device: Device;
  readonly stage: number;
  readonly tables: ProgramTables;
}
