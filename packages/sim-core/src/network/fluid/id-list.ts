import { grownIntegers } from './columns.js';

/** Ids in the order of their coming, at ids[0 .. length); one may stand in it more than once. */
export class IdList {
  length = 0;
  ids = new Int32Array(64);

  add(id: number): void {
    if (this.length === this.ids.length) this.ids = grownIntegers(this.ids, this.length + 1);
    this.ids[this.length++] = id;
  }
}
