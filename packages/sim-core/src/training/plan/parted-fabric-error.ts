/** Links that are down leave two ranks without a way. */
export class PartedFabricError extends RangeError {
  constructor(
    readonly from: number,
    readonly to: number,
  ) {
    super(`no way from rank ${from} to rank ${to} over the links that are up`);
    this.name = 'PartedFabricError';
  }
}
